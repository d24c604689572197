package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// failure says what an answer means that is none, in GitLab's words: a text, or
// lists of texts by the fields that they are about.
func failure(c *upstream.Client, r *upstream.Response) *kit.Error {
	if r.Status/100 == 2 || r.Status/100 == 3 {
		return nil
	}
	e := c.StatusError(r)
	var body struct {
		Message     json.RawMessage `json:"message"`
		Error       json.RawMessage `json:"error"`
		Description string          `json:"error_description"`
		Scope       string          `json:"scope"`
	}
	_ = json.Unmarshal(r.Body, &body) // a page of something else: the status says enough
	said := words(body.Message)
	if said == "" {
		said = words(body.Error)
	}
	if runes := []rune(said); len(runes) > maxSaid {
		said = string(runes[:maxSaid]) + "…"
	}
	if said != "" && !strings.Contains(e.Message, said) && !strings.HasPrefix(said, fmt.Sprint(r.Status)+" ") {
		e.Message += ": " + said
	}
	low := strings.ToLower(said + " " + body.Description)
	switch {
	case r.Status == http.StatusNotFound:
		e.Hint = "GitLab answers 404 for what the token may not see, too; get_me says whose token it is"
	case r.Status == http.StatusForbidden && body.Scope != "":
		e.Hint = "the token lacks a scope: it needs one of " + body.Scope
	case r.Status == http.StatusForbidden:
		e.Hint = "the role of this account in the project does not reach, or the tier of this GitLab does not have it"
	case r.Status == http.StatusMethodNotAllowed && strings.Contains(low, "offset"):
		e.Code, e.Hint = kit.InvalidArgument, "GitLab has no pages behind the first 50000 records: narrow the list"
	case r.Status == http.StatusBadRequest && (strings.Contains(low, "already exists") || strings.Contains(low, "already been taken") ||
		strings.Contains(low, "has changed since")):
		e.Code = kit.Conflict
	}
	return e
}

const maxSaid = 400

// words reads the forms that GitLab has for what went wrong.
func words(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return strings.TrimSpace(text)
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		var parts []string
		for _, one := range list {
			if text := words(one); text != "" {
				parts = append(parts, text)
			}
		}
		return strings.Join(parts, "; ")
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return ""
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		text := words(fields[name])
		if text == "" {
			continue
		}
		if name != "base" && name != "error" {
			text = name + " " + text
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// failure says what GitHub means by an answer that is none. What a token lacks
// goes into the message, for the tools have hints of their own.
func failure(c *upstream.Client, r *upstream.Response) *kit.Error {
	if r.Status < 400 {
		return nil
	}
	e := c.StatusError(r)
	reasons := detail(r.Body)
	if reasons.text != "" {
		e.Message += ": " + reasons.text
	}
	if e.Code == kit.RateLimited {
		return e
	}
	said := e.Message
	switch r.Status {
	case http.StatusForbidden:
		if text := lacking(r.Header); text != "" {
			e.Message += "; " + text
		}
		if sso := r.Header.Get("X-Github-Sso"); strings.HasPrefix(sso, "required") {
			_, link, _ := strings.Cut(sso, "url=")
			e.Hint = "the organization wants the token to be authorized for single sign-on: " + link
		}
	case http.StatusNotFound:
		if text := lacking(r.Header); text != "" {
			e.Message += "; " + text
		} else {
			e.Message += " (GitHub says so of what the token may not see, too)"
		}
		e.Hint = "get_me says whose token it is and what it may do"
	case http.StatusConflict:
		if strings.Contains(said, "is empty") {
			e.Code, e.Hint = kit.FailedPrecondition, "the repository has no commit yet"
		}
	case http.StatusUnprocessableEntity:
		e.Code = reasons.code(said)
		if strings.Contains(said, "Reference update failed") { // it does not say more
			e.Code, e.Hint = kit.FailedPrecondition, "to git a/b is below a: one of both may be a branch or a tag already; list_refs has them"
		}
	}
	return e
}

// lacking says which scope or permission is missing, empty if that is not it.
func lacking(h http.Header) string {
	accepted, has := fields(h.Get("X-Accepted-Oauth-Scopes")), fields(h.Get("X-Oauth-Scopes"))
	if _, classic := h["X-Oauth-Scopes"]; classic && len(accepted) > 0 && !slices.ContainsFunc(accepted, func(s string) bool { return holds(has, s) }) {
		mine := "none"
		if len(has) > 0 {
			mine = strings.Join(has, ", ")
		}
		return "the token lacks a scope: " + strings.Join(accepted, " or ") + " (it has " + mine + ")"
	}
	if need := h.Get("X-Accepted-Github-Permissions"); need != "" {
		return "it takes the permission " + strings.Join(strings.Fields(strings.ReplaceAll(need, ";", " or ")), " ")
	}
	return ""
}

// holds reports whether one of the scopes is s or one above it: admin:org has
// write:org and read:org, repo has public_repo.
func holds(scopes []string, s string) bool {
	level, area, leveled := strings.Cut(s, ":")
	for _, have := range scopes {
		above, same, _ := strings.Cut(have, ":")
		switch {
		case have == s, have == level && leveled:
			return true
		case leveled && same == area && (above == "admin" || above == "write" && level == "read"):
			return true
		case have == "repo" && (s == "public_repo" || s == "security_events" || level == "repo" || s == "repo_deployment"):
			return true
		}
	}
	return false
}

func fields(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// reasons are what a body says beside its message.
type reasons struct {
	text    string
	missing bool // a branch that is not there
}

func detail(body []byte) (out reasons) {
	var answer struct{ Errors json.RawMessage }
	if json.Unmarshal(body, &answer) != nil {
		return out
	}
	var list []json.RawMessage
	if json.Unmarshal(answer.Errors, &list) != nil {
		list = []json.RawMessage{answer.Errors}
	}
	var texts []string
	for _, raw := range list {
		var text string
		var one struct{ Resource, Field, Code, Message string }
		switch {
		case json.Unmarshal(raw, &text) == nil && text != "":
		case json.Unmarshal(raw, &one) == nil && one.Message != "":
			text = one.Message
		case one.Code != "":
			text = strings.TrimSpace(one.Resource+" "+one.Field) + " is " + strings.ReplaceAll(one.Code, "_", " ")
			out.missing = out.missing || one.Code == "invalid" && (one.Field == "head" || one.Field == "base")
		}
		if text != "" {
			texts = append(texts, text)
		}
	}
	out.text = strings.Join(texts[:min(len(texts), 5)], "; ")
	return out
}

// GitHub has one status for all that it does not like.
var (
	saysConflict = regexp.MustCompile(`(?i)already exists|already_exists|not a fast.forward|reference cannot be updated|but expected|is already`)
	saysMissing  = regexp.MustCompile(`(?i)no commit found|does not exist|no object found|no ref found|reference not found`)
	saysState    = regexp.MustCompile(`(?i)can ?not |can't |no commits between|disabled|archived|not allowed|must be|locked`)
)

func (r reasons) code(said string) kit.Code {
	switch {
	case saysConflict.MatchString(said):
		return kit.Conflict
	case r.missing || saysMissing.MatchString(said):
		return kit.NotFound
	case saysState.MatchString(said):
		return kit.FailedPrecondition
	}
	return kit.InvalidArgument
}

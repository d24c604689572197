package contract

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Skip is a part of an answer that is not held against the description, for the
// description contradicts itself or the service.
type Skip struct {
	Operation string         // METHOD /path; empty: all
	Path      *regexp.Regexp // where in the answer, such as /items/3/body
	Errors    bool           // only in errors
	Why       string
}

// gitHubSkips are where GitHub's descriptions contradict GitHub, or themselves.
var gitHubSkips = []Skip{
	{Path: regexp.MustCompile(`^/status$`), Errors: true, Why: "every error has the status in its body; basic-error says so, validation-error does not"},
	{Operation: "GET /repos/{owner}/{repo}/pulls/{pull_number}", Path: regexp.MustCompile(`^/errors$`), Errors: true, Why: "a diff that is too large is refused with errors; basic-error has none"},
	{Path: regexp.MustCompile(`/labels/\d+/description$`), Why: "a label without a description has null, as the schema label says; pull-request-simple does not"},
	{Operation: "GET /search/issues", Path: regexp.MustCompile(`/body$`), Why: "an issue without a text has null, as the schema issue says; issue-search-result-item does not"},
}

// schema is what an answer with JSON has to be, nil if the description does not say.
func (r *route) schema(status int) (schema *openapi3.Schema, described bool) {
	res := r.op.Responses.Status(status)
	if res == nil {
		return nil, false
	}
	for kind, media := range res.Value.Content {
		if isJSON(kind) && media.Schema != nil {
			schema = media.Schema.Value
			if kind == "application/json" {
				break
			}
		}
	}
	return schema, true
}

// isJSON reports whether a kind is JSON; GitHub has kinds such as
// application/vnd.github.object.
func isJSON(kind string) bool {
	kind, _, _ = mime.ParseMediaType(kind)
	return kind == "application/json" || kind == "application/scim+json" || kind == "application/vnd.github.object" || strings.HasSuffix(kind, "+json")
}

// answerProblems are what is wrong with an answer. An error that the description
// lacks is none: any operation may fail.
func (r *route) answerProblems(status int, header http.Header, body []byte, skips []Skip) (list []string) {
	schema, described := r.schema(status)
	if !described {
		if status < 300 {
			return []string{fmt.Sprintf("the description has no answer %d", status)}
		}
		return nil
	}
	if schema == nil || !isJSON(header.Get("Content-Type")) {
		return nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return []string{fmt.Sprintf("the answer is no JSON: %v", err)}
	}
	for _, problem := range misfits(schema, value, openapi3.VisitAsResponse()) {
		skipped := slices.ContainsFunc(skips, func(s Skip) bool {
			where, _, _ := strings.Cut(problem, ":")
			return (s.Operation == "" || s.Operation == r.name) && (!s.Errors || status >= 400) && s.Path.MatchString(where)
		})
		if !skipped {
			list = append(list, fmt.Sprintf("in the answer %d %s", status, problem))
		}
	}
	return list
}

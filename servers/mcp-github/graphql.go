package main

import (
	"context"
	"embed"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// documents are what is asked in GraphQL: what REST does not have.
//
//go:embed graphql/*.graphql
var documents embed.FS

// graphError is what went wrong with a part of a query.
type graphError struct {
	Type    string
	Message string
	Path    []any
}

// graphCodes are the types that GitHub gives its errors.
var graphCodes = map[string]kit.Code{
	"NOT_FOUND": kit.NotFound, "FORBIDDEN": kit.PermissionDenied, "INSUFFICIENT_SCOPES": kit.PermissionDenied,
	"RATE_LIMITED": kit.RateLimited, "RATE_LIMIT": kit.RateLimited, "UNPROCESSABLE": kit.FailedPrecondition, "SERVICE_UNAVAILABLE": kit.Unavailable,
}

// post sends a document, and one that only reads again where that can help.
func (g *github) post(ctx context.Context, document string, variables any) (data json.RawMessage, problems []graphError, err error) {
	var answer struct {
		Data   json.RawMessage
		Errors []graphError
	}
	body := map[string]any{"query": document}
	if variables != nil {
		body["variables"] = variables
	}
	r := upstream.Request{Method: http.MethodPost, Path: "graphql", JSON: body, Reads: !strings.HasPrefix(document, "mutation")}
	if _, err := g.http.JSON(ctx, r, &answer); err != nil {
		return nil, nil, wrap(ctx, err)
	}
	if string(answer.Data) == "null" {
		answer.Data = nil
	}
	return answer.Data, answer.Errors, nil
}

func (e graphError) error() *kit.Error {
	code := graphCodes[strings.ToUpper(e.Type)]
	if code == "" {
		code = kit.InvalidArgument
	}
	out := kit.Errorf(code, "GitHub's GraphQL says %s", e.Message)
	if code == kit.NotFound {
		out.Message += " (it says so of what the token may not see, too)"
		return out.WithHint("get_me says whose token it is and what it may do")
	}
	return out
}

// ask sends the document of that name and decodes its data, all of it or none.
func (g *github) ask(ctx context.Context, name string, variables map[string]any, out any) error {
	document, err := documents.ReadFile("graphql/" + name + ".graphql")
	if err != nil {
		return err
	}
	data, problems, err := g.post(ctx, string(document), variables)
	switch {
	case err != nil:
		return err
	case len(problems) > 0:
		return problems[0].error()
	case data == nil:
		return kit.Errorf(kit.Unavailable, "GitHub's GraphQL answered %s with no data", name)
	}
	if err := json.Unmarshal(data, out); err != nil {
		return kit.Errorf(kit.Unavailable, "decoding the answer to %s: %w", name, err).WithHint("is this a version of GitHub that this server knows?")
	}
	return nil
}

// Query is for a document that only reads: the tool has made sure of it. An
// answer in parts says what is missing.
func (g *github) Query(ctx context.Context, document string, variables json.RawMessage) (json.RawMessage, []string, error) {
	var given any
	if variables != nil {
		given = variables
	}
	data, problems, err := g.post(ctx, document, given)
	if err != nil {
		return nil, nil, err
	}
	if data == nil && len(problems) > 0 {
		return nil, nil, problems[0].error()
	}
	var texts []string
	for _, p := range problems {
		texts = append(texts, p.Message)
	}
	return data, texts, nil
}

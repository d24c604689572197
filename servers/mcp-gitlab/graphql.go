package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// Query asks GraphQL.
func (g *gitlab) Query(ctx context.Context, document string, variables json.RawMessage) (json.RawMessage, []string, error) {
	ask := map[string]any{"query": document}
	if variables != nil {
		ask["variables"] = variables
	}
	var answer struct {
		Data   json.RawMessage
		Errors []struct{ Message string }
	}
	if _, err := g.http.JSON(ctx, upstream.Request{Method: http.MethodPost, Path: "api/graphql", JSON: ask}, &answer); err != nil {
		return nil, nil, err
	}
	var problems []string
	for _, e := range answer.Errors {
		problems = append(problems, e.Message)
	}
	if len(answer.Data) == 0 || string(answer.Data) == "null" {
		e := kit.Errorf(kit.InvalidArgument, "GitLab answers without data")
		if problems != nil {
			e.Message = "GitLab does not take the query: " + problems[0]
		}
		return nil, problems, e.WithHint("the types are listed by query{__schema{queryType{fields{name}}}}")
	}
	return answer.Data, problems, nil
}

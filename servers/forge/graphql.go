package forge

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

type queryArgs struct {
	Query     string `arg:"query,required,raw"`
	Variables string `arg:"variables,json" doc:"JSON object"`
}

type queryMeta struct {
	Problems []string `json:"problems,omitempty"`
}

// queryGraphQL can read all that the token can, and so it is declared only where
// all repositories are allowed.
func (f *forge) queryGraphQL() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "query_graphql", Title: "Query GraphQL", Description: "A query in GraphQL, for what no other tool reads. Mutations are refused.",
		Hints: kit.ReadWorld, Toolset: setExtras, Example: `{"query":"query($n:Int!){viewer{repositories(first:$n){totalCount}}}","variables":{"n":1}}`,
	}), func(ctx context.Context, a queryArgs) (*kit.Result, error) {
		if err := onlyReads(a.Query); err != nil {
			return nil, err
		}
		variables := json.RawMessage(nil)
		if text := strings.TrimSpace(a.Variables); text != "" {
			var object map[string]any
			if err := json.Unmarshal([]byte(text), &object); err != nil || object == nil {
				return nil, kit.Errorf(kit.InvalidArgument, "variables is no JSON object").WithHint(`write it as {"name":"value"}`)
			}
			variables = json.RawMessage(text)
		}
		data, problems, err := f.backend(ctx).(Querier).Query(ctx, a.Query, variables)
		if err != nil {
			return nil, err
		}
		return kit.Payload(queryMeta{problems}, string(data)).Untrusted().Narrow("ask for fewer fields, or for less with first"), nil
	})
}

// maxTokens of a document bounds what its parser does.
const maxTokens = 10_000

// onlyReads refuses a document that changes something, and one of which it is
// not certain that it does not.
func onlyReads(document string) error {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: document}, maxTokens)
	if err != nil {
		return kit.Errorf(kit.InvalidArgument, "query is no GraphQL: %s", strings.TrimPrefix(err.Error(), "input:")).
			WithHint("write it as query{viewer{login}}")
	}
	for _, op := range doc.Operations {
		if op.Operation != ast.Query {
			return kit.Errorf(kit.PermissionDenied, "the document has a %s, and this tool only reads", op.Operation).
				WithHint("the tools that write do that: create_issue, commit_files, update_review_thread and others")
		}
	}
	if len(doc.Operations) != 1 {
		return kit.Errorf(kit.InvalidArgument, "the document has %s, want one", count(len(doc.Operations), "operation"))
	}
	return nil
}

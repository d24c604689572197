package contract

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// Schema is a service's description of its GraphQL API.
type Schema struct{ schema *ast.Schema }

// ParseSchema reads a schema in its own language. A field that a type has twice,
// as GitHub's own schema 15.26.1 has them, is there once.
func ParseSchema(name, text string) (*Schema, error) {
	doc, err := parser.ParseSchemas(validator.Prelude, &ast.Source{Name: name, Input: text})
	if err != nil {
		return nil, fmt.Errorf("reading the schema %s: %w", name, err)
	}
	for _, def := range doc.Definitions {
		seen := map[string]bool{}
		def.Fields = slices.DeleteFunc(def.Fields, func(f *ast.FieldDefinition) bool {
			twice := seen[f.Name]
			seen[f.Name] = true
			return twice
		})
	}
	s, err := validator.ValidateSchemaDocument(doc)
	if err != nil {
		return nil, fmt.Errorf("reading the schema %s: %w", name, err)
	}
	return &Schema{s}, nil
}

// Check says what of a document does not fit the schema, a line each.
func (s *Schema) Check(document string) []string {
	_, list := gqlparser.LoadQueryWithRules(s.schema, document, nil)
	return lines(list)
}

func lines(list gqlerror.List) (out []string) {
	for _, one := range list {
		at := ""
		if len(one.Locations) > 0 {
			at = fmt.Sprintf("line %d: ", one.Locations[0].Line)
		}
		out = append(out, at+one.Message)
	}
	return out
}

// request says what is wrong with a request: its document and its variables.
func (s *Schema) request(method string, body []byte) []string {
	if method != "POST" {
		return []string{"is asked by " + method}
	}
	var asked struct {
		Query         string         `json:"query"`
		Variables     map[string]any `json:"variables"`
		OperationName string         `json:"operationName"`
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		return []string{fmt.Sprintf("its body is no JSON: %v", err)}
	}
	if op, problem := s.Operation(asked.Query, asked.OperationName, asked.Variables); op == nil {
		return []string{problem}
	}
	return nil
}

// Operation is the one that is asked for, or nil and why it cannot be done: what
// does not fit the schema, in it or in its variables.
func (s *Schema) Operation(document, name string, variables map[string]any) (*ast.OperationDefinition, string) {
	doc, list := gqlparser.LoadQueryWithRules(s.schema, document, nil)
	if len(list) > 0 {
		return nil, strings.Join(lines(list), "; ")
	}
	op := doc.Operations.ForName(name)
	if op == nil {
		return nil, fmt.Sprintf("the document has no operation %q, or several and none is named", name)
	}
	for v := range variables {
		if op.VariableDefinitions.ForName(v) == nil {
			return nil, fmt.Sprintf("%s declares no variable %s", op.Name, v)
		}
	}
	if _, err := validator.VariableValues(s.schema, op, variables); err != nil {
		return nil, fmt.Sprintf("%s: %v", op.Name, err)
	}
	return op, ""
}

// isGraphQL reports whether a path is that of GraphQL: beside /api/v3 it is
// /api/graphql.
func (d *Description) isGraphQL(path string) bool {
	if d.Prefix == "" {
		return path == "/graphql"
	}
	return path == "/api/graphql"
}

var gitHubSchema = sync.OnceValues(func() (*Schema, error) {
	at, err := folder()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(at + "/npm/node_modules/@octokit/graphql-schema/schema.graphql")
	if err != nil {
		return nil, err
	}
	return ParseSchema("github", string(text))
})

// GitHubSchema is the official schema of GitHub's GraphQL API.
func GitHubSchema(t testing.TB) *Schema {
	t.Helper()
	installed(t, "graphql-schema", "schema.graphql")
	s, err := gitHubSchema()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

package kittest

import (
	"strings"
	"testing"
)

const good = `{"name":"get_x","title":"X","description":"d",
	"inputSchema":{"type":"object","properties":{"a_b":{"type":"string"}},"additionalProperties":false},
	"annotations":{"readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false}}`

func TestToolProblems(t *testing.T) {
	if problems := toolProblems([]byte(good)); problems != nil {
		t.Errorf("a good tool: %q", problems)
	}
	for _, tc := range []struct{ old, new, want string }{
		{`get_x`, `GetX`, "not snake_case"},
		{`get_x`, `fetch_x`, "verb fetch is not on the list"},
		{`get_x`, `create_x`, "contradict each other"},
		{`get_x`, "get_" + strings.Repeat("x", 40), "too long"},
		{`"title":"X",`, ``, "no title"},
		{`"description":"d",`, ``, "no description"},
		{`"readOnlyHint":true,`, ``, "readOnlyHint is not set"},
		{`"destructiveHint":false,`, ``, "destructiveHint is not set"},
		{`"idempotentHint":true,`, ``, "idempotentHint is not set"},
		{`,"openWorldHint":false`, ``, "openWorldHint is not set"},
		{`"destructiveHint":false`, `"destructiveHint":true`, "read only and destructive"},
		{`a_b`, `aB`, "argument aB"},
		{`{"type":"string"}`, `{}`, "argument a_b"},
		{`,"additionalProperties":false`, ``, "no closed object"},
	} {
		problems := toolProblems([]byte(strings.Replace(good, tc.old, tc.new, 1)))
		if len(problems) != 1 || !strings.Contains(problems[0], tc.want) {
			t.Errorf("%s for %s: %q, want %q", tc.new, tc.old, problems, tc.want)
		}
	}
}

package cli

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/golden"
)

func TestDiffLines(t *testing.T) {
	many := slices.Repeat([]string{"x", "y"}, 1500)
	for _, tc := range []struct{ before, after, want string }{
		{"", "", ""},
		{"a b c", "a b c", " a b c"},
		{"a b c", "a x c", " a -b +x  c"},
		{"", "a b", "+a +b"},
		{"a b", "", "-a -b"},
		{"a b c d e", "a c x e f", " a -b  c -d +x  e +f"},
		{"a a a", "a a", " a  a -a"},
		{"a b a b", "b a b a", "-a  b  a  b +a"},
	} {
		var got []string
		for _, c := range diffLines(strings.Fields(tc.before), strings.Fields(tc.after)) {
			got = append(got, string(c.mark)+c.text)
		}
		if want := strings.Fields(strings.ReplaceAll(tc.want, "  ", " ")); !slices.Equal(strings.Fields(strings.Join(got, " ")), want) {
			t.Errorf("diffLines(%q, %q) = %q, want %q", tc.before, tc.after, got, want)
		}
	}
	reversed := slices.Clone(many)
	slices.Reverse(reversed)
	changes := diffLines(append([]string{"head"}, many...), append([]string{"head"}, reversed...))
	if changes[0].mark != ' ' || changes[1].mark != '-' || changes[len(changes)-1].mark != '+' || len(changes) != 1+2*len(many) {
		t.Errorf("a comparison that is too large has %d lines", len(changes))
	}
}

// What a terminal would not show, or show as something else, is shown as what it is.
func TestDefinitionDiff(t *testing.T) {
	var out bytes.Buffer
	before := json.RawMessage(`{"name":"log","description":"Show commits.","a":1,"b":2,"c":3,"inputSchema":{"type":"object"}}`)
	after := json.RawMessage("{\"name\":\"log\",\"description\":\"Show commits.\u200b\u202e\u009b31m\u00a0\",\"a\":1,\"b\":2,\"c\":3,\"inputSchema\":{\"type\":\"object\",\"n\":1.0}}")
	printDefinitionDiff(&IO{Out: &out}, "git", "log\x1b", before, after)
	printDefinitionDiff(&IO{Out: &out, Color: true}, "git", "add", nil, json.RawMessage(`{"name":"add"}`))
	printDefinitionDiff(&IO{Out: &out}, "git", "gone", json.RawMessage(`{"name":"gone"}`), nil)
	printDefinitionDiff(&IO{Out: &out}, "git", "same", json.RawMessage("{\"a\":\"\u200b\"}"), json.RawMessage(`{"a":"\u200b"}`))
	golden.Check(t, "print/pin_diff.golden", out.Bytes())
}

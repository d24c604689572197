package secret

import (
	"strings"
	"testing"
)

func TestRewrite(t *testing.T) {
	literal := func(text string) (string, bool) { return strings.ToUpper(text), !strings.Contains(text, "!") }
	ref := func(r Ref) (string, bool) { return "<" + r.Name + "|" + r.Default + ">", r.Kind == Env }
	for text, want := range map[string]string{
		"":                      "",
		"a$$b":                  "A$B",
		"x${env:A}y${env:B:-d}": "X<A|>Y<B|d>",
		"$<env:A:-a}b>":         "<A|a}b>",
		"no!":                   "refused",
		"${env:A}${secret:s}":   "refused",
	} {
		template, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := template.Rewrite(literal, ref)
		if !ok {
			got = "refused"
		}
		if got != want {
			t.Errorf("Rewrite(%q) = %q, want %q", text, got, want)
		}
	}
}

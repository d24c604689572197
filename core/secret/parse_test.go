package secret

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want []any // string or Ref, in order
	}{
		{"", nil},
		{"plain", []any{"plain"}},
		{"${env:A}", []any{Ref{Kind: Env, Name: "A"}}},
		{"$<env:A>", []any{Ref{Kind: Env, Name: "A"}}},
		{"${env:A?}", []any{Ref{Kind: Env, Name: "A", Optional: true}}},
		{"${env:A:-}", []any{Ref{Kind: Env, Name: "A", HasDefault: true}}},
		{"${env:A:-http://h:1/?x=y}", []any{Ref{Kind: Env, Name: "A", Default: "http://h:1/?x=y", HasDefault: true}}},
		{"${env:A:-a$$b$c}", []any{Ref{Kind: Env, Name: "A", Default: "a$b$c", HasDefault: true}}},
		{"$<env:A:-{}>", []any{Ref{Kind: Env, Name: "A", Default: "{}", HasDefault: true}}},
		{"${env:A:-$${x}", []any{Ref{Kind: Env, Name: "A", Default: "${x", HasDefault: true}}},
		{"${secret:my-token.v2}", []any{Ref{Kind: Secret, Name: "my-token.v2"}}},
		{"Bearer $<secret:t?>!", []any{"Bearer ", Ref{Kind: Secret, Name: "t", Optional: true}, "!"}},
		{"${secretfile:ca}", []any{Ref{Kind: SecretFile, Name: "ca"}}},
		{"${env:A}${env:B}", []any{Ref{Kind: Env, Name: "A"}, Ref{Kind: Env, Name: "B"}}},
		{"$$", []any{"$"}},
		{"$${env:A}", []any{"${env:A}"}},
		{"$$${env:A}", []any{"$", Ref{Kind: Env, Name: "A"}}},
		{"$HOME costs 5$", []any{"$HOME costs 5$"}},
		{"ü$x{env:A}", []any{"ü$x{env:A}"}},
	} {
		template, err := Parse(tc.in)
		if err != nil {
			t.Errorf("Parse(%q): %v", tc.in, err)
			continue
		}
		var got []any
		for _, p := range template.parts {
			if p.ref != nil {
				got = append(got, *p.ref)
			} else {
				got = append(got, p.text)
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", tc.in, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tc := range []struct {
		in     string
		offset int
		what   string // a part of the message
	}{
		{"${HOME}", 0, `"HOME" is not env:NAME`},
		{"a ${env:A", 2, `no closing "}"`},
		{"a $<env:A}", 2, `no closing ">"`},
		{"${}", 0, `"" is not env:NAME`},
		{"${Env:A}", 0, `"Env:A" is not`},
		{"${env:}", 6, "not a name of a variable"},
		{"${env:1A}", 6, "not a name of a variable"},
		{"${env:A-B}", 6, "not a name of a variable"},
		{"${env: A}", 6, "not a name of a variable"},
		{"${env:A??}", 6, "not a name of a variable"},
		{"${env:A-text}", 6, "not a name of a variable"},
		{"${secret:}", 9, "not a name of a secret"},
		{"${secret:a/b}", 9, "not a name of a secret"},
		{"${secret:-a}", 9, "not a name of a secret"},
		{"${secret:" + strings.Repeat("a", 129) + "}", 9, "not a name of a secret"},
		{"${secret:a:-x}", 9, "only a variable can have a default"},
		{"${env:A?:-x}", 6, "both ? and a default"},
		{"${secretfile:a?}", 13, "cannot be optional"},
		{"${env:A:-${env:B}}", 9, "a default cannot hold a reference"},
		{"${env:A:-x$<env:B>}", 10, "a default cannot hold a reference"},
		{"$$${", 2, "no closing"},
	} {
		_, err := Parse(tc.in)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("Parse(%q) = %v, want a SyntaxError", tc.in, err)
			continue
		}
		if syntax.Offset != tc.offset || !strings.Contains(syntax.What, tc.what) {
			t.Errorf("Parse(%q) = %d %s, want %d %s", tc.in, syntax.Offset, syntax.What, tc.offset, tc.what)
		}
	}
}

func TestLiteral(t *testing.T) {
	for _, tc := range []struct {
		in, want string
		ok       bool
	}{{"", "", true}, {"a$$b", "a$b", true}, {"a${env:B}", "", false}, {"${env:B}", "", false}} {
		template, err := Parse(tc.in)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := template.Literal(); got != tc.want || ok != tc.ok {
			t.Errorf("Literal of %q = %q, %v, want %q, %v", tc.in, got, ok, tc.want, tc.ok)
		}
	}
}

// FuzzParse: no input panics, an error points into the text, and text whose $
// are all doubled comes out as it was.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "$", "$$", "${env:A}", "$<secret:b?>", "${env:A:-$${}", "x${", "${secretfile:c}$", "${env:A:-${env:B}}", "é${env:\xff}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		template, err := Parse(text)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset >= len(text) || text[syntax.Offset] != '$' && !strings.Contains(text[:syntax.Offset], "$") {
				t.Fatalf("Parse(%q) = %v", text, err)
			}
		}
		for _, ref := range template.Refs() {
			if !validName(ref.Kind, ref.Name) {
				t.Fatalf("Parse(%q) gave %+v", text, ref)
			}
		}
		escaped, err := Parse(strings.ReplaceAll(text, "$", "$$"))
		if got, ok := escaped.Literal(); err != nil || !ok || got != text {
			t.Fatalf("escaped %q came out as %q, %v, %v", text, got, ok, err)
		}
	})
}

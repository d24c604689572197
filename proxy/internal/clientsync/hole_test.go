package clientsync

import (
	"testing"

	"github.com/loom-core/loom/core/secret"
)

func moved(pairs ...string) (out []Moved) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, Moved{pairs[i], secret.NewValue(pairs[i+1])})
	}
	return out
}

// What was blanked out comes back as it was written, and nothing of it is left.
func TestPunch(t *testing.T) {
	for _, tc := range []struct {
		text, shown string
		moved       []Moved
	}{
		{`"A": "tok-123"`, `"A": "${secret:a}"`, moved("a", "tok-123")},
		{`"H": "Bearer tok-123", "B": "tok-123"`, `"H": "Bearer ${secret:a}", "B": "${secret:a}"`, moved("a", "tok-123")},
		{`A = 'tok"1'`, `A = '${secret:a}'`, moved("a", `tok"1`)},
		{`"A": "tok\"1"`, `"A": "${secret:a}"`, moved("a", `tok"1`)},
		{`"A": "tok-123-long", "B": "tok-123"`, `"A": "${secret:b}", "B": "${secret:a}"`, moved("a", "tok-123", "b", "tok-123-long")},
		{`nothing`, `nothing`, moved("a", "tok")},
	} {
		text, holes := punch(tc.text, tc.moved)
		if got, _ := shown([]byte(text), holes); string(got) != tc.shown {
			t.Errorf("%s: shown as %s", tc.text, got)
		}
		back, _ := fill([]byte(text), holes, func(h Hole) string {
			for _, m := range tc.moved {
				if m.Name == h.Secret {
					return h.source(m.Value)
				}
			}
			return "?"
		})
		if string(back) != tc.text {
			t.Errorf("%s: comes back as %s", tc.text, back)
		}
	}
}

// Another value than the one that was there may be longer, and have a quote.
func TestFillWithAnother(t *testing.T) {
	text, holes := punch(`{"A": "tok-1", "B": 'x tok-1'}`, moved("a", "tok-1"))
	got, _ := fill([]byte(text), holes, func(h Hole) string { return h.source(secret.NewValue(`much "longer"`)) })
	if want := `{"A": "much \"longer\"", "B": 'x much "longer"'}`; string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The places of holes are right after steps that came before and behind them.
func TestRewind(t *testing.T) {
	text := []byte("0123456789")
	steps := [][]Paste{
		{{Start: 2, End: 4, Text: "<  >", Holes: []Hole{{At: 1, Len: 2, Secret: "a"}}}}, // 01<  >456789
		{{Start: 0, End: 1, Text: "begin"}, {Start: 8, End: 12, Text: "!   !", Holes: []Hole{{At: 1, Len: 3, Secret: "b"}}}},
	}
	out, holes, ok := rewind(text, steps)
	got, _ := shown(out, holes)
	if want := "begin1<${secret:a}>45!${secret:b}!"; !ok || string(got) != want {
		t.Errorf("got %s, %t, want %s", got, ok, want)
	}
	if _, _, ok := rewind(text, append(steps[:1:1], []Paste{{Start: 4, End: 5}})); ok {
		t.Error("a step that cuts a hole is taken")
	}
}

package forge

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

// TestLost: what answers do not show is not written over in silence.
func TestLost(t *testing.T) {
	const mark = "[redacted: GitHub token, 40 characters]"
	text := func(s string) *string { return &s }
	for name, tc := range map[string]struct {
		content  *string // nil: edits
		was, now string
		want     string // of the error, or with a + of the hint; empty: neither
	}{
		"a secret":           {text(""), "t = secret\n", "t = " + mark + "\n", "stands for a secret"},
		"by an edit":         {nil, "t = secret\n", "t = " + mark + "\n", "stands for a secret"},
		"such a text":        {text(""), "it shows " + mark, "it says " + mark, ""},
		"newlines of DOS":    {text(""), "a\r\nb\r\n", "a\nB\n", "+CRLF"},
		"kept":               {text(""), "a\r\nb\r\n", "a\r\nB\r\n", ""},
		"by edits":           {nil, "a\r\nb\r\n", "a\nb\n", ""},
		"joined emoji":       {text(""), "\U0001F468\u200d\U0001F469", "\U0001F468\U0001F469", "+invisible"},
		"byte order mark":    {text(""), "\ufeffa", "a", "+invisible"},
		"nothing to be lost": {text(""), "a\nb\n", "c\n", ""},
	} {
		hints, err := changeArg{Path: "f", Content: tc.content}.lost(tc.was, tc.now)
		want, hint := strings.CutPrefix(tc.want, "+")
		switch {
		case tc.want == "" && (err != nil || hints != nil), hint && (err != nil || len(hints) != 1 || !strings.Contains(hints[0], want)),
			tc.want != "" && !hint && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v %v, want %q", name, hints, err, tc.want)
		}
	}
	_, err := applyEdits("f", "t = secret\n", []editArg{{"t = " + mark, "", 1}})
	if e, ok := err.(*kit.Error); !ok || !strings.Contains(e.Hint, "the text around it") {
		t.Errorf("to find what stands for a secret: %v", err)
	}
}

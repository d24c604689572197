package forge

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/forge/patch"
	"github.com/loom-core/loom/servers/kit"
)

// TestEditsKeepNewlines: what is put into a file of DOS has its newlines, and
// a file with both keeps both.
func TestEditsKeepNewlines(t *testing.T) {
	for name, tc := range map[string]struct{ content, find, replace, want string }{
		"a line of DOS":      {"a\r\nb\r\n", "b", "b\nc", "a\r\nb\r\nc\r\n"},
		"said as it is":      {"a\r\nb\r\n", "b", "b\r\nc", "a\r\nb\r\nc\r\n"},
		"both":               {"a\r\nb\n", "b", "b\nc", "a\r\nb\nc\n"},
		"of Unix":            {"a\nb\n", "b", "b\nc", "a\nb\nc\n"},
		"one line, no break": {"a\r\nb", "b", "c", "a\r\nc"},
	} {
		if got, err := applyEdits("f", tc.content, []editArg{{tc.find, tc.replace, 1}}); err != nil || got != tc.want {
			t.Errorf("%s: %q %v, want %q", name, got, err, tc.want)
		}
	}
	_, err := applyEdits("f", "a\nlast", []editArg{{"last\n", "", 1}})
	if e, ok := err.(*kit.Error); !ok || !strings.Contains(e.Hint, "without a newline") {
		t.Errorf("the end without a newline: %v", err)
	}
}

// TestFileRow: both numbers are there.
func TestFileRow(t *testing.T) {
	if raw, _ := json.Marshal(fileRow{"a", "changed", 2, 3}); string(raw) != `{"path":"a","status":"changed","+":2,"-":3}` {
		t.Errorf("a file is %s", raw)
	}
}

// TestPlaceSaysWhy: a name of before, and a suggestion for what is gone.
func TestPlaceSaysWhy(t *testing.T) {
	files := patch.Parse("diff --git a/old.txt b/new.txt\nsimilarity index 90%\nrename from old.txt\nrename to new.txt\n--- a/old.txt\n+++ b/new.txt\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n")
	for _, tc := range []struct {
		arg  lineArg
		want string // of the reason; empty: it can be posted
	}{
		{lineArg{Path: "old.txt", Line: 2, Side: patch.Right, Body: "x"}, "now called new.txt"},
		{lineArg{Path: "old.txt", Line: 2, Side: patch.Left, Body: "x"}, ""},
		{lineArg{Path: "new.txt", Line: 2, Side: patch.Left, Suggestion: "x"}, "side=RIGHT"},
		{lineArg{Path: "new.txt", Line: 2, Side: patch.Right, Suggestion: "x"}, ""},
	} {
		good, bad := new(forge).place([]lineArg{tc.arg}, files)
		if tc.want == "" && len(good) != 1 || tc.want != "" && (len(bad) != 1 || !strings.Contains(bad[0].Reason, tc.want)) {
			t.Errorf("%+v: %+v %+v, want %q", tc.arg, good, bad, tc.want)
		}
	}
}

// TestSuggestion replaces the lines that it is for, on GitLab too.
func TestSuggestion(t *testing.T) {
	one, more := lineArg{Line: 9, Body: "b", Suggestion: "x\n"}, lineArg{Line: 9, Start: 7, Suggestion: "x"}
	gitlab := Features{ReviewRanges: true, SuggestionLines: true}
	for _, tc := range []struct {
		arg  lineArg
		has  Features
		want string
	}{
		{one, gitlab, "b\n\n```suggestion\nx\n```"},
		{more, gitlab, "```suggestion:-2+0\nx\n```"},
		{more, Features{ReviewRanges: true}, "```suggestion\nx\n```"},
		{more, Features{}, "(lines 7 to 9) \n\n```suggestion\nx\n```"},
	} {
		if got := tc.arg.body(tc.has); got != tc.want {
			t.Errorf("%+v: %q, want %q", tc.arg, got, tc.want)
		}
	}
}

package diff

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"
)

func TestUnified(t *testing.T) {
	for _, tc := range []struct{ name, before, after, want string }{
		{"same", "a\nb\n", "a\nb\n", ""},
		{"one line", "a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"},
		{"new", "", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"},
		{"gone", "a\n", "", "@@ -1,1 +0,0 @@\n-a\n"},
		{"two places", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "x\n2\n3\n4\n5\n6\n7\n8\ny\n",
			"@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+y\n"},
		{"two places that are near", "1\n2\n3\n4\n5\n", "x\n2\n3\n4\ny\n", "@@ -1,5 +1,5 @@\n-1\n+x\n 2\n 3\n 4\n-5\n+y\n"},
	} {
		want := tc.want
		if want != "" {
			want = "--- n\n+++ n\n" + want
		}
		if got := Unified("n", tc.before, tc.after); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", tc.name, got, want)
		}
	}
}

// TestEdits: the edits make the second text of the first, whatever they are.
func TestEdits(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	text := func() (all []string) {
		for range r.Intn(30) {
			all = append(all, fmt.Sprint(r.Intn(6)))
		}
		return all
	}
	for range 2000 {
		a, b := text(), text()
		var gotA, gotB []string
		for _, o := range edits(a, b) {
			if o.kind != '+' {
				gotA = append(gotA, o.line)
			}
			if o.kind != '-' {
				gotB = append(gotB, o.line)
			}
		}
		if strings.Join(a, ",") != strings.Join(gotA, ",") || strings.Join(b, ",") != strings.Join(gotB, ",") {
			t.Fatalf("%v to %v: %v and %v", a, b, gotA, gotB)
		}
	}
}

package repo

import (
	"bytes"
	"testing"

	"github.com/loom-core/loom/servers/mcp-git/internal/git"
)

// What git prints is made of foreign names and texts. Whatever it is, the
// parsers end, and none of them panics.
func FuzzParsers(f *testing.F) {
	for _, seed := range []string{
		"", "\x00", ":100644 100644 a b R100\x00old\x00new\x001\t2\t\x00old\x00new\x00", ":1 2 3 4 M\x00f\x00-\t-\tf\x00",
		"1 .M N... 100644 100644 100644 a b f\x00? x\x00u UU N... 1 2 3 4 a b c f\x002 R. N... 1 2 3 a b R100 new\x00old\x00# branch.ab +1 -2\x00",
		"a 1 1 1\nauthor x\nfilename \"f\\\"\n\tline\n", "f\x001\x002\x00text\n--\nf\x003\x00more\n",
		"diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\ndiff --git a/g b/g\nold mode 1\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		reader := func() *git.Reader { return git.NewReader(bytes.NewReader(in)) }
		_, _, _ = parseChanges(reader())
		_, _ = parseBlame(reader(), "f")
		_ = (&Status{}).read(reader())
		for _, skip := range []int{0, 1} {
			_ = (&grep{q: GrepQuery{Context: 1, Limit: 2, Skip: skip}}).read(reader())
		}
		_ = (&File{}).read(reader(), FileQuery{Start: 1, Fits: func(string) bool { return true }})
		for _, budget := range []int{0, 10, 1000} {
			w := &patchWriter{
				q:  PatchQuery{Changes: []Change{{Status: "T"}, {Status: "M"}}, Skip: func(int) bool { return false }, Budget: budget},
				at: PatchPosition{File: -1},
			}
			_ = w.read(reader())
			if w.next != nil && w.out.Len() == 0 {
				t.Errorf("a piece without text leads to %+v", *w.next)
			}
		}
	})
}

package patch

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

const diff = `diff --git a/a.go b/a.go
index 1..2 100644
--- a/a.go
+++ b/a.go
@@ -1,7 +1,8 @@ func f()
 one
 two
 three
-four
+4
+4.5
 five
 six
 seven
@@ -20 +21,2 @@
 twenty
+--- not a header
diff --git a/old name.txt b/new name.txt
similarity index 90%
rename from old name.txt
rename to new name.txt
diff --git "a/\303\251.bin" "b/\303\251.bin"
new file mode 100644
Binary files /dev/null and "b/\303\251.bin" differ
diff --git a/gone b/gone
deleted file mode 100644
--- a/gone
+++ /dev/null
@@ -1 +0,0 @@
-x
\ No newline at end of file
`

func TestParse(t *testing.T) {
	files := Parse(diff)
	var got []string
	for _, f := range files {
		got = append(got, fmt.Sprintf("%s binary=%v hunks=%d", f.Title(), f.Binary, len(f.Hunks)))
	}
	want := []string{
		"=== a.go (changed, +3 -1) binary=false hunks=2",
		"=== old name.txt -> new name.txt (renamed, +0 -0) binary=false hunks=0",
		"=== é.bin (added, +0 -0) binary=true hunks=0",
		"=== gone (deleted, +0 -1) binary=false hunks=1",
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %q\nwant %q", got, want)
	}
	right, left := files[0].Side(Right), files[0].Side(Left)
	if s := Spans(right); s != "1-8, 21-22" {
		t.Errorf("right: %s", s)
	}
	if s := Spans(left); s != "1-7, 20" {
		t.Errorf("left: %s", s)
	}
	if l := Find(right, 5); l == nil || l.Text != "4.5" || !l.Changed {
		t.Errorf("line 5 is %+v", l)
	}
	if l := Find(right, 22); l == nil || l.Text != "--- not a header" || l.Hunk != 1 {
		t.Errorf("line 22 is %+v", l)
	}
	if Find(right, 10) != nil || Find(left, 8) != nil {
		t.Error("a line that is not shown is found")
	}
	if n := Nearest(right, 12, 3); !reflect.DeepEqual(n, []int{6, 7, 8}) {
		t.Errorf("nearest to 12: %v", n)
	}
	if f := files[3]; f.Path != "gone" || Spans(f.Side(Left)) != "1" || f.Side(Right) != nil {
		t.Errorf("the deleted file is %+v", f)
	}
}

func TestTrim(t *testing.T) {
	h := Parse(diff)[0].Hunks[0]
	got := ""
	for _, one := range h.Trim(1) {
		got += one.Text()
	}
	if want := "@@ -3,3 +3,4 @@ func f()\n three\n-four\n+4\n+4.5\n five\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if same := h.Trim(9); len(same) != 1 || !reflect.DeepEqual(same[0].Lines, h.Lines) {
		t.Errorf("with much context: %+v", same)
	}
	if two := (Hunk{OldStart: 1, NewStart: 1, Header: "@@ -1,5 +1,5 @@", Lines: strings.Split("-a\n+b\n c\n d\n-e\n+f", "\n")}).Trim(0); len(two) != 2 || two[1].Header != "@@ -4,1 +4,1 @@" {
		t.Errorf("two: %+v", two)
	}
}

// FuzzParse: foreign bytes do no harm, and what is shown can be found.
func FuzzParse(f *testing.F) {
	f.Add(diff)
	f.Add("diff --git a/ b/\n@@ -1,99999999999 +x @@\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, file := range Parse(text) {
			for _, side := range []string{Left, Right} {
				Spans(file.Side(side))
				Nearest(file.Side(side), 7, 3)
			}
			for _, h := range file.Hunks {
				h.Trim(1)
			}
		}
	})
}

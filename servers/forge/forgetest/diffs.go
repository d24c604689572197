package forgetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// branch makes a pull request of one commit.
func branch(t *testing.T, w World, repo, name string, changes ...any) int {
	t.Helper()
	must(t, w.Call, "create_branch", args("repo", repo, "name", name))
	must(t, w.Call, "commit_files", args("repo", repo, "branch", name, "message", name, "changes", changes))
	return decode[writeAnswer](t, w.Call, w.pull("create_{pull}"), args("repo", repo, "title", name, "head", name)).Number
}

func numbered(prefix string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s %d, with some text so that it is a line as they are\n", prefix, i)
	}
	return b.String()
}

// diffs come in pieces of whole hunks, with what is left out and why.
func diffs(t *testing.T, w World) {
	repo := w.Forge.NewRepo(t, "diffs")
	changes := []any{args("path", "go.sum", "action", "create", "content", "sum\n"), args("path", "vendor/x/x.go", "action", "create", "content", "package x\n")}
	for i := range 6 {
		changes = append(changes, args("path", fmt.Sprintf("f%d.txt", i), "action", "create", "content", numbered(fmt.Sprintf("file %d line", i), 150)))
	}
	number := branch(t, w, repo, "many", changes...)
	tool := w.pull("get_{pull}_diff")

	a := args("repo", repo, "number", number)
	var all strings.Builder
	for calls := 0; ; calls++ {
		if calls > 9 {
			t.Fatal("it does not end")
		}
		text := must(t, w.Call, tool, a).Text
		line, body, _ := strings.Cut(text, "\n")
		all.WriteString(body)
		var meta struct {
			Files     int
			Omitted   int            `json:"files_omitted"`
			NextArgs  map[string]any `json:"next_args"`
			Truncated bool
		}
		if err := json.Unmarshal([]byte(line), &meta); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if meta.Files != 8 || meta.Omitted != 2 {
			t.Errorf("the meta is %s", line)
		}
		if meta.Truncated {
			t.Error("a piece is over the cap")
		}
		if meta.NextArgs == nil {
			break
		}
		for k, v := range meta.NextArgs {
			a[k] = v
		}
	}
	for i := range 6 {
		for _, line := range []int{0, 149} {
			text := fmt.Sprintf("+file %d line %d,", i, line)
			if n := strings.Count(all.String(), text); n != 1 {
				t.Errorf("%q is there %d times", text, n)
			}
		}
	}
	has(t, "the table", all.String(), "go.sum\tadded\t1\t0\tlock file", "vendor/x/x.go\tadded\t1\t0\tvendored")
	if strings.Contains(all.String(), "+sum\n") {
		t.Error("the lock file is shown")
	}
	only := must(t, w.Call, tool, args("repo", repo, "number", number, "files", []string{"go.sum", "f1.*"})).Text
	if !strings.Contains(only, "+sum\n") || !strings.Contains(only, "+file 1 line 3,") || strings.Contains(only, "+file 2 line") {
		t.Errorf("with files:\n%.600s", only)
	}
	without := must(t, w.Call, tool, args("repo", repo, "number", number, "exclude", []string{"f*.txt"})).Text
	if !strings.Contains(without, "+sum\n") || strings.Contains(without, "+file 1 line") {
		t.Errorf("with exclude:\n%.600s", without)
	}
	refused(t, w.Call, tool, args("repo", repo, "number", number, "resume", "bm8"), "invalid_argument", "without resume")
}

// reviewLines are checked against the diff, on both sides.
func reviewLines(t *testing.T, w World) {
	repo := w.Forge.NewRepo(t, "lines")
	must(t, w.Call, "commit_files", args("repo", repo, "branch", "main", "message", "text", "changes", []any{args("path", "t.txt", "action", "create", "content", numbered("l", 30))}))
	number := branch(t, w, repo, "edit", args("path", "t.txt", "action", "update", "edits", args("find", "l 14,", "replace", "changed,\nand")))
	type made struct {
		Changed  bool
		Posted   int
		Rejected []struct {
			Index   int
			Reason  string
			Nearest []int `json:"nearest_lines"`
		}
	}
	line := func(at int, more ...any) map[string]any {
		return args(append([]any{"path", "t.txt", "line", at, "body", fmt.Sprintf("at %d", at)}, more...)...)
	}
	got := decode[made](t, w.Call, "create_review", args("repo", repo, "number", number, "comments", []any{
		line(16), line(15, "side", "LEFT"), line(17, "start_line", 15), // good
		line(1), line(17, "start_line", 2), line(16, "start_line", 17), line(30, "side", "LEFT"),
		args("path", "u.txt", "line", 1, "body", "x"), args("path", "t.txt", "line", 16),
	}))
	if !got.Changed || got.Posted != 3 || len(got.Rejected) != 6 {
		t.Fatalf("got %+v", got)
	}
	for i, r := range got.Rejected {
		if r.Index != i+3 || r.Reason == "" {
			t.Errorf("rejected %+v", r)
		}
	}
	if near := got.Rejected[0].Nearest; len(near) == 0 || near[0] != 12 {
		t.Errorf("near line 1 there are %v, want 12 first", near)
	}
	has(t, "the reason", got.Rejected[4].Reason, "did you mean t.txt?")
	comments := w.Forge.LineComments(t, repo, number)
	if len(comments) != 3 {
		t.Fatalf("the forge has %+v", comments)
	}
	dry := decode[made](t, w.Call, "create_review", args("repo", repo, "number", number, "dry_run", true, "comments", line(16)))
	nothing := decode[made](t, w.Call, "create_review", args("repo", repo, "number", number, "comments", line(1)))
	if dry.Changed || nothing.Changed || len(nothing.Rejected) != 1 || len(w.Forge.LineComments(t, repo, number)) != 3 {
		t.Errorf("dry %+v, nothing %+v", dry, nothing)
	}
	refused(t, w.Call, "create_review", args("repo", repo, "number", number), "invalid_argument", "says nothing")
}

package forgetest

import (
	"strings"
	"testing"
)

// commits are whole or not at all, and edits fit or are refused.
func commits(t *testing.T, w World) {
	repo := w.Forge.NewRepo(t, "commits")
	head := func() string { return w.Forge.Head(t, repo, "main") }
	change := func(list ...any) map[string]any {
		return args("repo", repo, "branch", "main", "message", "change", "changes", list)
	}
	must(t, w.Call, "commit_files", change(
		args("path", "a.txt", "action", "create", "content", "one\ntwo\ntwo\n"),
		args("path", "b.txt", "action", "create", "content", "b\r\nc\r\n"),
	))
	before := head()
	for name, tc := range map[string]struct {
		change []any
		code   string
		words  []string
	}{
		"not there":          {[]any{args("path", "a.txt", "action", "update", "edits", args("find", "thre", "replace", "x"))}, "failed_precondition", []string{"edit 1 is not there"}},
		"twice":              {[]any{args("path", "a.txt", "action", "update", "edits", args("find", "two", "replace", "x"))}, "failed_precondition", []string{"2 times", "lines 2, 3"}},
		"one of two":         {[]any{args("path", "a.txt", "action", "update", "edits", args("find", "one", "replace", "1")), args("path", "b.txt", "action", "update", "edits", args("find", "zzz"))}, "failed_precondition", []string{"nothing was committed", "b.txt"}},
		"there already":      {[]any{args("path", "a.txt", "action", "create", "content", "x")}, "conflict", []string{"action=update"}},
		"no such file":       {[]any{args("path", "zz.txt", "action", "update", "content", "x")}, "not_found", []string{"zz.txt"}},
		"outside":            {[]any{args("path", "../x", "action", "create", "content", "x")}, "invalid_argument", nil},
		"into git":           {[]any{args("path", ".git/config", "action", "create", "content", "x")}, "invalid_argument", nil},
		"twice the same":     {[]any{args("path", "c", "action", "create", "content", "x"), args("path", "c", "action", "create", "content", "y")}, "invalid_argument", []string{"changed twice"}},
		"content and edits":  {[]any{args("path", "a.txt", "action", "update", "content", "x", "edits", args("find", "one"))}, "invalid_argument", nil},
		"a member misspelt":  {[]any{args("path", "a.txt", "action", "update", "contnet", "x")}, "invalid_argument", []string{`did you mean "content"`}},
		"an unknown action":  {[]any{args("path", "a.txt", "action", "updaet", "content", "x")}, "invalid_argument", []string{`did you mean "update"`}},
		"nothing to replace": {[]any{args("path", "a.txt", "action", "update")}, "invalid_argument", []string{"content or edits"}},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, w.Call, "commit_files", change(tc.change...), tc.code, tc.words...)
			if head() != before {
				t.Fatal("something was committed")
			}
		})
	}

	dry := change(args("path", "a.txt", "action", "update", "edits", args("find", "two", "replace", "2", "count", 2)))
	dry["dry_run"] = true
	if r := decode[writeAnswer](t, w.Call, "commit_files", dry); r.Changed || head() != before {
		t.Errorf("a dry run committed: %+v", r)
	}
	same := decode[writeAnswer](t, w.Call, "commit_files", change(args("path", "a.txt", "action", "update", "content", "one\ntwo\ntwo\n")))
	if same.Changed || head() != before {
		t.Errorf("what changes nothing was committed: %+v", same)
	}
	must(t, w.Call, "commit_files", change(
		args("path", "a.txt", "action", "update", "edits", args("find", "two", "replace", "2", "count", 0)),
		args("path", "b.txt", "action", "update", "edits", args("find", "b\nc", "replace", "b\nd")), // as models write newlines
		args("path", "README.md", "action", "delete"),
		args("path", "sub/dir/new.txt", "action", "create", "content", "new"),
	))
	for path, want := range map[string]string{"a.txt": "one\n2\n2\n", "b.txt": "b\r\nd\r\n", "README.md": "", "sub/dir/new.txt": "new"} {
		if got := w.Forge.File(t, repo, "main", path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	side := change(args("path", "c.txt", "action", "create", "content", "c\n"))
	side["branch"], side["start_branch"] = "side", "main"
	must(t, w.Call, "commit_files", side)
	if w.Forge.File(t, repo, "side", "c.txt") != "c\n" || w.Forge.File(t, repo, "main", "c.txt") != "" {
		t.Error("the branch was not made from main")
	}

	// Reading it back, and what is nearly there.
	text := must(t, w.Call, "get_file", args("repo", repo, "path", "a.txt", "start_line", 2, "end_line", 3, "line_numbers", true)).Text
	has(t, "get_file", text, "2\t2\n3\t2\n", `"total_lines":3`)
	refused(t, w.Call, "get_file", args("repo", repo, "path", "sub/new.txt"), "not_found", "sub/dir/new.txt")
	refused(t, w.Call, "get_file", args("repo", repo, "path", "sub"), "failed_precondition", "list_files")
	list := must(t, w.Call, "list_files", args("repo", repo, "glob", "*.txt")).Text
	has(t, "list_files", list, "a.txt", "sub/dir/new.txt")
	if top := must(t, w.Call, "list_files", args("repo", repo)).Text; !strings.Contains(top, "sub\tdir") || strings.Contains(top, "new.txt") {
		t.Errorf("the root is\n%s", top)
	}
	compared := must(t, w.Call, "compare_refs", args("repo", repo, "base", "main", "head", "side", "patch", true)).Text
	has(t, "compare_refs", compared, `"commits":1`, "+c\n")
	commit := must(t, w.Call, "get_commit", args("repo", repo, "sha", w.Forge.Head(t, repo, "side"), "detail", "patch")).Text
	has(t, "get_commit", commit, "change", "c.txt", "+c\n")

	plan := decode[planAnswer](t, w.Call, "delete_branch", args("repo", repo, "name", "side"))
	must(t, w.Call, "delete_branch", args("repo", repo, "name", "side", "confirm", plan.Confirm))
	if w.Forge.Head(t, repo, "side") != "" || w.Forge.Head(t, repo, "main") == "" {
		t.Error("the branch is still there")
	}
	refused(t, w.Call, "delete_branch", args("repo", repo, "name", "main"), "failed_precondition", "default branch")
}

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-git/internal/repotest"
)

func TestGetCommit(t *testing.T) {
	r := repotest.New(t)
	r.Write("a", "one\ntwo\n")
	r.Write("bin", "\x00")
	root := r.Commit("root\n\nThe body.")
	r.Git("mv", "a", "b")
	r.Write("bin", "\x00\x01")
	r.Write("c", "diff --git a/x b/x\n@@ -1 +1 @@\n")
	sha := r.Commit("second")
	c := connect(t, r)

	meta, body := payload(t, c.Call("get_commit", obj{"sha": root[:8]}))
	if meta["sha"] != root || !strings.Contains(body, "The body.") || !strings.Contains(body, "A\t+2\t-0\ta\n") || strings.Contains(body, "@@") {
		t.Errorf("%v\n%s", meta, body)
	}
	meta, body = payload(t, c.Call("get_commit", obj{"sha": sha, "detail": "patch"}))
	for _, want := range []string{"R\t+0\t-0\ta => b\n", "M\tbinary\t\tbin\n", "rename from a\n", "Binary files a/bin and b/bin differ", "+diff --git a/x b/x\n+@@ -1 +1 @@\n"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
	if patch := meta["patch"].(obj); patch["files_shown"] != 3.0 || patch["files_remaining"] != 0.0 {
		t.Errorf("%v", meta)
	}
	_, body = payload(t, c.Call("get_commit", obj{"sha": "main", "detail": "patch", "paths": []string{"c"}}))
	if strings.Contains(body, "bin") || !strings.Contains(body, "diff --git a/c b/c") {
		t.Errorf("only c was asked for:\n%s", body)
	}
}

// hunks makes a repository in which the last commit changes several places of
// several files, and returns its patch as plain git writes it.
func hunks(t *testing.T, files, lines, every int) (*repotest.Repo, string) {
	r := repotest.New(t)
	for _, changed := range []bool{false, true} {
		for f := range files {
			var b strings.Builder
			for i := range lines {
				fmt.Fprintf(&b, "file %d line %d %s", f, i, strings.Repeat("-", 40))
				if changed && i%every == 0 {
					b.WriteString(" changed")
				}
				b.WriteByte('\n')
			}
			r.Write(fmt.Sprintf("f%02d", f), b.String())
		}
		if changed {
			r.Link("f00", "link")
		}
		r.Commit("commit")
	}
	r.Remove("link")
	r.Write("link", "a file now\n")
	r.Commit("change the type")
	return r, r.Git("diff", "--no-color", "HEAD~2", "HEAD")
}

// pieces follows resume to the end and returns the pieces of the patch.
func pieces(t *testing.T, r *repotest.Repo, tool string, args obj) []string {
	t.Helper()
	c := connect(t, r)
	var all []string
	for range 200 {
		result := c.Call(tool, args)
		meta, body := payload(t, result)
		if len(body) > 32<<10 {
			t.Errorf("a piece of %d bytes", len(body))
		}
		if i := strings.Index(body, "diff --git "); i > 0 {
			body = body[i:]
		}
		next, more := meta["next_args"].(obj)
		if more {
			i := strings.LastIndex(body, "[the patch of")
			body = body[:i]
		}
		all = append(all, body)
		if !more {
			return all
		}
		args = over(args, next)
	}
	t.Fatal("the patch never ends")
	return nil
}

// joined puts pieces together again: a piece that goes on in the file where
// the last one ended repeats the head of that file.
func joined(pieces []string) string {
	var out strings.Builder
	head := ""
	for _, piece := range pieces {
		rest := piece
		if head != "" && strings.HasPrefix(rest, head) {
			rest = rest[len(head):]
			if first, after, _ := strings.Cut(rest, "\n"); strings.HasSuffix(first, "of this hunk)") {
				rest = after
			}
		}
		out.WriteString(rest)
		if i := strings.LastIndex("\n"+piece, "\ndiff --git "); i >= 0 {
			last := piece[i:]
			head = last[:strings.Index(last, "\n@@ ")+1]
		}
	}
	return out.String()
}

func TestPatchInPiecesIsTheWholePatch(t *testing.T) {
	for name, shape := range map[string][3]int{
		"many hunks":     {5, 2000, 20}, // over the budget by many
		"one large hunk": {2, 3000, 1},
		"small":          {3, 50, 25},
	} {
		t.Run(name, func(t *testing.T) {
			r, want := hunks(t, shape[0], shape[1], shape[2])
			got := pieces(t, r, "compare_refs", obj{"base": "HEAD~2", "head": "HEAD", "patch": true})
			if whole := joined(got); strings.TrimSpace(whole) != strings.TrimSpace(want) {
				t.Errorf("%d pieces make %d bytes, git's patch has %d", len(got), len(whole), len(want))
			}
			if name != "many hunks" {
				return
			}
			for i, piece := range got[1:] {
				if first := piece[strings.Index(piece, "@@ "):]; strings.Contains(first, "of this hunk)") {
					t.Errorf("piece %d begins inside a hunk", i+1)
				}
			}
		})
	}
}

// With a small max_bytes the kit cuts the pieces once more, at lines.
func TestPatchUnderASmallCap(t *testing.T) {
	r, want := hunks(t, 4, 1000, 10)
	c := connect(t, r)
	args := obj{"base": "HEAD~2", "patch": true, "max_bytes": 4096}
	var all []string
	var piece strings.Builder
	for {
		meta, body := payload(t, c.Call("compare_refs", args))
		if i := strings.LastIndex(body, "[cut here"); i >= 0 {
			piece.WriteString(body[:i])
		} else {
			piece.WriteString(body)
			whole := piece.String()
			whole = whole[strings.Index(whole, "diff --git "):]
			if i := strings.LastIndex(whole, "[the patch of"); i >= 0 {
				whole = whole[:i]
			}
			all = append(all, whole)
			piece.Reset()
		}
		next, more := meta["next_args"].(obj)
		if !more {
			break
		}
		args = over(args, next)
	}
	if whole := joined(all); strings.TrimSpace(whole) != strings.TrimSpace(want) {
		t.Errorf("%d pieces make %d bytes, git's patch has %d", len(all), len(whole), len(want))
	}
}

// The pieces of one patch fit together when the branch moves in between.
func TestResumeHoldsStill(t *testing.T) {
	r, want := hunks(t, 5, 2000, 20)
	c := connect(t, r)
	args := obj{"base": "HEAD~2", "head": "main", "patch": true}
	meta, body := payload(t, c.Call("compare_refs", args))
	r.Remove("f01")
	r.Commit("late")
	rest := pieces(t, r, "compare_refs", over(args, meta["next_args"].(obj)))
	first := body[strings.Index(body, "diff --git "):strings.LastIndex(body, "[the patch of")]
	if whole := joined(append([]string{first}, rest...)); strings.TrimSpace(whole) != strings.TrimSpace(want) {
		t.Errorf("%d bytes, git's patch has %d", len(whole), len(want))
	}
	c.MustFail("compare_refs", over(args, obj{"resume": "nonsense"}), kit.InvalidArgument)
	c.MustFail("compare_refs", over(args, over(meta["next_args"].(obj), obj{"exclude": "x"})), kit.InvalidArgument)
}

func TestCompareRefs(t *testing.T) {
	r := repotest.New(t)
	r.Write("go.sum", "1\n")
	r.Write("cmd/main.go", "1\n")
	base := r.Commit("base")
	r.Git("branch", "side")
	r.Write("other", "on main\n")
	r.Commit("on main")
	r.Git("checkout", "--quiet", "side")
	r.Write("go.sum", "2\n")
	r.Write("cmd/main.go", "2\n")
	r.Write("docs/x.md", "2\n")
	r.Commit("on side")
	c := connect(t, r)
	meta, body := payload(t, c.Call("compare_refs", obj{"base": "main", "patch": true, "exclude": "go.sum", "include": []string{"cmd/**", "go.sum"}}))
	if meta["merge_base"] != base || meta["ahead"] != 1.0 || meta["behind"] != 1.0 {
		t.Errorf("%v", meta)
	}
	for _, want := range []string{"\tAda\ton side\n", "M\t+1\t-1\tcmd/main.go\n", "go.sum\t(omitted: exclude)\n", "docs/x.md\t(omitted: not in include)\n", "+2\n"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
	if strings.Contains(body, "diff --git a/go.sum") || strings.Contains(body, "diff --git a/docs") || strings.Contains(body, "on main") {
		t.Errorf("more than asked for:\n%s", body)
	}
	r.Git("checkout", "--quiet", "--orphan", "alone")
	r.Commit("alone")
	if meta, _ := payload(t, c.Call("compare_refs", obj{"base": "main"})); meta["note"] == nil || meta["merge_base"] != nil {
		t.Errorf("no common ancestor: %v", meta)
	}
}

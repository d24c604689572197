package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/loom-core/loom/servers/mcp-git/internal/repotest"
	"github.com/mark3labs/mcp-go/mcp"
)

// payload splits an answer of class P.
func payload(t *testing.T, r *mcp.CallToolResult) (meta obj, body string) {
	t.Helper()
	if r.IsError {
		t.Fatal(kittest.Text(r))
	}
	head, body, _ := strings.Cut(kittest.Text(r), "\n")
	if err := json.Unmarshal([]byte(head), &meta); err != nil {
		t.Fatalf("%v in %.300s", err, head)
	}
	return meta, body
}

// escape is a repository next to a folder outside of it that has a secret.
func escape(t *testing.T) *repotest.Repo {
	r := repotest.New(t)
	r.Write("d/f", "needle inside\n")
	r.Write("plain", "needle\n")
	r.Commit("one")
	return r
}

const secret = "needle secret!\n" // as long as "needle inside\n"

func TestNothingIsReadThroughLinks(t *testing.T) {
	r := escape(t)
	outside := filepath.Join(filepath.Dir(r.Dir), "outside")
	if err := os.Mkdir(outside, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(outside, "f"), []byte(secret), 0o644); err != nil {
		t.Fatal(err)
	}
	r.Remove("d")
	r.Link(outside, "d")
	r.Link(filepath.Join(outside, "f"), "link")
	r.Link(".git", "dotgit")
	if out := r.Git("grep", "needle"); !strings.Contains(out, "secret") {
		t.Fatalf("plain git does not follow the link either:\n%s", out)
	}
	c := connect(t, r)
	for _, args := range []obj{{}, {"path": "d"}, {"path": "d/f"}, {"path": "d/*"}, {"path": "link"}, {"path": "**/f"}, {"ref": "HEAD"}} {
		if text := kittest.Text(c.Call("search_code", over(obj{"query": "needle"}, args))); strings.Contains(text, "secret") {
			t.Errorf("search_code %v: %s", args, text)
		}
	}
	c.MustFail("get_file", obj{"path": "d/f"}, kit.PermissionDenied)
	for _, path := range []string{".git/config", ".GIT/config", "dotgit/config", "x/.git/config"} {
		c.MustFail("get_file", obj{"path": path}, kit.PermissionDenied)
	}
	meta, body := payload(t, c.Call("get_file", obj{"path": "link"}))
	if meta["kind"] != "symlink" || meta["target"] != filepath.Join(outside, "f") || body != "" {
		t.Errorf("a link: %v, %q", meta, body)
	}
}

// Git takes the content of a file from the disk, instead of from the object,
// when the index says that they are the same.
func TestAPatchIsNotReadFromTheDisk(t *testing.T) {
	r := escape(t)
	when := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	file := filepath.Join(r.Dir, "d", "f")
	touch := func(file string) {
		if err := os.Chtimes(file, when, when); err != nil {
			t.Fatal(err)
		}
	}
	touch(file)
	r.Git("config", "core.trustctime", "false")
	r.Git("config", "core.checkStat", "minimal")
	r.Git("update-index", "--refresh")
	outside := filepath.Join(filepath.Dir(r.Dir), "outside")
	if err := os.Rename(filepath.Join(r.Dir, "d"), outside); err != nil {
		t.Fatal(err)
	}
	r.Link(outside, "d")
	if err := os.WriteFile(filepath.Join(outside, "f"), []byte(secret[:len("needle inside\n")]), 0o644); err != nil {
		t.Fatal(err)
	}
	touch(filepath.Join(outside, "f"))
	if out := r.Git("diff-tree", "-p", "--root", "HEAD"); !strings.Contains(out, "secret") {
		t.Skip("this git reads the object; nothing to defend against")
	}
	if text := connect(t, r).MustText("get_commit", obj{"sha": "HEAD", "detail": "patch"}); strings.Contains(text, "secret") || !strings.Contains(text, "needle inside") {
		t.Errorf("get_commit: %s", text)
	}
}

func TestSearchCode(t *testing.T) {
	r := repotest.New(t)
	r.Write(".gitignore", "ignored*\n")
	r.Write("a/x.go", "zero\nneedle one\nafter\n\n\nneedle two\n")
	r.Write("b/y.txt", "a.needle [b]\n")
	r.Write("min.js", strings.Repeat("x", 3000)+"needle"+strings.Repeat("y", 3000)+"\n")
	r.Write("bin", "needle\x00\n")
	r.Commit("one")
	r.Write("new.txt", "needle new\n")
	r.Write("ignored.txt", "needle ignored\n")
	c := connect(t, r)
	for _, tc := range []struct {
		args obj
		want []string // path:line
	}{
		{obj{"query": "needle"}, []string{"a/x.go:2", "a/x.go:6", "b/y.txt:1", "min.js:1", "new.txt:1"}},
		{obj{"query": "needle", "ref": "HEAD"}, []string{"a/x.go:2", "a/x.go:6", "b/y.txt:1", "min.js:1"}},
		{obj{"query": "needle", "path": "*.go"}, []string{"a/x.go:2", "a/x.go:6"}},
		{obj{"query": "needle", "paths": []string{"b", "new.txt"}}, []string{"b/y.txt:1", "new.txt:1"}},
		{obj{"query": "NEEDLE T", "ignore_case": true}, []string{"a/x.go:6"}},
		{obj{"query": "a.needle [b]"}, []string{"b/y.txt:1"}},
		{obj{"query": `^needle\s(one|two)$`, "regex": true}, []string{"a/x.go:2", "a/x.go:6"}},
		{obj{"query": "--no-index"}, nil},
		{obj{"query": "nothing"}, nil},
	} {
		for _, size := range []int{1, 2, 50} {
			var got []string
			for _, row := range follow(t, c, "search_code", "matches", over(tc.args, obj{"per_page": size})) {
				got = append(got, fmt.Sprint(row["path"], ":", row["line"]))
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%v by %d: %q, want %q", tc.args, size, got, tc.want)
			}
		}
	}
	var s struct {
		Matches []struct {
			Text          string
			Before, After []string
		}
	}
	c.MustStruct("search_code", obj{"query": "needle", "path": "a/x.go", "context_lines": 1}, &s)
	if m := s.Matches[0]; !slices.Equal(m.Before, []string{"zero"}) || !slices.Equal(m.After, []string{"after"}) {
		t.Errorf("context: %+v", s.Matches)
	}
	c.MustStruct("search_code", obj{"query": "needle", "path": "min.js"}, &s)
	if text := s.Matches[0].Text; !strings.Contains(text, "xneedley") || len(text) > 600 {
		t.Errorf("a long line is shown as %d bytes: %.80s", len(text), text)
	}
}

func TestSearchSaysWhatItDoesNotSee(t *testing.T) {
	r := repotest.New(t)
	r.Write("dist/app.js", "needle\n")
	r.Commit("one")
	r.Write(".gitignore", "dist\n")
	if text := connect(t, r).MustText("search_code", obj{"query": "needle"}); !strings.Contains(text, "1 tracked files") {
		t.Errorf("nothing is said of the file that .gitignore hides: %s", text)
	}
}

func TestGetFile(t *testing.T) {
	r := repotest.New(t)
	r.Write("f", "one\ntwo\nthree")
	r.Write("bin", "\x00\x01")
	r.Write("lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
	r.Write("latin1", "caf\xe9\n")
	r.Write("empty", "")
	r.Write(":(top)*", "magic\n")
	r.Write("na\xefve", "odd name\n")
	r.Link("f", "link")
	r.Commit("one")
	r.Write(".gitignore", ".env\n")
	r.Write(".env", "PASSWORD=x\n")
	r.Write("f", "changed\n")
	c := connect(t, r)
	for _, tc := range []struct {
		args obj
		meta obj
		body string
	}{
		{obj{"path": "f", "ref": "HEAD"}, obj{"kind": "text", "total_lines": 3.0, "end_line": 3.0}, "one\ntwo\nthree\n"},
		{obj{"path": "f"}, obj{"source": workingTree, "total_lines": 1.0}, "changed\n"},
		{obj{"path": filepath.Join(r.Dir, "f")}, obj{"path": "f"}, "changed\n"},
		{obj{"path": "f", "ref": "HEAD", "start_line": 2, "end_line": 2, "line_numbers": true}, obj{"start_line": 2.0, "end_line": 2.0, "total_lines": 3.0}, "     2\ttwo\n"},
		{obj{"path": "f", "ref": "HEAD", "start_line": 9}, obj{"hint": "no lines from start_line=9; the file has 3 lines"}, ""},
		{obj{"path": "bin", "ref": "HEAD"}, obj{"kind": "binary", "size": 2.0}, ""},
		{obj{"path": "bin"}, obj{"kind": "binary", "size": 2.0}, ""},
		{obj{"path": "link", "ref": "HEAD"}, obj{"kind": "symlink", "target": "f"}, ""},
		{obj{"path": "lfs", "ref": "HEAD", "end_line": 1}, obj{"hint": "this is a Git LFS pointer; the content is not in the repository"}, "version https://git-lfs.github.com/spec/v1\n"},
		{obj{"path": "latin1", "ref": "HEAD"}, obj{"kind": "text"}, "caf\uFFFD\n"},
		{obj{"path": "empty", "ref": "HEAD"}, obj{"total_lines": 0.0}, ""},
		{obj{"path": ":(top)*", "ref": "HEAD"}, obj{"path": ":(top)*"}, "magic\n"},
		{obj{"path": `"na\xefve"`, "ref": "HEAD"}, obj{"path": `"na\xefve"`}, "odd name\n"},
		{obj{"path": `"na\xefve"`}, obj{"path": `"na\xefve"`}, "odd name\n"},
	} {
		meta, body := payload(t, c.Call("get_file", tc.args))
		if body != tc.body {
			t.Errorf("%v: %q, want %q", tc.args, body, tc.body)
		}
		for name, want := range tc.meta {
			if meta[name] != want {
				t.Errorf("%v: %s is %v, want %v", tc.args, name, meta[name], want)
			}
		}
	}
	c.MustFail("get_file", obj{"path": ".env"}, kit.NotFound)
}

func TestGetFileIsReadToTheEnd(t *testing.T) {
	r := repotest.New(t)
	var want strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&want, "line %d\n", i)
	}
	r.Write("long", want.String())
	r.Commit("one")
	c := connect(t, r)
	var got strings.Builder
	for args := (obj{"path": "long", "ref": "HEAD"}); ; {
		meta, body := payload(t, c.Call("get_file", args))
		if i := strings.LastIndex(body, "[cut here"); i >= 0 {
			body = body[:i]
		}
		got.WriteString(body)
		next, ok := meta["next_args"].(obj)
		if !ok {
			break
		}
		args = over(args, next)
	}
	if got.String() != want.String() {
		t.Errorf("read %d bytes in pieces, the file has %d", got.Len(), want.Len())
	}
}

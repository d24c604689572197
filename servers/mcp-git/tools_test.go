package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/loom-core/loom/servers/mcp-git/internal/repotest"
)

type page struct {
	HasMore   bool `json:"has_more"`
	Truncated bool
	Count     int
	Total     *int
	NextArgs  obj `json:"next_args"`
}

// follow calls a list tool until next_args ends, and returns all rows.
func follow(t *testing.T, c *kittest.Client, tool, list string, args obj) []obj {
	t.Helper()
	var rows []obj
	for range 100 {
		var answer map[string]json.RawMessage
		c.MustStruct(tool, args, &answer)
		var some []obj
		var p page
		if err := json.Unmarshal(answer[list], &some); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(answer["pagination"], &p); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, some...)
		if !p.HasMore {
			return rows
		}
		args = over(args, p.NextArgs)
	}
	t.Fatalf("%s never ends", tool)
	return nil
}

func over(args, next obj) obj {
	out := obj{}
	for _, m := range []obj{args, next} {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

func column(rows []obj, name string) []string {
	var out []string
	for _, row := range rows {
		out = append(out, fmt.Sprint(row[name]))
	}
	return out
}

func TestListCommitsPagesWithoutLossOrDoubles(t *testing.T) {
	for _, n := range []int{0, 1, 4, 5, 6, 17} {
		r := repotest.New(t)
		r.Commit("base")
		r.Git("tag", "base")
		var want []string
		for i := range n {
			want = append([]string{fmt.Sprintf("commit %d", i)}, want...)
			r.Commit(want[0])
		}
		got := column(follow(t, connect(t, r), "list_commits", "commits", obj{"per_page": 5, "ref": "base..main"}), "subject")
		if !slices.Equal(got, want) {
			t.Errorf("%d commits: got %q", n, got)
		}
	}
}

// A commit that arrives between two pages must not shift the second.
func TestListCommitsHoldsStill(t *testing.T) {
	r := repotest.New(t)
	for i := range 4 {
		r.Commit(fmt.Sprint("commit ", i))
	}
	c := connect(t, r)
	args := obj{"per_page": 2}
	var first struct {
		Commits    []obj
		Pagination page
	}
	c.MustStruct("list_commits", args, &first)
	r.Commit("late")
	rest := column(follow(t, c, "list_commits", "commits", over(args, first.Pagination.NextArgs)), "subject")
	if want := []string{"commit 1", "commit 0"}; !slices.Equal(rest, want) {
		t.Errorf("the second page is %q, want %q", rest, want)
	}
}

func TestListCommitsFilters(t *testing.T) {
	r := repotest.New(t)
	r.Write("a/x.go", "1\n")
	r.Commit("Add [x]")
	r.Write("b/y.go", "1\n")
	r.Commit("add y")
	r.Git("commit", "--quiet", "--allow-empty", "--author=Grace <grace@example.org>", "--message=empty")
	c := connect(t, r)
	for _, tc := range []struct {
		args obj
		want []string
	}{
		{obj{"path": "a"}, []string{"Add [x]"}},
		{obj{"path": filepath.Join(r.Dir, "b", "y.go")}, []string{"add y"}},
		{obj{"path": "*.go"}, nil}, // to the letter
		{obj{"author": "grace@"}, []string{"empty"}},
		{obj{"query": "add ["}, []string{"Add [x]"}}, // a text, any case
		{obj{"query": "--all"}, nil},
		{obj{"since": "2024-03-01T12:01:30Z"}, []string{"empty", "add y"}},
		{obj{"until": "2024-03-01 12:01"}, []string{"Add [x]"}},
		{obj{"since": "1h"}, nil},
		{obj{"ref": "HEAD~1", "per_page": "1"}, []string{"add y", "Add [x]"}},
	} {
		if got := column(follow(t, c, "list_commits", "commits", tc.args), "subject"); !slices.Equal(got, tc.want) {
			t.Errorf("%v: %q, want %q", tc.args, got, tc.want)
		}
	}
	c.MustFail("list_commits", obj{"since": "now", "until": "now-1h"}, kit.InvalidArgument)
	c.MustFail("list_commits", obj{"since": "soon"}, kit.InvalidArgument)
}

func TestNamesThatAreNotThere(t *testing.T) {
	r := repotest.New(t)
	r.Write("src/server.go", "x\n")
	r.Commit("one")
	r.Git("branch", "feature/login")
	c := connect(t, r)
	for _, tc := range []struct {
		tool string
		args obj
		code kit.Code
		want string
	}{
		{"list_commits", obj{"ref": "feature/logn"}, kit.NotFound, "feature/login"},
		{"get_commit", obj{"sha": "login"}, kit.NotFound, "feature/login"},
		{"compare_refs", obj{"base": "master"}, kit.NotFound, "main"},
		{"get_file", obj{"path": "server.go", "ref": "main"}, kit.NotFound, "src/server.go"},
		{"get_file", obj{"path": "src/servr.go"}, kit.NotFound, "src/server.go"},
		{"get_file", obj{"path": "src"}, kit.InvalidArgument, "folder"},
		{"get_file", obj{"path": "src", "ref": "main"}, kit.InvalidArgument, "server.go"},
		{"get_blame", obj{"path": "src/server.go", "start_line": 5}, kit.InvalidArgument, "1 lines"},
		{"get_status", obj{"pth": "x"}, kit.InvalidArgument, "path"},
		{"list_commits", obj{"ref": "--all"}, kit.InvalidArgument, "dash"},
		{"list_commits", obj{"ref": "--output=/tmp/x..HEAD"}, kit.InvalidArgument, "dash"},
		{"get_commit", obj{"sha": "HEAD\n--all"}, kit.InvalidArgument, "control"},
		{"get_file", obj{"path": "../x"}, kit.InvalidArgument, "out of the repository"},
		{"search_code", obj{"query": "(", "regex": true}, kit.InvalidArgument, "regular expression"},
		{"get_status", obj{"repo": filepath.Dir(r.Dir)}, kit.PermissionDenied, "--allow " + filepath.Dir(r.Dir)},
	} {
		if text := c.MustFail(tc.tool, tc.args, tc.code); !strings.Contains(text, tc.want) {
			t.Errorf("%s %v: %s\nwant it to say %q", tc.tool, tc.args, text, tc.want)
		}
	}
}

func TestListRefs(t *testing.T) {
	r := repotest.New(t)
	sha := r.Commit("one")
	r.Git("branch", "fix/a")
	r.Git("tag", "--annotate", "v1.0", "--message=the first")
	r.Git("tag", "v0.9")
	r.Git("update-ref", "refs/remotes/origin/main", sha)
	r.Git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
	c := connect(t, r)
	rows := follow(t, c, "list_refs", "refs", obj{"per_page": 2})
	names := column(rows, "name")
	slices.Sort(names)
	if want := []string{"fix/a", "main", "origin/main", "v0.9", "v1.0"}; !slices.Equal(names, want) {
		t.Errorf("refs %q, want %q", names, want)
	}
	for _, row := range rows {
		if row["sha"] != sha[:12] {
			t.Errorf("%v: want the sha of the commit, %s", row, sha[:12])
		}
	}
	if got := column(follow(t, c, "list_refs", "refs", obj{"type": "tag", "filter": "v1*"}), "name"); !slices.Equal(got, []string{"v1.0"}) {
		t.Errorf("filtered: %q", got)
	}
}

func TestGetBlame(t *testing.T) {
	r := repotest.New(t)
	r.Write("old.txt", "one\ntwo\nthree\nfour\n")
	first := r.Commit("first")
	r.Git("mv", "old.txt", "new.txt")
	r.Commit("move")
	r.Write("new.txt", "one\nTWO\nthree\nfour\n")
	second := r.Commit("second")
	r.Write("new.txt", "not committed\n")
	c := connect(t, r)
	rows := follow(t, c, "get_blame", "ranges", obj{"path": "new.txt", "per_page": 1})
	var got []string
	for _, row := range rows {
		got = append(got, fmt.Sprint(row["start_line"], "-", row["end_line"], " ", row["sha"], " ", row["path"]))
	}
	want := []string{"1-1 " + first[:12] + " old.txt", "2-2 " + second[:12] + " <nil>", "3-4 " + first[:12] + " old.txt"}
	if !slices.Equal(got, want) {
		t.Errorf("blame %q, want %q", got, want)
	}
}

func TestGetStatus(t *testing.T) {
	r := repotest.New(t)
	r.Write("a", "a\nb\nc\nd\n")
	r.Write("b", "b\n")
	r.Commit("one")
	r.Git("update-ref", "refs/remotes/origin/main", "HEAD")
	r.Git("config", "branch.main.remote", "origin")
	r.Git("config", "branch.main.merge", "refs/heads/main")
	r.Git("config", "remote.origin.url", "https://user:hunter2@localhost/x")
	r.Git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
	c := connect(t, r)
	var s struct {
		Clean                       bool
		Branch, Upstream, Operation string
		Ahead                       int
		Files                       []obj
	}
	c.MustStruct("get_status", nil, &s)
	if !s.Clean || s.Branch != "main" || s.Upstream != "origin/main" {
		t.Errorf("a fresh repository: %+v", s)
	}
	r.Commit("two")
	r.Git("mv", "a", "c")
	r.Write("b", "changed\n")
	r.Write("new/file", "")
	r.Write(".git/MERGE_HEAD", r.Git("rev-parse", "HEAD")+"\n")
	s.Files = nil
	c.MustStruct("get_status", nil, &s)
	var got []string
	for _, f := range s.Files {
		got = append(got, fmt.Sprint(f["kind"], " ", f["path"], " ", f["index"], " ", f["worktree"], " ", f["old_path"]))
	}
	want := []string{"changed b <nil> M <nil>", "changed c R <nil> a", "untracked new/ <nil> <nil> <nil>"}
	if !slices.Equal(got, want) || s.Clean || s.Ahead != 1 || s.Operation != "merge" {
		t.Errorf("status %+v, files %q, want %q", s, got, want)
	}
	if text := c.MustText("get_status", nil); strings.Contains(text, "hunter2") {
		t.Errorf("a password of the configuration: %s", text)
	}
}

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

// fakeGitea is a Gitea of a few paths.
type fakeGitea struct{ *forgetest.Wire }

func newFake(t testing.TB) *fakeGitea {
	u := &fakeGitea{forgetest.NewWire(t, `{"message":"The target couldn't be found.","url":"x","errors":[]}`, "/api/v1")}
	return u.on("GET /settings/api", reply(200, `{"max_response_items":50}`)).on("GET /version", reply(200, `{"version":"1.26.4"}`))
}

func (u *fakeGitea) on(line string, h http.HandlerFunc) *fakeGitea {
	u.Answer(line, h)
	return u
}

var reply = forgetest.Reply

func (u *fakeGitea) connect(t *testing.T) *kittest.Client {
	return kittest.Connect(t, forgetest.Server(t, program, map[string]string{"GITEA_URL": u.URL + "/api/v1/", "GITEA_TOKEN": "the-token-of-a-test"}))
}

const repo = "/repos/a/b"

func a(pairs ...any) map[string]any { return forgetest.ArgsOf("a/b", pairs...) }

// TestNulls: what may be null is, in every list and screen.
func TestNulls(t *testing.T) {
	const (
		issue  = `{"number":1,"title":"t","state":"open","user":null,"labels":null,"milestone":null,"assignees":null,"closed_at":null,"created_at":null,"updated_at":null,"pull_request":null,"repository":null,"body":null}`
		pull   = `{"number":1,"title":null,"state":"open","user":null,"labels":[null],"milestone":null,"base":null,"head":null,"requested_reviewers":[null],"merged_at":null,"merge_commit_sha":null,"mergeable":null}`
		commit = `{"sha":"0123456789abcdef","commit":null,"author":null,"committer":null,"parents":[null],"files":[null],"stats":null}`
	)
	u := newFake(t).
		on("GET /user", reply(200, `{"login":"ann","full_name":null}`)).
		on("GET "+repo, reply(200, `{"full_name":"a/b","owner":null,"parent":null,"topics":null,"default_branch":"main","description":null}`)).
		on("GET "+repo+"/languages", reply(200, `null`)).on("GET "+repo+"/releases/latest", reply(200, `{"tag_name":"v1","author":null,"assets":[null]}`)).
		on("GET "+repo+"/branches/main", reply(200, `{"name":"main","commit":null,"status_check_contexts":null}`)).
		on("GET "+repo+"/branches", reply(200, `[{"name":"main","commit":null},null]`)).
		on("GET "+repo+"/commits/main/status", reply(200, `{"statuses":[null]}`)).on("GET "+repo+"/commits", reply(200, `[`+commit+`]`)).
		on("GET "+repo+"/issues", reply(200, `[`+issue+`,null]`)).on("GET "+repo+"/issues/1", reply(200, issue)).
		on("GET "+repo+"/issues/1/comments", reply(200, `[{"id":1,"user":null,"body":null},null]`)).
		on("GET "+repo+"/issues/1/timeline", reply(200, `[{"id":1,"type":"close","user":null,"label":null},null]`)).
		on("GET "+repo+"/pulls", reply(200, `[`+pull+`,null]`)).on("GET "+repo+"/pulls/1", reply(200, pull)).
		on("GET "+repo+"/pulls/1/reviews", reply(200, `[{"id":1,"user":null,"state":"APPROVED","comments_count":1},null]`)).
		on("GET "+repo+"/pulls/1/reviews/1/comments", reply(200, `[{"id":1,"path":"x","position":1,"user":null},null,{"id":2}]`)).
		on("GET "+repo+"/pulls/1/files", reply(200, `[null,{"filename":"x"}]`)).on("GET "+repo+"/pulls/1/commits", reply(200, `[null]`)).
		on("GET "+repo+"/tags", reply(200, `[null,{"name":"v1","commit":null}]`)).on("GET "+repo+"/actions/variables", reply(200, `[null,{"name":"A"}]`)).
		on("GET "+repo+"/contents/", reply(200, `[null,{"path":"x","type":"file"}]`)).
		on("GET "+repo+"/git/commits/main", reply(200, commit)).on("GET "+repo+"/compare/0123456789abcdef...0123456789abcdef", reply(200, `{"total_commits":1,"commits":[null,`+commit+`]}`)).
		on("GET "+repo+"/actions/runs", reply(200, `{"total_count":1,"workflow_runs":[{"id":1,"actor":null,"completed_at":null},null]}`)).
		on("GET "+repo+"/actions/runs/1", reply(200, `{"id":1,"status":null,"started_at":null}`)).
		on("GET "+repo+"/actions/runs/1/jobs", reply(200, `{"jobs":[{"id":1,"steps":[null],"runner_name":null},null]}`)).
		on("GET "+repo+"/releases", reply(200, `[{"tag_name":"v1","author":null,"assets":null},null]`)).
		on("GET "+repo+"/labels", reply(200, `[null,{"id":1,"name":"bug"}]`)).on("GET "+repo+"/milestones", reply(200, `[null]`)).on("GET "+repo+"/assignees", reply(200, `[null]`)).
		on("GET /notifications", reply(200, `[{"id":1,"repository":null,"subject":null},null]`))
	c := u.connect(t)
	for tool, args := range map[string]map[string]any{
		"get_me": {}, "get_repo": a(), "list_refs": a(), "list_commits": a(), "list_issues": a("state", "all"), "get_issue": a("number", 1, "include", "comments,timeline"),
		"list_pull_requests": a("state", "all"), "get_pull_request": a("number", 1), "list_review_threads": a("number", 1), "list_workflow_runs": a(),
		"get_workflow_run": a("run_id", 1), "diagnose_run": a("run_id", 1), "list_releases": a(), "get_release": a(), "list_issue_metadata": a(), "list_notifications": {}, "list_ci_variables": a(), "list_files": a(),
		"compare_refs": a("base", "main", "head", "main"),
	} {
		if text := c.MustText(tool, args); strings.Contains(text, "0001-01-01") || strings.Contains(text, "<nil>") {
			t.Errorf("%s:\n%s", tool, text)
		}
	}
	whole := a("number", 1, "include", "reviews,threads,files,commits")
	for tool, want := range map[string]string{"list_issue_metadata": "bug", "list_refs": "v1", "list_ci_variables": "A", "get_pull_request": "x"} {
		args := map[string]map[string]any{"list_refs": a("type", "tag"), "get_pull_request": whole}[tool]
		if args == nil {
			args = a()
		}
		if text := c.MustText(tool, args); !strings.Contains(text, want) {
			t.Errorf("%s has no %s:\n%s", tool, want, text)
		}
	}
}

// TestPages: what is next is what the links say, not that a page was full.
func TestPages(t *testing.T) {
	const total, ceiling = 120, 50
	u := newFake(t)
	u.on("GET "+repo+"/issues", func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		size, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		if size > ceiling {
			t.Errorf("asked for %d at once", size)
			size = ceiling
		}
		var list []string
		for i := (page - 1) * size; i < min(page*size, total); i++ {
			list = append(list, fmt.Sprintf(`{"number":%d,"title":"t","state":"open"}`, i+1))
		}
		if page*size < total {
			w.Header().Set("Link", fmt.Sprintf(`<%s%s/issues?page=%d&limit=%d>; rel="next",<x?page=9>; rel="last"`, u.URL, repo, page+1, size))
		}
		w.Header().Set("X-Total-Count", strconv.Itoa(total))
		reply(200, "["+strings.Join(list, ",")+"]")(w, r)
	})
	c := u.connect(t)
	forgetest.Numbers{Total: total, Ceiling: ceiling}.Read(t, c, "a/b", 1, 7, 40, 50, 60, 100)
	// The ceiling is asked for once.
	if n := len(slices.DeleteFunc(u.Sent(), func(s forgetest.Sent) bool { return s.Line != "GET /settings/api" })); n != 1 {
		t.Errorf("asked for the settings %d times", n)
	}
}

// TestErrors have a code, Gitea's own words and what to do.
func TestErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		code   kit.Code
		words  []string
	}{
		"private":  {reply(404, `{"message":"The target couldn't be found."}`), kit.NotFound, []string{"may not see", "list_issues"}},
		"no token": {reply(401, `{"message":"token is required"}`), kit.Unauthenticated, []string{"token is required", "GITEA_"}},
		"scope":    {reply(403, `{"message":"token does not have at least one of required scope(s): [read:issue]"}`), kit.PermissionDenied, []string{"read:issue"}},
		"limit": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "60")
			reply(429, "{}")(w, r)
		}, kit.RateLimited, []string{`"retry_after_s":60`}},
		"down": {reply(502, "<html>"), kit.Unavailable, []string{`"retryable":true`}},
		"login page": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<html>")
		}, kit.FailedPrecondition, []string{"GITEA_URL"}},
		"half":         {reply(200, `{"number":1,"tit`), kit.Unavailable, []string{"broken JSON"}},
		"another type": {reply(200, `{"number":"one"}`), kit.Unavailable, []string{"version of Gitea"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newFake(t).on("GET "+repo+"/issues/1", tc.answer).connect(t)
			text := c.MustFail("get_issue", a("number", 1), tc.code)
			for _, word := range tc.words {
				if !strings.Contains(text, word) {
					t.Errorf("there is no %q in %s", word, text)
				}
			}
			if strings.Contains(text, "the-token-of-a-test") {
				t.Error("the token is shown")
			}
		})
	}
	if text := kittest.Connect(t, forgetest.Server(t, program, nil)).MustFail("get_me", nil, kit.FailedPrecondition); !strings.Contains(text, "GITEA_URL is not set") {
		t.Errorf("without an address: %s", text)
	}
}

// TestWritesOnce: a write that may have been done is not done again.
func TestWritesOnce(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"502": reply(502, "{}"), "cut": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		u := newFake(t).on("POST "+repo+"/issues", answer)
		u.Config.ErrorLog = nil
		u.connect(t).MustFail("create_issue", a("title", "x"), kit.Unavailable)
		posts := 0
		for _, sent := range u.Sent() {
			if strings.HasPrefix(sent.Line, "POST ") {
				posts++
			}
		}
		if posts != 1 {
			t.Errorf("%s: %d posts", name, posts)
		}
	}
}

// TestLog reads a log of 20 MB in pieces, from its end.
func TestLog(t *testing.T) {
	var log bytes.Buffer
	n := 0
	for ; log.Len() < 20<<20; n++ {
		fmt.Fprintf(&log, "2026-11-01T10:00:%02d.0000000Z line %d of a log that goes on and on\n", n%60, n+1)
	}
	job := reply(200, `{"id":3,"run_id":1,"name":"test","status":"completed","conclusion":"failure"}`)
	for name, ranges := range map[string]bool{"in pieces": true, "whole": false} {
		t.Run(name, func(t *testing.T) {
			u := newFake(t).on("GET "+repo+"/actions/jobs/3", job)
			u.on("GET "+repo+"/actions/jobs/3/logs", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/plain; charset=utf-8")
				if !ranges {
					r.Header.Del("Range")
				}
				http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(log.Bytes()))
			})
			c := u.connect(t)
			if !ranges {
				if text := c.MustFail("get_job_logs", a("job_id", 3), kit.TooLarge); !strings.Contains(text, "GITEA_MAX_BODY") {
					t.Errorf("too large: %s", text)
				}
				return
			}
			text := c.MustText("get_job_logs", a("job_id", 3, "tail", 2))
			if want := fmt.Sprintf("%d:line %d of a log", n, n); !strings.Contains(text, want) || !strings.Contains(text, fmt.Sprintf(`"total_lines":%d`, n)) {
				t.Errorf("the end is %s, want %s", text, want)
			}
			if text := c.MustText("get_job_logs", a("job_id", 3, "grep", "line 7 of", "context_lines", 0)); !strings.Contains(text, "7:line 7 of a log") {
				t.Errorf("grep finds %s", text)
			}
		})
	}
	empty := newFake(t).on("GET "+repo+"/actions/jobs/3", job).on("GET "+repo+"/actions/jobs/3/logs", reply(416, ""))
	if text := empty.connect(t).MustText("get_job_logs", a("job_id", 3)); !strings.Contains(text, "the log is empty") {
		t.Errorf("an empty log: %s", text)
	}
}

// TestLogElsewhere: logs may be kept elsewhere, where our token is nobody's business.
func TestLogElsewhere(t *testing.T) {
	var brought string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		brought = r.Header.Get("Authorization")
		io.WriteString(w, "from elsewhere\n")
	}))
	defer other.Close()
	u := newFake(t).on("GET "+repo+"/actions/jobs/3", reply(200, `{"id":3,"name":"test"}`))
	u.on("GET "+repo+"/actions/jobs/3/logs", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
	if text := u.connect(t).MustText("get_job_logs", a("job_id", 3)); !strings.Contains(text, "1:from elsewhere") || brought != "" {
		t.Errorf("got %s, brought %q", text, brought)
	}
}

func archive(t *testing.T, files map[string]string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, content := range files {
		if err := w.WriteHeader(&tar.Header{Name: "b/" + name, Size: int64(len(content)), Mode: 0o644, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, content)
	}
	w.Close()
	z.Close()
	return b.Bytes()
}

func TestSearchCode(t *testing.T) {
	key := "-----BEGIN PRIVATE " + "KEY-----\nneedleneedleneedle\n-----END PRIVATE " + "KEY-----\n"
	raw := archive(t, map[string]string{
		"a.go": "x\nThe Needle\n", "sub/b.go": strings.Repeat("needle\n", 12), "c.md": "needle", "bin": "needle\x00", "latin": "needle \xff", "key.pem": key,
		"big.go": strings.Repeat("x", 2<<20) + "needle",
	})
	u := newFake(t).on("GET "+repo+"/git/commits/main", reply(200, `{"sha":"abc123"}`)).on("GET "+repo, reply(200, `{"default_branch":"main"}`))
	u.on("GET "+repo+"/archive/abc123.tar.gz", func(w http.ResponseWriter, _ *http.Request) { w.Write(raw) })
	c := u.connect(t)
	search := func(args map[string]any) (files []string) {
		var got struct {
			Hits []struct {
				File  string
				Lines []string
				More  int `json:"more_lines"`
			}
		}
		c.MustStruct("search_code", args, &got)
		for _, h := range got.Hits {
			files = append(files, h.File)
			if h.File == "sub/b.go" && (len(h.Lines) != 10 || h.More != 2) {
				t.Errorf("of 12 lines there are %d and %d more", len(h.Lines), h.More)
			}
		}
		slices.Sort(files)
		return files
	}
	for _, tc := range []struct {
		args map[string]any
		want string
	}{
		{a("query", "needle"), "a.go c.md sub/b.go"}, {a("query", "NEEDLE", "path", "sub/**"), "sub/b.go"},
		{a("query", "needle", "language", "Markdown"), "c.md"}, {a("query", "needle", "language", "go"), "a.go sub/b.go"}, {a("query", "none"), ""},
	} {
		if got := strings.Join(search(tc.args), " "); got != tc.want {
			t.Errorf("%v finds %s, want %s", tc.args, got, tc.want)
		}
	}
	u.on("GET "+repo+"/archive/abc123.tar.gz", reply(200, "no archive"))
	c.MustFail("search_code", a("query", "x"), kit.Unavailable)
}

// TestFilterThatIsIgnored: an older server does not know author, and says all.
func TestFilterThatIsIgnored(t *testing.T) {
	u := newFake(t).on("GET "+repo+"/pulls", reply(200, `[{"number":1,"state":"open","user":{"login":"ann"}},{"number":2,"state":"open","user":{"login":"bob"}}]`))
	var got struct{ Pulls []struct{ Number int } }
	u.connect(t).MustStruct("list_pull_requests", a("author", "bob"), &got)
	if len(got.Pulls) != 1 || got.Pulls[0].Number != 2 {
		t.Errorf("got %+v", got)
	}
}

func TestDraftTitle(t *testing.T) {
	for _, tc := range []struct {
		title string
		draft bool
		want  string
	}{{"x", true, "WIP: x"}, {"WIP: x", true, "WIP: x"}, {"[WIP] x", false, "x"}, {"wip: x", false, "x"}, {"x", false, "x"}, {"WIP", false, "WIP"}} {
		if got := draftTitle(tc.title, tc.draft); got != tc.want {
			t.Errorf("%q, %v: %q, want %q", tc.title, tc.draft, got, tc.want)
		}
	}
}

// TestThreads: comments at one line are one conversation, whatever review they are in.
func TestThreads(t *testing.T) {
	comment := func(id int, line, old int, resolver string) map[string]any {
		c := map[string]any{"id": id, "path": "x.go", "position": line, "original_position": old, "body": fmt.Sprint(id), "user": map[string]string{"login": "ann"}, "diff_hunk": "@@ -1 +1 @@\n-a\n+b"}
		if resolver != "" {
			c["resolver"] = map[string]string{"login": resolver}
		}
		return c
	}
	list := func(comments ...map[string]any) http.HandlerFunc {
		raw, _ := json.Marshal(comments)
		return reply(200, string(raw))
	}
	u := newFake(t).on("GET "+repo+"/pulls/1/reviews", reply(200, `[{"id":1,"comments_count":2},{"id":2,"comments_count":2},{"id":3,"comments_count":0}]`)).
		on("GET "+repo+"/pulls/1/reviews/1/comments", list(comment(11, 5, 0, "bob"), comment(10, 0, 5, ""))).
		on("GET "+repo+"/pulls/1/reviews/2/comments", list(comment(20, 5, 0, ""), comment(21, 6, 0, "")))
	c := u.connect(t)
	text := c.MustText("list_review_threads", a("number", 1, "unresolved", false))
	for _, want := range []string{"1-10\tx.go:5 (before)", "1-11\tx.go:5\t", "1-21\tx.go:6", "total=3"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	if text := c.MustText("list_review_threads", a("number", 1)); strings.Contains(text, "1-11") || !strings.Contains(text, "total=2") {
		t.Errorf("unresolved are\n%s", text)
	}
	for id, code := range map[string]kit.Code{"x": kit.InvalidArgument, "1-99": kit.NotFound} {
		c.MustFail("update_review_thread", a("thread_id", id, "resolved", true), code)
	}
}

// Tries follow each other at once.
func init() { program.Service.Pause = func(context.Context, time.Duration) error { return nil } }

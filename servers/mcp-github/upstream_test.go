package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

// TestNulls: what may be null is, in every list and screen.
func TestNulls(t *testing.T) {
	const (
		issue  = `{"number":1,"title":"t","state":"open","user":null,"labels":[null],"milestone":null,"assignees":null,"closed_at":null,"created_at":null,"updated_at":null,"repository_url":null,"body":null}`
		pull   = `{"number":1,"title":"t","state":"open","user":null,"labels":[null],"milestone":null,"base":{"ref":"main","repo":null},"head":{"ref":"x","sha":"` + head + `","repo":null},"requested_reviewers":[null],"requested_teams":null,"merged_at":null,"merge_commit_sha":null,"mergeable":null,"body":null}`
		commit = `{"sha":"0123456789abcdef","commit":{"author":null,"committer":null,"message":"m"},"author":null,"committer":null,"parents":[null],"files":[null],"stats":null}`
	)
	u := newFake(t).
		on("GET /user", reply(200, `{"login":"ann","name":null}`)).
		on("GET "+repo, reply(200, `{"full_name":"a/b","owner":null,"parent":null,"topics":null,"default_branch":"main","description":null,"pushed_at":null,"size":1}`)).
		on("GET "+repo+"/languages", reply(200, `{}`)).on("GET "+repo+"/releases/latest", reply(200, `{"tag_name":"v1","author":null,"assets":[null],"created_at":"2026-11-01T10:00:00Z"}`)).
		on("GET "+repo+"/branches/main", reply(200, `{"name":"main","commit":null,"protected":true,"protection":null}`)).
		on("GET "+repo+"/branches/main/protection", reply(200, `{"required_status_checks":null,"required_pull_request_reviews":null,"enforce_admins":null}`)).
		on("GET "+repo+"/rules/branches/main", reply(200, `[]`)).
		on("GET "+repo+"/branches", reply(200, `[{"name":"main","commit":null},null]`)).
		on("GET "+repo+"/commits/main/status", reply(200, `{"statuses":[null]}`)).on("GET "+repo+"/commits/main/check-runs", reply(200, `{"check_runs":[null,{"name":"x","conclusion":null,"output":null}]}`)).
		on("GET "+repo+"/commits/"+head+"/status", reply(200, `{"statuses":null}`)).on("GET "+repo+"/commits/"+head+"/check-runs", reply(200, `{"check_runs":null}`)).
		on("GET "+repo+"/commits", reply(200, `[`+commit+`]`)).
		on("GET "+repo+"/issues", reply(200, `[`+issue+`,null]`)).on("GET "+repo+"/issues/1", reply(200, issue)).
		on("GET "+repo+"/issues/1/comments", reply(200, `[{"id":1,"user":null,"body":null},null]`)).
		on("GET "+repo+"/issues/1/timeline", reply(200, `[{"id":1,"event":"closed","actor":null,"label":null,"source":null},null]`)).
		on("GET "+repo+"/pulls", reply(200, `[`+pull+`,null]`)).on("GET "+repo+"/pulls/1", reply(200, strings.Replace(pull, "open", "closed", 1))).
		on("GET "+repo+"/pulls/1/reviews", reply(200, `[{"id":1,"user":null,"state":"APPROVED","submitted_at":null,"commit_id":null},null]`)).
		on("POST /graphql", graph(map[string]string{"Threads": `{"data":{"repository":{"pullRequest":{"reviewThreads":{"pageInfo":{"hasNextPage":false,"endCursor":null},"nodes":[null,{"id":"T","path":"x","line":null,"resolvedBy":null,"comments":{"pageInfo":null,"nodes":[null,{"fullDatabaseId":null,"author":null,"body":"?","createdAt":null}]}}]}}}}}`})).
		on("GET "+repo+"/actions/runs", reply(200, `{"total_count":1,"workflow_runs":[{"id":1,"actor":null,"head_branch":null,"conclusion":null,"run_started_at":null},null]}`)).
		on("GET "+repo+"/actions/runs/1", reply(200, `{"id":1,"status":null,"head_commit":null}`)).
		on("GET "+repo+"/actions/runs/1/jobs", reply(200, `{"jobs":[{"id":1,"steps":[null],"runner_name":null,"started_at":null},null]}`)).
		on("GET "+repo+"/releases", reply(200, `[{"tag_name":"v1","author":null,"name":null,"body":null,"assets":null,"created_at":"2026-11-01T10:00:00Z"},null]`)).
		on("GET "+repo+"/labels", reply(200, `[{"name":"x","description":null}]`)).on("GET "+repo+"/milestones", reply(200, `[{"title":"m","due_on":null}]`)).on("GET "+repo+"/assignees", reply(200, `[null]`)).
		on("GET /notifications", reply(200, `[{"id":"1","repository":null,"subject":{"title":"t","url":null,"type":"Issue"},"last_read_at":null}]`))
	c := u.connect(t)
	for tool, args := range map[string]map[string]any{
		"get_me": {}, "get_repo": a(), "list_refs": a(), "list_commits": a(), "list_issues": a("state", "all"), "get_issue": a("number", 1, "include", "comments,timeline"),
		"list_pull_requests": a("state", "all"), "get_pull_request": a("number", 1), "list_review_threads": a("number", 1), "list_workflow_runs": a(),
		"get_workflow_run": a("run_id", 1), "diagnose_run": a("run_id", 1), "list_releases": a(), "get_release": a(), "list_issue_metadata": a(), "list_notifications": {},
	} {
		if text := c.MustText(tool, args); strings.Contains(text, "0001-01-01") || strings.Contains(text, "<nil>") || strings.Contains(text, "warnings") && tool != "diagnose_run" {
			t.Errorf("%s:\n%s", tool, text)
		}
	}
}

// TestPages: what is next is what the links say, not that a page was full.
func TestPages(t *testing.T) {
	const total = 120
	u := newFake(t)
	u.on("GET "+repo+"/issues/1", reply(200, `{"number":1}`)).on("GET "+repo+"/issues/1/comments", func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
		var list []string
		for i := (page - 1) * size; i < min(page*size, total); i++ {
			list = append(list, fmt.Sprintf(`{"id":%d,"body":"b"}`, i+1))
		}
		if page*size < total {
			w.Header().Set("Link", fmt.Sprintf(`<%s/api/v3%s/issues/1/comments?page=%d&per_page=%d>; rel="next",<x?page=9>; rel="last"`, u.URL, repo, page+1, size))
		}
		reply(200, "["+strings.Join(list, ",")+"]")(w, r)
	})
	c := u.connect(t)
	for _, size := range []int{7, 40, 60, 100} {
		args, next := a("number", 1, "include", "comments", "per_page", size), 1
		for args != nil {
			var got struct {
				Comments   []struct{ ID string }
				Pagination kit.Pagination
			}
			c.MustStruct("get_issue", args, &got)
			for _, one := range got.Comments {
				if one.ID != strconv.Itoa(next) {
					t.Fatalf("per_page %d: %s, want %d", size, one.ID, next)
				}
				next++
			}
			if got.Pagination.NextArgs == nil {
				break
			}
			for k, v := range got.Pagination.NextArgs {
				args[k] = v
			}
		}
		if next != total+1 {
			t.Errorf("per_page %d: %d of %d", size, next-1, total)
		}
	}
}

// TestSearch says what GitHub's search leaves out.
func TestSearch(t *testing.T) {
	answer := func(total int, incomplete bool) http.HandlerFunc {
		return reply(200, fmt.Sprintf(`{"total_count":%d,"incomplete_results":%v,"items":[{"number":7,"title":"t","state":"open","repository_url":"https://api.github.com/repos/a/b"}]}`, total, incomplete), `Link: <x?page=2>; rel="next"`)
	}
	type list struct {
		Issues     []struct{ Repo string }
		Pagination struct {
			Total      *int
			IsEstimate bool `json:"total_is_estimate"`
			Hint       string
		}
	}
	u := newFake(t)
	c := u.connect(t)
	var got list
	u.on("GET /search/issues", answer(2, false))
	if c.MustStruct("search_issues", map[string]any{"query": "q"}, &got); *got.Pagination.Total != 2 || got.Pagination.IsEstimate || got.Issues[0].Repo != "a/b" {
		t.Errorf("%+v", got)
	}
	u.on("GET /search/issues", answer(5000, false))
	if c.MustStruct("search_issues", map[string]any{"query": "q"}, &got); !got.Pagination.IsEstimate || !strings.Contains(got.Pagination.Hint, "first 1000") {
		t.Errorf("%+v", got)
	}
	u.on("GET /search/issues", answer(3, true))
	if c.MustStruct("search_issues", map[string]any{"query": "q"}, &got); !got.Pagination.IsEstimate || !strings.Contains(got.Pagination.Hint, "incomplete") {
		t.Errorf("%+v", got)
	}
	before := len(u.Sent())
	if c.MustStruct("search_issues", map[string]any{"query": "q", "page": 11, "per_page": 100}, &got); len(got.Issues) != 0 || !strings.Contains(got.Pagination.Hint, "1000 hits and no more") || len(u.Sent()) != before {
		t.Errorf("%+v", got)
	}
	u.on("GET /search/issues", func(w http.ResponseWriter, r *http.Request) {
		const want = `is:issue repo:a/b state:open author:ann label:"good first" needle`
		if q := r.URL.Query().Get("q"); q != want {
			t.Errorf("asked for %s, want %s", q, want)
		}
		answer(1, false)(w, r)
	})
	c.MustText("search_issues", a("query", "needle", "state", "open", "author", "ann", "labels", []string{"good first"}))
}

// TestSearchElsewhere: the words of a search are GitHub's own language, and what
// they lead to in repositories that may not be touched is not shown.
func TestSearchElsewhere(t *testing.T) {
	u := newFake(t).on("GET /search/issues", reply(200, `{"total_count":2,"items":[
		{"number":1,"title":"ours","state":"open","repository_url":"https://x/api/v3/repos/a/b"},
		{"number":2,"title":"theirs","state":"open","repository_url":"https://x/api/v3/repos/other/secret"}]}`))
	text := u.connect(t, "GITHUB_ALLOWED_REPOS=a/*").MustText("search_issues", a("query", "x repo:other/secret"))
	if has(t, text, "ours"); strings.Contains(text, "theirs") {
		t.Error(text)
	}
}

// TestRedirects: a repository that has moved is followed, and a log is where
// GitHub says, without the token.
func TestRedirects(t *testing.T) {
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name := range r.Header {
			if !slices.Contains([]string{"Accept", "Accept-Encoding", "User-Agent"}, name) {
				t.Errorf("the store is given %s: %s", name, r.Header.Get(name))
			}
		}
		io.WriteString(w, "2026-11-01T10:00:00.0000000Z error: it broke\n")
	}))
	t.Cleanup(store.Close)
	u := newFake(t)
	u.on("GET "+repo+"/actions/jobs/3", reply(200, `{"id":3,"name":"test","status":"completed","conclusion":"failure"}`)).
		on("GET "+repo+"/actions/jobs/3/logs", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, store.URL+"/blob?sig=x", http.StatusFound)
		}).
		on("GET "+repo+"/issues/1", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", u.URL+"/api/v3/repositories/9/issues/1")
			reply(301, `{"message":"Moved Permanently","url":"x"}`)(w, r)
		}).
		on("GET /repositories/9/issues/1", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer the-token-of-a-test" {
				t.Error("the token is lost on the way")
			}
			reply(200, `{"number":1,"title":"moved"}`)(w, r)
		}).
		on("GET "+repo+"/issues/1/comments", reply(200, `[]`))
	c := u.connect(t)
	has(t, c.MustText("get_job_logs", a("job_id", 3)), "error: it broke")
	has(t, c.MustText("get_issue", a("number", 1)), "moved")
}

// TestHeld: what did not change is asked for with its ETag.
func TestHeld(t *testing.T) {
	fresh := 0
	u := newFake(t).on("GET "+repo+"/issues/1", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `W/"1"`)
		if r.Header.Get("If-None-Match") == `W/"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fresh++
		reply(200, `{"number":1,"title":"the title"}`)(w, r)
	}).on("GET "+repo+"/issues/1/comments", reply(200, `[]`))
	c := u.connect(t)
	for range 3 {
		has(t, c.MustText("get_issue", a("number", 1)), "the title")
	}
	if fresh != 1 {
		t.Errorf("it was read %d times", fresh)
	}
}

// TestLargeDiff: of a diff that GitHub does not make, the files have their parts.
func TestLargeDiff(t *testing.T) {
	u := newFake(t).on("GET "+repo+"/pulls/1", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("Accept"), ".diff") {
			reply(406, `{"message":"Sorry, the diff exceeded the maximum number of lines (20000)","errors":[{"resource":"PullRequest","field":"diff","code":"too_large"}]}`)(w, r)
			return
		}
		reply(200, `{"number":1,"state":"open","head":{"sha":"`+head+`"}}`)(w, r)
	}).on("GET "+repo+"/pulls/1/files", reply(200, `[
		{"filename":"a.go","status":"modified","additions":1,"deletions":1,"changes":2,"patch":"@@ -1,2 +1,2 @@ package a\n-old\n+new\n same"},
		{"filename":"c.go","previous_filename":"b.go","status":"renamed","changes":0},
		{"filename":"new.txt","status":"added","additions":1,"changes":1,"patch":"@@ -0,0 +1 @@\n+hello"},
		{"filename":"p.png","status":"added","changes":0},
		{"filename":"huge.txt","status":"modified","additions":90000,"changes":90000}]`))
	text := u.connect(t).MustText("get_pull_request_diff", a("number", 1))
	has(t, text, "-old\n+new\n same", "+hello", "a.go", "c.go", "new.txt", "p.png", "huge.txt", "too large for GitHub")
}

// TestNoCommitYet: a repository without a commit is one.
func TestNoCommitYet(t *testing.T) {
	empty := reply(409, `{"message":"Git Repository is empty.","status":"409"}`)
	u := newFake(t).on("GET "+repo, reply(200, `{"full_name":"a/b","default_branch":"main","size":0}`)).on("GET "+repo+"/pulls", reply(200, `[]`)).
		on("GET "+repo+"/commits/HEAD", empty).on("GET "+repo+"/commits", empty)
	c := u.connect(t)
	has(t, c.MustText("get_repo", a()), "empty: true")
	has(t, c.MustText("list_commits", a()), "no commit yet")
}

// TestInstances: each has its own address and token.
func TestInstances(t *testing.T) {
	one, two := newFake(t).on("GET /user", reply(200, `{"login":"ann"}`)), newFake(t).on("GET /user", reply(200, `{"login":"bob"}`, "X-OAuth-Scopes: repo, gist", "X-RateLimit-Remaining: 4000", "X-GitHub-Enterprise-Version: 3.19.1"))
	c := one.connect(t, "GITHUB_URL=", "GITHUB_TOKEN=", "GITHUB_INSTANCES=com,corp", "GITHUB_COM_URL="+one.URL, "GITHUB_CORP_URL="+two.URL)
	has(t, c.MustText("get_me", map[string]any{}), "login: ann")
	has(t, c.MustText("get_me", map[string]any{"instance": "corp"}), "login: bob", "repo", "gist", "3.19.1", "4000")
}

// sent decodes the body of a request.
func sent(t *testing.T, r *http.Request) map[string]any {
	t.Helper()
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return body
}

package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

const openPull = `{"number":1,"title":"t","state":"open","mergeable":true,"head":{"ref":"fix","sha":"0123456789abcdef"},"base":{"ref":"main","sha":"b"},"milestone":{"id":3,"title":"v1"}}`

// TestNoMilestone: Gitea takes a milestone of 0 for no change in a pull request,
// and for none in the issue that it is.
func TestNoMilestone(t *testing.T) {
	u := newFake(t).on("GET "+repo+"/pulls/1", reply(200, openPull)).on("PATCH "+repo+"/pulls/1", reply(201, openPull)).on("PATCH "+repo+"/issues/1", reply(201, `{"number":1}`))
	u.connect(t).MustText("update_pull_request", a("number", 1, "milestone", "none"))
	asked := u.Changes()
	if len(asked) == 0 || asked[len(asked)-1].Line != "PATCH "+repo+"/issues/1" || asked[len(asked)-1].Body["milestone"] != 0.0 {
		t.Errorf("asked %v", asked)
	}
	for _, s := range asked {
		for _, name := range []string{"assignees", "body", "state"} {
			if s.Body[name] != nil {
				t.Errorf("%v changes %s: %v", s, name, s.Body)
			}
		}
	}
}

// TestMergedAll: what is merged is merged, even if nothing more is said of it, and
// although Gitea still looked at what was pushed just before.
func TestMergedAll(t *testing.T) {
	merged, looks := false, 2
	u := newFake(t).on("GET "+repo, reply(200, `{"full_name":"a/b","default_branch":"main","allow_merge_commits":true}`)).
		on("GET "+repo+"/branches/main", reply(200, `{"name":"main"}`))
	u.on("GET "+repo+"/pulls/1", func(w http.ResponseWriter, r *http.Request) {
		if merged {
			reply(500, `{"message":"out of order"}`)(w, r)
			return
		}
		reply(200, openPull)(w, r)
	}).on("POST "+repo+"/pulls/1/merge", func(w http.ResponseWriter, r *http.Request) {
		if looks--; looks >= 0 {
			reply(405, `{"message":"Please try again later"}`)(w, r)
			return
		}
		merged = true
	})
	c := u.connect(t)
	args := a("number", 1, "expected_head_sha", "0123456789abcdef", "method", "merge")
	var plan struct {
		Changed bool
		Confirm string
	}
	c.MustStruct("merge_pull_request", args, &plan)
	args["confirm"] = plan.Confirm
	c.MustStruct("merge_pull_request", args, &plan)
	if !merged || !plan.Changed {
		t.Errorf("merged %v, said %+v", merged, plan)
	}
}

// TestLabelsOfNobody: an owner that is no organization has no labels, and neither
// has one whose labels the token may not read. Any other failure is one.
func TestLabelsOfNobody(t *testing.T) {
	for status, code := range map[int]kit.Code{404: "", 403: "", 500: kit.Unavailable} {
		u := newFake(t).on("GET "+repo+"/labels", reply(200, `[{"id":1,"name":"bug"},null]`)).on("GET /orgs/a/labels", reply(status, `{"message":"no"}`)).
			on("POST "+repo+"/issues", reply(201, `{"number":1}`))
		c := u.connect(t)
		if code == "" {
			c.MustText("create_issue", a("title", "x", "labels", "Bug"))
			c.MustFail("create_issue", a("title", "x", "labels", "of the organization"), kit.InvalidArgument)
			continue
		}
		if text := c.MustFail("create_issue", a("title", "x", "labels", "of the organization"), code); strings.Contains(text, "there is no label") {
			t.Errorf("%d: %s", status, text)
		}
	}
}

// TestHalf: an update is several requests. What the first ones changed is said when
// one after them fails, in time or not.
func TestHalf(t *testing.T) {
	const labels = repo + "/issues/1/labels"
	for name, tc := range map[string]struct {
		tool    string
		args    []any
		fails   string // the line
		want    string
		nothing bool // was changed before it
	}{
		"the first":           {"update_issue", []any{"labels", "bug"}, "PUT " + labels, "no more", true},
		"labels, then fields": {"update_issue", []any{"labels", "bug", "state", "closed"}, "PATCH " + repo + "/issues/1", "changed: labels, but then: ", false},
		"label by label":      {"update_issue", []any{"add_labels", "docs", "remove_labels", []string{"bug", "ci"}}, "DELETE " + labels + "/3", "changed: add_labels, remove_labels bug, but then: ", false},
		"issue, then read":    {"update_issue", []any{"title", "x", "state", "closed"}, "GET " + repo + "/issues/1", "changed: state, title, but then: ", false},
		"pull, then reviewer": {"update_pull_request", []any{"labels", "bug", "title", "x", "reviewers", "bob"}, "POST " + repo + "/pulls/1/requested_reviewers", "changed: labels, title, but then: ", false},
		"reviewers removed":   {"update_pull_request", []any{"reviewers", "bob", "remove_reviewers", "eve"}, "DELETE " + repo + "/pulls/1/requested_reviewers", "changed: reviewers, but then: ", false},
		"no milestone":        {"update_pull_request", []any{"title", "x", "milestone", "none"}, "PATCH " + repo + "/issues/1", "changed: title, but then: ", false},
		"pull, then read":     {"update_pull_request", []any{"milestone", "none"}, "GET " + repo + "/pulls/1", "changed: milestone, but then: ", false},
	} {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/late %v", name, late), func(t *testing.T) {
				u := newFake(t).on("GET "+repo+"/labels", reply(200, `[{"id":1,"name":"bug"},{"id":2,"name":"docs"},{"id":3,"name":"ci"}]`)).
					on("GET "+repo+"/issues/1", reply(200, `{"number":1,"title":"t","state":"open"}`)).on("GET "+repo+"/pulls/1", reply(200, openPull)).
					on("PATCH "+repo+"/issues/1", reply(201, `{"number":1}`)).on("PATCH "+repo+"/pulls/1", reply(201, openPull)).
					on("PUT "+labels, reply(200, `[]`)).on("POST "+labels, reply(200, `[]`)).on("DELETE "+labels+"/1", reply(204, "")).on("DELETE "+labels+"/3", reply(204, "")).
					on("POST "+repo+"/pulls/1/requested_reviewers", reply(201, `[]`)).on("DELETE "+repo+"/pulls/1/requested_reviewers", reply(204, ""))
				fails := func(w http.ResponseWriter, r *http.Request) {
					if late {
						<-r.Context().Done()
						return
					}
					reply(403, `{"message":"no more"}`)(w, r)
				}
				if strings.HasPrefix(tc.fails, "GET ") { // the last time
					honest := reply(200, openPull)
					read := fails
					fails = func(w http.ResponseWriter, r *http.Request) {
						if len(u.Changes()) == 0 {
							honest(w, r)
							return
						}
						read(w, r)
					}
				}
				u.on(tc.fails, fails)
				s := forgetest.Server(t, program, map[string]string{"GITEA_URL": u.URL + "/api/v1/", "GITEA_TOKEN": "the-token-of-a-test"})
				code := kit.PermissionDenied
				if late {
					code, s.Limits.Deadline = kit.Timeout, 300*time.Millisecond
				}
				text := kittest.Connect(t, s).MustFail(tc.tool, a(append([]any{"number", 1}, tc.args...)...), code)
				if tc.nothing {
					if strings.Contains(text, "changed:") {
						t.Errorf("it says %s", text)
					}
				} else if !strings.Contains(text, tc.want) {
					t.Errorf("it says %s, want %q", text, tc.want)
				}
			})
		}
	}
}

package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

const (
	openMerge = `{"id":9,"iid":1,"title":"t","state":"opened","sha":"headsha","source_branch":"fix","target_branch":"main","detailed_merge_status":"mergeable",
		"web_url":"https://gitlab.example/a/b/c/-/merge_requests/1","diff_refs":{"base_sha":"basesha","start_sha":"startsha","head_sha":"headsha"},"reviewers":[{"id":1,"username":"ann"}]}`
	oneDiff = `[{"old_path":"x.go","new_path":"x.go","diff":"@@ -1,4 +1,4 @@\n one\n-two\n+zwei\n three\n four\n"}]`
)

// reviewed is a merge request with a diff. Drafts are what is there before.
func reviewed(t *testing.T, drafts string) *fakeGitLab {
	return newFake(t).on("GET {}/merge_requests/1", reply(200, openMerge)).on("GET {}/merge_requests/1/diffs", reply(200, oneDiff)).
		on("GET {}/merge_requests/1/draft_notes", reply(200, drafts)).on("POST {}/merge_requests/1/draft_notes", reply(201, `{"id":5}`)).
		on("POST {}/merge_requests/1/draft_notes/bulk_publish", reply(204, "")).on("PUT {}/merge_requests/1/draft_notes/5/publish", reply(204, "")).
		on("DELETE {}/merge_requests/1/draft_notes/5", reply(204, "")).on("POST {}/merge_requests/1/approve", reply(201, `{}`)).
		on("POST {}/merge_requests/1/notes", reply(201, `{"id":6}`))
}

func comment(line int, more ...any) map[string]any {
	c := a(append([]any{"path", "x.go", "line", line, "body", "why?"}, more...)...)
	delete(c, "repo")
	return c
}

// TestReview: all comments are drafts before anything is published.
func TestReview(t *testing.T) {
	const notes, publish, approve = "POST {}/merge_requests/1/draft_notes", "POST {}/merge_requests/1/draft_notes/bulk_publish", "POST {}/merge_requests/1/approve"
	refuse := func(line string, status int) func(*fakeGitLab) {
		return func(u *fakeGitLab) { u.on(line, reply(status, `{"message":"no"}`)) }
	}
	for name, tc := range map[string]struct {
		drafts, event, body string
		comments            []any
		change              func(*fakeGitLab)
		code                kit.Code // of a failure
		words               string
		want                []string
	}{
		"comments":       {event: "comment", comments: []any{comment(2), comment(3)}, want: []string{notes, notes, publish}},
		"with a text":    {event: "comment", body: "So.", comments: []any{comment(2)}, want: []string{notes, notes, publish}},
		"approved":       {event: "approve", comments: []any{comment(2)}, want: []string{notes, approve, publish}},
		"only a text":    {event: "comment", body: "So.", want: []string{"POST {}/merge_requests/1/notes"}},
		"only approved":  {event: "approve", want: []string{approve}},
		"drafts of ours": {drafts: `[{"id":4,"note":"not yet"}]`, event: "comment", comments: []any{comment(2)}, want: []string{notes, "PUT {}/merge_requests/1/draft_notes/5/publish"}},
		"not approved":   {event: "approve", comments: []any{comment(2)}, change: refuse(approve, 401), code: kit.PermissionDenied, words: "nothing was posted", want: []string{notes, approve, "DELETE {}/merge_requests/1/draft_notes/5"}},
		"pushed to":      {event: "approve", comments: []any{comment(2)}, change: refuse(approve, 409), code: kit.Conflict, want: []string{notes, approve, "DELETE {}/merge_requests/1/draft_notes/5"}},
		"refused":        {event: "comment", comments: []any{comment(2)}, change: refuse(notes, 400), code: kit.InvalidArgument, words: "nothing was posted: x.go:2", want: []string{notes}},
		"not published":  {event: "approve", comments: []any{comment(2)}, change: refuse(publish, 400), code: kit.InvalidArgument, words: "approve was done, but then", want: []string{notes, approve, publish, "DELETE {}/merge_requests/1/draft_notes/5"}},
		"one of ours not published": {drafts: `[{"id":4,"note":"not yet"}]`, event: "comment", comments: []any{comment(2)}, change: refuse("PUT {}/merge_requests/1/draft_notes/5/publish", 400), code: kit.InvalidArgument, words: "x.go:2 was not posted",
			want: []string{notes, "PUT {}/merge_requests/1/draft_notes/5/publish", "DELETE {}/merge_requests/1/draft_notes/5"}},
		"only approved, the text refused": {event: "approve", body: "So.", change: refuse("POST {}/merge_requests/1/notes", 400), code: kit.InvalidArgument, words: "approve was done, but then: the text was not posted",
			want: []string{approve, "POST {}/merge_requests/1/notes"}},
		"approved before": {event: "approve", change: func(u *fakeGitLab) {
			refuse(approve, 401)(u)
			u.on("GET {}/merge_requests/1/approvals", reply(200, `{"user_has_approved":true}`))
		}, want: []string{approve}},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.drafts == "" {
				tc.drafts = "[]"
			}
			u := reviewed(t, tc.drafts)
			if tc.change != nil {
				tc.change(u)
			}
			args := a("number", 1, "event", tc.event, "body", tc.body, "comments", tc.comments)
			if tc.comments == nil {
				delete(args, "comments")
			}
			c := u.connect(t)
			if tc.code == "" {
				c.MustText("create_review", args)
			} else if text := c.MustFail("create_review", args, tc.code); !strings.Contains(text, tc.words) {
				t.Errorf("there is no %q in %s", tc.words, text)
			}
			same(t, "the writes", u.writes(), tc.want)
		})
	}
}

// TestReviewWithoutDrafts: where there are none, an error says what was posted.
func TestReviewWithoutDrafts(t *testing.T) {
	const discussions = "POST {}/merge_requests/1/discussions"
	u := reviewed(t, "").on("GET {}/merge_requests/1/draft_notes", reply(404, `{"error":"404 Not Found"}`))
	n := 0
	u.on(discussions, func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 2 {
			reply(400, `{"message":"no"}`)(w, r)
			return
		}
		reply(201, `{"id":"f0"}`)(w, r)
	})
	c := u.connect(t)
	text := c.MustFail("create_review", a("number", 1, "body", "So.", "comments", []any{comment(2), comment(3)}), kit.InvalidArgument)
	if !strings.Contains(text, "posted: the text, x.go:2; then x.go:3 failed") || !strings.Contains(text, "only the others") {
		t.Errorf("it says %s", text)
	}
	same(t, "the writes", u.writes(), []string{"POST {}/merge_requests/1/notes", discussions, discussions})
}

// TestPosition: a line that stayed has both numbers, one that is new or gone has
// one; several lines have their codes.
func TestPosition(t *testing.T) {
	u := reviewed(t, "[]")
	u.connect(t).MustText("create_review", a("number", 1, "comments", []any{
		comment(2), comment(2, "side", "LEFT"), comment(3), comment(4, "start_line", 2),
	}))
	sent := u.sent("POST {}/merge_requests/1/draft_notes")
	for i, want := range []map[string]any{
		{"new_line": 2.0, "old_line": nil}, {"new_line": nil, "old_line": 2.0}, {"new_line": 3.0, "old_line": 3.0}, {"new_line": 4.0, "old_line": 4.0},
	} {
		p, _ := sent[i].Body["position"].(map[string]any)
		for name, v := range map[string]any{"position_type": "text", "base_sha": "basesha", "start_sha": "startsha", "head_sha": "headsha", "old_path": "x.go", "new_path": "x.go"} {
			want[name] = v
		}
		for name, v := range want {
			if p[name] != v {
				t.Errorf("position %d has %s %v, want %v", i, name, p[name], v)
			}
		}
	}
	p := sent[3].Body["position"].(map[string]any)
	ends, _ := p["line_range"].(map[string]any)
	start, _ := ends["start"].(map[string]any)
	end, _ := ends["end"].(map[string]any)
	// The sum is that of the path x.go.
	if code, _ := start["line_code"].(string); len(code) != 40+4 || !strings.HasSuffix(code, "_3_2") || start["type"] != "new" {
		t.Errorf("the range begins at %v", start)
	}
	if code, _ := end["line_code"].(string); !strings.HasSuffix(code, "_4_4") || end["type"] != "old" {
		t.Errorf("the range ends at %v", end)
	}
}

// TestRequestChanges: GraphQL first, then the quick action; where neither does it,
// nothing is posted.
func TestRequestChanges(t *testing.T) {
	const graphql, note, drafts, publish, reviewers = "POST /api/graphql", "POST {}/merge_requests/1/notes", "POST {}/merge_requests/1/draft_notes", "POST {}/merge_requests/1/draft_notes/bulk_publish", "GET {}/merge_requests/1/reviewers"
	states := func(list ...string) http.HandlerFunc { // one after another
		return func(w http.ResponseWriter, r *http.Request) {
			state := list[0]
			if len(list) > 1 {
				list = list[1:]
			}
			reply(200, `[{"user":{"id":1,"username":"ann"},"state":"`+state+`"}]`)(w, r)
		}
	}
	for name, tc := range map[string]struct {
		graphql http.HandlerFunc
		note    http.HandlerFunc
		states  []string
		code    kit.Code
		want    []string
	}{
		"graphql":      {reply(200, `{"data":{"mergeRequestRequestChanges":{"errors":[]}}}`), nil, []string{"requested_changes"}, "", []string{drafts, graphql, publish}},
		"overwritten":  {reply(200, `{"data":{"mergeRequestRequestChanges":{"errors":[]}}}`), nil, []string{"reviewed"}, "", []string{drafts, graphql, publish, graphql}},
		"not allowed":  {reply(200, `{"data":{"mergeRequestRequestChanges":{"errors":["Reviewer not found"]}}}`), nil, nil, kit.FailedPrecondition, []string{drafts, graphql, "DELETE {}/merge_requests/1/draft_notes/5"}},
		"quick action": {reply(200, `{"errors":[{"message":"Field 'mergeRequestRequestChanges' doesn't exist on type 'Mutation'"}]}`), reply(202, `{"commands_changes":{},"summary":["Changes requested."]}`), []string{"requested_changes"}, "", []string{drafts, graphql, note, publish}},
		"neither":      {reply(404, `{}`), reply(201, `{"id":6,"body":"/request_changes"}`), []string{"unreviewed"}, kit.Unsupported, []string{drafts, graphql, note, "DELETE {}/merge_requests/1/notes/6", "DELETE {}/merge_requests/1/draft_notes/5"}},
	} {
		t.Run(name, func(t *testing.T) {
			u := reviewed(t, "[]").on("POST /api/graphql", tc.graphql).on("DELETE {}/merge_requests/1/notes/6", reply(204, ""))
			if tc.note != nil {
				u.on(note, tc.note)
			}
			if tc.states != nil {
				u.on(reviewers, states(tc.states...))
			}
			args := a("number", 1, "event", "request_changes", "comments", []any{comment(2)})
			if tc.code == "" {
				u.connect(t).MustText("create_review", args)
			} else {
				u.connect(t).MustFail("create_review", args, tc.code)
			}
			got := u.writes()
			same(t, "the writes", got, tc.want)
			if i := slices.Index(got, publish); i >= 0 && u.sent(publish)[0].Body["reviewer_state"] != "requested_changes" {
				t.Errorf("published with %v", u.sent(publish)[0].Body)
			}
		})
	}
}

// TestBecameReviewer: that we were made a reviewer is said when the rest fails.
func TestBecameReviewer(t *testing.T) {
	others := strings.Replace(openMerge, `{"id":1,"username":"ann"}`, `{"id":2,"username":"bob"}`, 1)
	u := reviewed(t, "[]").on("GET {}/merge_requests/1", reply(200, others)).on("PUT {}/merge_requests/1", reply(200, openMerge)).
		on("POST /api/graphql", reply(404, `{}`)).on("GET {}/merge_requests/1/reviewers", reply(200, `[]`)).on("DELETE {}/merge_requests/1/notes/6", reply(403, `{"message":"403 Forbidden"}`))
	c := u.connect(t)
	args := a("number", 1, "event", "request_changes", "body", "So.")
	text := c.MustFail("create_review", args, kit.PermissionDenied)
	if !strings.Contains(text, "this account was made a reviewer, but then: /request_changes was posted") || !strings.Contains(text, "(note 6), but then: ") {
		t.Errorf("it says %s", text)
	}
	u.on("DELETE {}/merge_requests/1/notes/6", reply(204, ""))
	if text := c.MustFail("create_review", args, kit.Unsupported); !strings.Contains(text, "made a reviewer, but then: this GitLab has no API") {
		t.Errorf("it says %s", text)
	}
}

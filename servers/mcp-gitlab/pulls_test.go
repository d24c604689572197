package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/kit"
)

func TestMergeability(t *testing.T) {
	yes, no := true, false
	for _, tc := range []struct {
		state, word string
		conflicts   bool
		want        *bool
		why         string
	}{
		{"opened", "mergeable", false, &yes, ""},
		{"opened", "checking", false, nil, ""},
		{"opened", "unchecked", true, nil, ""},
		{"opened", "not_approved", false, &no, "approvals are missing"},
		{"opened", "discussions_not_resolved", false, &no, "threads have to be resolved"},
		{"opened", "ci_must_pass", true, &no, "the pipeline has to succeed; it has conflicts"},
		{"opened", "conflict", true, &no, "it has conflicts"},
		{"opened", "draft_status", false, &no, ""}, // the tools say that
		{"opened", "of_a_newer_version", false, &no, "GitLab says of_a_newer_version"},
		{"opened", "", false, &yes, ""}, // before 15.6
		{"opened", "", true, &no, "it has conflicts"},
		{"merged", "not_open", false, nil, ""},
	} {
		can, why := mergeability(&gl.BasicMergeRequest{State: tc.state, DetailedMergeStatus: tc.word, HasConflicts: tc.conflicts})
		if (can == nil) != (tc.want == nil) || can != nil && *can != *tc.want || strings.Join(why, "; ") != tc.why {
			t.Errorf("%s %q, conflicts %v: %v %q, want %v %q", tc.state, tc.word, tc.conflicts, can, why, tc.want, tc.why)
		}
	}
}

// TestMerge is by the sha that was looked at; what GitLab refuses has a code that
// says why.
func TestMerge(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		code   kit.Code
	}{
		"merged":       {reply(200, `{"iid":1,"state":"merged","merge_commit_sha":null,"squash_commit_sha":"squashed","sha":"headsha"}`), ""},
		"pushed to":    {reply(409, `{"message":"SHA does not match HEAD of source branch: other"}`), kit.Conflict},
		"blocked":      {reply(405, `{"message":"405 Method Not Allowed"}`), kit.FailedPrecondition},
		"conflicts":    {reply(406, `{"message":"Branch cannot be merged"}`), kit.FailedPrecondition},
		"newer":        {reply(422, `{"message":"Branch cannot be merged"}`), kit.FailedPrecondition},
		"not for us":   {reply(401, `{"message":"401 Unauthorized"}`), kit.PermissionDenied},
		"still queued": {reply(200, openMerge), kit.FailedPrecondition},
	} {
		t.Run(name, func(t *testing.T) {
			u := reviewed(t, "[]").on("GET "+repo, reply(200, `{"path_with_namespace":"a/b/c","squash_option":"default_off"}`)).
				on("GET {}/merge_requests/1/commits", reply(200, "[]")).on("PUT {}/merge_requests/1/merge", tc.answer)
			c := u.connect(t)
			args := a("number", 1, "expected_head_sha", "headsha", "method", "squash", "title", "One", "message", "two")
			var plan struct{ Confirm string }
			c.MustStruct("merge_merge_request", args, &plan)
			args["confirm"] = plan.Confirm
			if tc.code != "" {
				c.MustFail("merge_merge_request", args, tc.code)
			} else if text := c.MustText("merge_merge_request", args); !strings.Contains(text, "merge_sha: squashed") {
				t.Errorf("it says %s", text)
			}
			got := fmt.Sprint(u.sent("PUT {}/merge_requests/1/merge")[0].Body)
			if got != "map[sha:headsha should_remove_source_branch:false squash:true squash_commit_message:One\n\ntwo]" {
				t.Errorf("it was asked with %s", got)
			}
		})
	}
}

// TestMergeLooks: while GitLab still looks at what was pushed it refuses, and is asked
// again; what stays so is refused as ever.
func TestMergeLooks(t *testing.T) {
	const never = 1000
	for name, tc := range map[string]struct {
		refusals int
		status   int
		word     string // while it refuses
		code     kit.Code
		tries    int
	}{
		"checking":       {2, 405, "checking", "", 3},
		"unchecked":      {2, 422, "unchecked", "", 3},
		"preparing":      {1, 405, "preparing", "", 2},
		"just found out": {1, 405, "mergeable", "", 2},
		"it looks on":    {never, 405, "checking", kit.FailedPrecondition, 7},
		"for good":       {never, 405, "not_approved", kit.FailedPrecondition, 1},
		"without a word": {never, 405, "mergeable", kit.FailedPrecondition, 2},
		"not of looks":   {never, 409, "checking", kit.Conflict, 1},
	} {
		t.Run(name, func(t *testing.T) {
			tries := 0
			u := reviewed(t, "[]").on("GET "+repo, reply(200, `{"path_with_namespace":"a/b/c","squash_option":"default_off"}`)).
				on("GET {}/merge_requests/1/commits", reply(200, "[]"))
			u.on("GET {}/merge_requests/1", func(w http.ResponseWriter, r *http.Request) {
				word := "mergeable"
				if tries > 0 {
					word = tc.word
				}
				reply(200, strings.Replace(openMerge, `"mergeable"`, `"`+word+`"`, 1))(w, r)
			}).on("PUT {}/merge_requests/1/merge", func(w http.ResponseWriter, r *http.Request) {
				if tries++; tries <= tc.refusals {
					reply(tc.status, `{"message":"Branch cannot be merged"}`)(w, r)
					return
				}
				reply(200, `{"iid":1,"state":"merged","merge_commit_sha":"merged"}`)(w, r)
			})
			c := u.connect(t)
			args := a("number", 1, "expected_head_sha", "headsha", "method", "merge")
			var plan struct{ Confirm string }
			c.MustStruct("merge_merge_request", args, &plan)
			args["confirm"] = plan.Confirm
			if tc.code == "" {
				if text := c.MustText("merge_merge_request", args); !strings.Contains(text, "merge_sha: merged") {
					t.Errorf("it says %s", text)
				}
			} else if text := c.MustFail("merge_merge_request", args, tc.code); tc.code == kit.FailedPrecondition && !strings.Contains(text, "shows the blockers") {
				t.Errorf("it says %s", text)
			}
			if tries != tc.tries {
				t.Errorf("it was asked %d times, want %d", tries, tc.tries)
			}
		})
	}
}

// TestMethods are those that the project allows, the usual one first.
func TestMethods(t *testing.T) {
	for option, want := range map[string]string{"always": "squash", "never": "merge", "default_on": "squash,merge", "default_off": "merge,squash", "": "merge,squash"} {
		if got := strings.Join(toRepo(&gl.Project{SquashOption: gl.SquashOptionValue(option)}).MergeMethods, ","); got != want {
			t.Errorf("%s: %s, want %s", option, got, want)
		}
	}
}

func TestDraftTitle(t *testing.T) {
	for _, tc := range []struct {
		title string
		draft bool
		want  string
	}{
		{"x", true, "Draft: x"}, {"Draft: x", true, "Draft: x"}, {"[Draft] x", false, "x"}, {"draft: WIP: x", false, "x"}, {"(draft) x", true, "Draft: x"},
		{"x", false, "x"}, {"Drafting x", false, "Drafting x"},
	} {
		if got := draftTitle(tc.title, tc.draft); got != tc.want {
			t.Errorf("%q, %v: %q, want %q", tc.title, tc.draft, got, tc.want)
		}
	}
}

// TestUpdate sends what changes: a draft by its title, nobody as 0.
func TestUpdate(t *testing.T) {
	u := reviewed(t, "[]").on("PUT {}/merge_requests/1", reply(200, openMerge)).on("GET {}/labels", reply(200, `[{"name":"Bug"}]`)).
		on("GET /users", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("username") == "bob" {
				reply(200, `[{"id":2,"username":"bob"}]`)(w, r)
				return
			}
			reply(200, `[]`)(w, r)
		})
	c := u.connect(t)
	for _, tc := range []struct {
		args map[string]any
		want string
	}{
		{a("number", 1, "draft", true), "map[title:Draft: t]"},
		{a("number", 1, "draft", true, "title", "New"), "map[title:Draft: New]"},
		{a("number", 1, "labels", "bug"), "map[labels:Bug]"},
		{a("number", 1, "labels", "none"), "map[labels:]"},
		{a("number", 1, "milestone", "none"), "map[milestone_id:0]"},
		{a("number", 1, "reviewers", "bob"), "map[reviewer_ids:[1 2]]"},
		{a("number", 1, "remove_reviewers", "ann"), "map[reviewer_ids:[0]]"},
		{a("number", 1, "assignees", "bob", "state", "closed"), "map[assignee_ids:[2] state_event:close]"},
	} {
		c.MustText("update_merge_request", tc.args)
		sent := u.sent("PUT {}/merge_requests/1")
		if got := fmt.Sprint(sent[len(sent)-1].Body); got != tc.want {
			t.Errorf("%v: %s, want %s", tc.args, got, tc.want)
		}
	}
	before := len(u.writes())
	c.MustFail("update_merge_request", a("number", 1, "labels", "bgu"), kit.InvalidArgument)
	c.MustFail("update_merge_request", a("number", 1, "assignees", "nobody"), kit.InvalidArgument)
	c.MustText("update_merge_request", a("number", 1, "draft", false)) // it is none
	if n := len(u.writes()); n != before {
		t.Errorf("%d writes for nothing", n-before)
	}
}

// TestThreads: at a line or of the whole; what is no thread is none.
func TestThreads(t *testing.T) {
	note := func(id int, more string) string {
		return fmt.Sprintf(`{"id":%d,"body":"say %d","author":{"username":"bob"},"resolvable":true%s}`, id, id, more)
	}
	at := func(old, now, head string) string {
		return `,"type":"DiffNote","position":{"position_type":"text","old_path":"x.go","new_path":"x.go","old_line":` + old + `,"new_line":` + now + `,"head_sha":"` + head + `"}`
	}
	u := reviewed(t, "[]").on("GET {}/merge_requests/1/discussions", reply(200, `[
		{"id":"f0","notes":[`+note(1, at("null", "2", "headsha"))+`,`+note(2, "")+`,{"id":3,"system":true,"body":"changed"}]},
		{"id":"f1","notes":[`+note(4, at("2", "null", "headsha")+`,"resolved":true,"resolved_by":{"username":"ann"}`)+`]},
		{"id":"f2","notes":[`+note(5, at("null", "9", "olderhead"))+`]},
		{"id":"f3","notes":[`+note(6, "")+`]},
		{"id":"f4","individual_note":true,"notes":[{"id":7,"body":"only a comment","resolvable":false}]},
		{"id":"f5","notes":[{"id":8,"system":true,"body":"approved"}]}]`)).
		on("POST {}/merge_requests/1/discussions/f0/notes", reply(201, `{"id":10}`)).on("PUT {}/merge_requests/1/discussions/f0", reply(200, `{"id":"f0"}`))
	u.on("GET {}/merge_requests/1/discussions/f0", reply(200, `{"id":"f0","notes":[`+note(1, at("null", "2", "headsha"))+`]}`))
	c := u.connect(t)
	text := c.MustText("list_review_threads", a("number", 1, "unresolved", false))
	for _, want := range []string{"1-f0\tx.go:2\t", "+zwei", "1-f1\tx.go:2 (before)", "-two", "1-f2\tx.go:9", "1-f3\tthe whole", "total=4"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	if text := c.MustText("update_review_thread", a("thread_id", "1-f0", "reply", "Done.\n/merge", "resolved", true)); !strings.Contains(text, "/a/b/c/-/merge_requests/1#note_10") {
		t.Errorf("the answer is %s", text)
	}
	if got := u.sent("POST {}/merge_requests/1/discussions/f0/notes")[0].Body["body"]; got != "Done.\n\\/merge" {
		t.Errorf("answered %q", got)
	}
	for id, code := range map[string]kit.Code{"x": kit.InvalidArgument, "1-../../x": kit.InvalidArgument, "1-ff": kit.NotFound} {
		c.MustFail("update_review_thread", a("thread_id", id, "resolved", true), code)
	}
}

// TestReplyThen: that the reply is there is said when it could not be resolved.
func TestReplyThen(t *testing.T) {
	const thread = "{}/merge_requests/1/discussions/f0"
	u := newFake(t).on("GET "+thread, reply(200, `{"id":"f0","notes":[{"id":1,"body":"?","resolvable":true}]}`)).
		on("POST "+thread+"/notes", reply(201, `{"id":10}`)).on("PUT "+thread, reply(403, `{"message":"403 Forbidden"}`))
	text := u.connect(t).MustFail("update_review_thread", a("thread_id", "1-f0", "reply", "Done.", "resolved", true), kit.PermissionDenied)
	for _, want := range []string{"the reply was posted, but then: ", "without reply"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in %s", want, text)
		}
	}
}

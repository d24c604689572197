package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

// branch is a fake with a branch main of two files, whose changes are kept.
func branch(t *testing.T, bodies map[string]map[string]any) *fakeGitHub {
	keep := func(name, answer string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			bodies[name] = sent(t, r)
			reply(201, answer)(w, r)
		}
	}
	return newFake(t).on("GET "+repo+"/commits/main", sha(head)).on("GET "+repo+"/commits/"+head, sha(head)).
		on("GET "+repo+"/git/commits/"+head, reply(200, `{"sha":"`+head+`","tree":{"sha":"root"}}`)).
		on("GET "+repo+"/git/trees/root", reply(200, `{"sha":"root","tree":[{"path":"run.sh","mode":"100755","type":"blob","sha":"b1"},{"path":"docs","mode":"040000","type":"tree","sha":"t2"}]}`)).
		on("GET "+repo+"/git/trees/t2", reply(200, `{"sha":"t2","tree":[{"path":"old.md","mode":"100644","type":"blob","sha":"b2"}]}`)).
		on("GET "+repo+"/contents/run.sh", reply(200, `{"type":"file","path":"run.sh","sha":"b1","size":8,"encoding":"base64","content":"ZWNobyBo\naQo="}`)).
		on("GET "+repo+"/contents/docs/old.md", reply(200, `{"type":"file","path":"docs/old.md","sha":"b2","size":4,"encoding":"base64","content":"b2xkCg=="}`)).
		on("POST "+repo+"/git/trees", keep("tree", `{"sha":"made"}`)).
		on("POST "+repo+"/git/commits", keep("commit", `{"sha":"`+strings.Repeat("c", 40)+`","message":"m"}`)).
		on("PATCH "+repo+"/git/refs/heads/main", keep("ref", `{"ref":"refs/heads/main"}`)).
		on("POST "+repo+"/git/refs", keep("new", `{"ref":"refs/heads/side"}`))
}

// TestCommit is one tree, one commit and a branch that only goes forward.
func TestCommit(t *testing.T) {
	bodies := make(map[string]map[string]any)
	c := branch(t, bodies).connect(t)
	c.MustText("commit_files", a("branch", "main", "message", "m", "changes", []any{
		map[string]any{"path": "run.sh", "action": "update", "edits": []any{map[string]any{"find": "hi", "replace": "ho"}}},
		map[string]any{"path": "docs/new.md", "from": "docs/old.md", "action": "move"},
		map[string]any{"path": "a/b/c.txt", "action": "create", "content": "deep\n"},
	}))
	raw, _ := json.Marshal(bodies["tree"])
	const want = `{"base_tree":"root","tree":[` +
		`{"content":"echo ho\n","mode":"100755","path":"run.sh","type":"blob"},` +
		`{"mode":"100644","path":"docs/old.md","sha":null,"type":"blob"},` +
		`{"mode":"100644","path":"docs/new.md","sha":"b2","type":"blob"},` +
		`{"content":"deep\n","mode":"100644","path":"a/b/c.txt","type":"blob"}]}`
	if string(raw) != want {
		t.Errorf("the tree is\n%s, want\n%s", raw, want)
	}
	if parents, _ := json.Marshal(bodies["commit"]["parents"]); string(parents) != `["`+head+`"]` || bodies["commit"]["tree"] != "made" {
		t.Errorf("the commit is %v", bodies["commit"])
	}
	if bodies["ref"]["force"] != false || bodies["ref"]["sha"] != strings.Repeat("c", 40) {
		t.Errorf("the branch becomes %v", bodies["ref"])
	}
}

// TestCommitConflicts: who was faster is not overwritten.
func TestCommitConflicts(t *testing.T) {
	change := a("branch", "main", "message", "m", "changes", map[string]any{"path": "run.sh", "action": "update", "content": "x"})
	for name, tc := range map[string]struct {
		line   string
		answer http.HandlerFunc
		writes int
	}{
		"the file":       {"GET " + repo + "/git/trees/root", reply(200, `{"tree":[{"path":"run.sh","mode":"100755","type":"blob","sha":"other"}]}`), 0},
		"the file, gone": {"GET " + repo + "/git/trees/root", reply(200, `{"tree":[]}`), 0},
		"the branch":     {"PATCH " + repo + "/git/refs/heads/main", reply(422, `{"message":"Update is not a fast forward"}`), 3},
	} {
		u := branch(t, map[string]map[string]any{}).on(tc.line, tc.answer)
		u.connect(t).MustFail("commit_files", change, kit.Conflict)
		if n := len(u.Changes()); n != tc.writes {
			t.Errorf("%s: %v", name, u.Changes())
		}
	}
}

// TestNewBranch is made with its commit.
func TestNewBranch(t *testing.T) {
	bodies := make(map[string]map[string]any)
	u := branch(t, bodies).on("GET "+repo+"/commits/side", reply(422, `{"message":"No commit found for SHA: side"}`))
	u.connect(t).MustText("commit_files", a("branch", "side", "start_branch", "main", "message", "m", "changes", map[string]any{"path": "x", "action": "create", "content": "x"}))
	if bodies["new"]["ref"] != "refs/heads/side" || bodies["ref"] != nil {
		t.Errorf("made %v, moved %v", bodies["new"], bodies["ref"])
	}
}

// TestNames are looked up before anything is written: GitHub would make a label.
func TestNames(t *testing.T) {
	u := newFake(t).on("GET "+repo+"/labels", reply(200, `[{"name":"Bug"},{"name":"docs"}]`)).on("GET "+repo+"/milestones", reply(200, `[{"title":"v1","number":3}]`)).
		on("GET "+repo+"/issues/1", reply(200, `{"number":1,"title":"t"}`)).on("GET "+repo+"/pulls/1", reply(200, `{"number":1,"title":"t"}`))
	c := u.connect(t)
	has(t, c.MustFail("create_issue", a("title", "t", "labels", "bugs"), kit.InvalidArgument), `did you mean "Bug"?`)
	has(t, c.MustFail("update_issue", a("number", 1, "add_labels", "nothing like it"), kit.InvalidArgument), "Bug, docs")
	has(t, c.MustFail("create_pull_request", a("title", "t", "head", "x", "base", "main", "milestone", "v2"), kit.InvalidArgument), "v1")
	if list := u.Changes(); len(list) > 0 {
		t.Fatalf("written %v", list)
	}
	var body map[string]any
	u.on("POST "+repo+"/issues", func(w http.ResponseWriter, r *http.Request) {
		body = sent(t, r)
		reply(201, `{"number":2,"state":"open","labels":[{"name":"Bug"}]}`)(w, r)
	})
	c.MustText("create_issue", a("title", "t", "labels", "bug", "milestone", "V1"))
	if raw, _ := json.Marshal(body); string(raw) != `{"assignees":[],"body":"","labels":["Bug"],"milestone":3,"title":"t"}` {
		t.Errorf("sent %s", raw)
	}
	u.on("PATCH "+repo+"/issues/1", func(w http.ResponseWriter, r *http.Request) {
		body = sent(t, r)
		reply(200, `{"number":1}`)(w, r)
	})
	c.MustText("update_issue", a("number", 1, "milestone", "none", "state", "closed", "state_reason", "not_planned"))
	if raw, _ := json.Marshal(body); string(raw) != `{"milestone":null,"state":"closed","state_reason":"not_planned"}` {
		t.Errorf("sent %s", raw)
	}
}

// TestPullThen: what fails after the pull request is there says that it is.
func TestPullThen(t *testing.T) {
	u := newFake(t).on("POST "+repo+"/pulls", reply(201, `{"number":7}`)).
		on("POST "+repo+"/pulls/7/requested_reviewers", reply(422, `{"message":"Reviews may only be requested from collaborators."}`))
	text := u.connect(t).MustFail("create_pull_request", a("title", "t", "head", "x", "base", "main", "reviewers", []string{"ann", "acme/core"}), kit.InvalidArgument)
	has(t, text, "pull request 7 was made, but then", "only be requested from collaborators")
}

// TestHalf: an update is several requests, and what the first ones changed is said when
// one after them fails.
func TestHalf(t *testing.T) {
	const issue, pull = repo + "/issues/1", repo + "/pulls/1"
	for name, tc := range map[string]struct {
		tool  string
		args  []any
		fails string // the line
		want  string
	}{
		"the first":           {"update_issue", []any{"state", "closed", "add_labels", "docs"}, "PATCH " + issue, "ERROR permission_denied: PATCH"},
		"fields, then labels": {"update_issue", []any{"state", "closed", "title", "x", "add_labels", "docs"}, "POST " + issue + "/labels", "changed: state, title, but then: "},
		"label by label":      {"update_issue", []any{"add_labels", "docs", "remove_labels", []string{"Bug", "ci"}}, "DELETE " + issue + "/labels/ci", "changed: add_labels, remove_labels Bug, but then: "},
		"issue, then read":    {"update_issue", []any{"state", "closed"}, "GET " + issue, "changed: state, but then: "},
		"pull, then draft":    {"update_pull_request", []any{"title", "x", "draft", true}, "POST /graphql", "changed: title, but then: "},
		"draft, then labels":  {"update_pull_request", []any{"draft", true, "labels", "docs"}, "PATCH " + issue, "changed: draft, but then: "},
		"then reviewers":      {"update_pull_request", []any{"title", "x", "labels", "docs", "reviewers", "bob"}, "POST " + pull + "/requested_reviewers", "changed: title, labels, but then: "},
		"reviewers removed":   {"update_pull_request", []any{"reviewers", "bob", "remove_reviewers", "eve"}, "DELETE " + pull + "/requested_reviewers", "changed: reviewers, but then: "},
		"pull, then read":     {"update_pull_request", []any{"title", "x"}, "GET " + pull, "changed: title, but then: "},
		"made, then reviewer": {"create_pull_request", []any{"title", "t", "head", "x", "base", "main", "labels", "docs", "reviewers", "bob"}, "POST " + pull + "/requested_reviewers", "pull request 1 was made, but then: changed: labels, but then: "},
		"made, then read":     {"create_pull_request", []any{"title", "t", "head", "x", "base", "main"}, "GET " + pull, "pull request 1 was made, but then: "},
	} {
		t.Run(name, func(t *testing.T) {
			u := newFake(t).on("GET "+repo+"/labels", reply(200, `[{"name":"Bug"},{"name":"docs"},{"name":"ci"}]`)).
				on("GET "+issue, reply(200, `{"number":1,"title":"t","state":"open"}`)).on("PATCH "+issue, reply(200, `{"number":1}`)).
				on("POST "+issue+"/labels", reply(200, `[]`)).on("DELETE "+issue+"/labels/Bug", reply(200, `[]`)).
				on("POST "+repo+"/pulls", reply(201, `{"number":1}`)).on("PATCH "+pull, reply(200, `{"number":1}`)).
				on("GET "+pull, reply(200, `{"number":1,"title":"t","state":"open","node_id":"P1"}`)).
				on("POST "+pull+"/requested_reviewers", reply(201, `{"number":1}`)).on("POST /graphql", reply(200, `{"data":{}}`))
			method, _, _ := strings.Cut(tc.fails, " ")
			was := reply(200, `{"number":1,"title":"t","state":"open","node_id":"P1"}`)
			u.on(tc.fails, func(w http.ResponseWriter, r *http.Request) {
				if method == "GET" && len(u.Changes()) == 0 { // it fails the last time
					was(w, r)
					return
				}
				reply(403, `{"message":"no more"}`)(w, r)
			})
			args := a(tc.args...)
			if tc.tool != "create_pull_request" {
				args["number"] = 1
			}
			text := u.connect(t).MustFail(tc.tool, args, kit.PermissionDenied)
			if !strings.Contains(text, tc.want) {
				t.Errorf("it says %s, want %q", text, tc.want)
			}
		})
	}
}

// TestReview sends all comments at once, with ranges and sides.
func TestReview(t *testing.T) {
	var body map[string]any
	u := newFake(t).on("GET "+repo+"/pulls/1", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("Accept"), ".diff") {
			w.Write([]byte("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n"))
			return
		}
		reply(200, `{"number":1,"state":"open","head":{"sha":"`+head+`"}}`)(w, r)
	}).on("POST "+repo+"/pulls/1/reviews", func(w http.ResponseWriter, r *http.Request) {
		body = sent(t, r)
		reply(200, `{"id":5,"state":"CHANGES_REQUESTED","user":null}`)(w, r)
	})
	text := u.connect(t).MustText("create_review", a("number", 1, "event", "request_changes", "body", "b", "comments", []any{
		map[string]any{"path": "x", "line": 3, "start_line": 2, "body": "both"}, map[string]any{"path": "x", "line": 2, "side": "LEFT", "body": "why"},
		map[string]any{"path": "x", "line": 40, "body": "nowhere"},
	}))
	has(t, text, "rejected", "40")
	raw, _ := json.Marshal(body)
	const want = `{"body":"b","comments":[{"body":"both","line":3,"path":"x","side":"RIGHT","start_line":2,"start_side":"RIGHT"},{"body":"why","line":2,"path":"x","side":"LEFT"}],"commit_id":"` + head + `","event":"REQUEST_CHANGES"}`
	if string(raw) != want {
		t.Errorf("sent\n%s, want\n%s", raw, want)
	}
}

// TestThreadElsewhere: the id of a thread may be of any repository, and only
// those of the one that was named are touched.
func TestThreadElsewhere(t *testing.T) {
	thread := func(name string) string {
		return `{"data":{"node":{"id":"T1","path":"x","diffSide":"RIGHT","pullRequest":{"number":3},"repository":{"nameWithOwner":"` + name + `"},"comments":{"pageInfo":{},"nodes":[{"fullDatabaseId":"12345678901","body":"?"}]}}}}`
	}
	u := newFake(t).on("POST /graphql", graph(map[string]string{"Thread": thread("other/repo"), "Resolve": `{"data":{}}`}))
	c := u.connect(t)
	c.MustFail("update_review_thread", a("thread_id", "T1", "resolved", true), kit.NotFound)
	c.MustFail("update_review_thread", a("thread_id", "T1", "reply", "x"), kit.NotFound)
	if len(u.Sent()) != 2 || len(u.Changes()) != 0 {
		t.Fatalf("asked %v", u.Sent())
	}
	u.on("POST /graphql", graph(map[string]string{"Thread": thread("A/B"), "Resolve": `{"data":{"resolveReviewThread":{"thread":{"isResolved":true}}}}`})).
		on("POST "+repo+"/pulls/3/comments/12345678901/replies", reply(201, `{"html_url":"https://x/1"}`))
	has(t, c.MustText("update_review_thread", a("thread_id", "T1", "resolved", true, "reply", "Done.")), "https://x/1", "resolved: true")
}

// TestMergeRefused says what GitHub says.
func TestMergeRefused(t *testing.T) {
	u := newFake(t).on("GET "+repo, reply(200, `{"full_name":"a/b","size":1,"allow_squash_merge":true}`)).
		on("GET "+repo+"/pulls", reply(200, `[]`)).
		on("GET "+repo+"/pulls/1", reply(200, `{"number":1,"state":"open","mergeable":true,"mergeable_state":"blocked","head":{"ref":"x","sha":"`+head+`","repo":{"full_name":"f/b"}},"base":{"ref":"main","repo":{"full_name":"a/b"}}}`)).
		on("PUT "+repo+"/pulls/1/merge", reply(405, `{"message":"At least 1 approving review is required by reviewers with write access."}`))
	c := u.connect(t)
	merge := a("number", 1, "expected_head_sha", head, "method", "squash")
	var plan struct {
		Confirm  string
		Blockers []string
	}
	c.MustStruct("merge_pull_request", merge, &plan)
	if len(plan.Blockers) != 1 || !strings.Contains(plan.Blockers[0], "rules of the base branch") {
		t.Errorf("the blockers are %q", plan.Blockers)
	}
	merge["confirm"] = plan.Confirm
	has(t, c.MustFail("merge_pull_request", merge, kit.FailedPrecondition), "approving review is required", "blockers")
	// The branch of a fork is not ours to delete.
	merge = a("number", 1, "expected_head_sha", head, "delete_branch", true)
	has(t, c.MustFail("merge_pull_request", merge, kit.InvalidArgument), "f/b")
}

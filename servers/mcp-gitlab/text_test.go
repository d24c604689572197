package main

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/servers/kit"
)

// TestNoActions: GitLab does nothing for a text of ours.
func TestNoActions(t *testing.T) {
	for in, want := range map[string]string{
		"/merge":                          `\/merge`,
		"see\n/close\n  /label ~x\nbye":   "see\n\\/close\n  \\/label ~x\nbye",
		"/usr/bin is a path, so is /tmp.": "/usr/bin is a path, so is /tmp.",
		"in /merge the middle":            "in /merge the middle",
		"```\n/merge\n```\n/merge":        "```\n/merge\n```\n\\/merge",
		"```sh\n/merge":                   "```sh\n\\/merge", // no block, for it does not end
		"````suggestion\n/merge\n````":    "````suggestion\n\\/merge\n````",
		"```suggestion\n\t/assign x\n```": "```suggestion\n\t/assign x\n```",
		"/merge\r\n":                      "\\/merge\r\n",
		"/Close":                          `\/Close`,
		"~~~\n/merge\n~~~":                "~~~\n\\/merge\n~~~",
		"":                                "",
	} {
		if got := noActions(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	u := newFake(t).on("POST {}/issues", reply(201, `{"iid":1,"title":"x","state":"opened"}`)).on("POST {}/issues/1/notes", reply(201, `{"id":2}`)).
		on("GET {}/issues/1", reply(200, `{"iid":1,"title":"x","state":"opened"}`)).on("PUT {}/issues/1", reply(200, `{"iid":1,"title":"x","state":"opened"}`))
	c := u.connect(t)
	c.MustText("create_issue", a("title", "x", "body", "/close"))
	c.MustText("update_issue", a("number", 1, "body", "/close"))
	c.MustText("add_comment", a("number", 1, "body", "/close"))
	for line, name := range map[string]string{"POST {}/issues": "description", "PUT {}/issues/1": "description", "POST {}/issues/1/notes": "body"} {
		if got := u.sent(line)[0].Body[name]; got != `\/close` {
			t.Errorf("%s has %q", line, got)
		}
	}
}

// TestComments are without what GitLab notes itself, and are found by what they
// are of.
func TestComments(t *testing.T) {
	notes := `[{"id":1,"body":"one","author":{"username":"ann"}},{"id":2,"system":true,"body":"closed"},{"id":3,"body":"two"}]`
	u := newFake(t).on("GET {}/issues/7", reply(200, `{"iid":7,"title":"t","state":"opened"}`)).on("GET {}/issues/7/notes", reply(200, notes)).
		on("GET {}/merge_requests/1", reply(200, openMerge)).on("GET {}/merge_requests/1/notes", reply(200, strings.ReplaceAll(notes, "one", "of the merge request"))).
		on("GET {}/issues/7/notes/3", reply(200, `{"id":3,"body":"two"}`)).on("DELETE {}/issues/7/notes/3", reply(204, "")).
		on("GET {}/merge_requests/1/notes/1", reply(200, `{"id":1,"body":"one"}`)).on("DELETE {}/merge_requests/1/notes/1", reply(204, "")).
		on("GET {}/issues/7/resource_label_events", reply(200, `[{"action":"add","label":{"name":"bug"},"user":{"username":"bob"},"created_at":"2026-11-01T10:00:00Z"}]`)).
		on("GET {}/issues/7/resource_state_events", reply(200, `[{"state":"closed","user":{"username":"bob"},"created_at":"2026-11-02T10:00:00Z"}]`))
	c := u.connect(t)
	text := c.MustText("get_issue", a("number", 7, "include", "comments,timeline"))
	for _, want := range []string{"7-1\t", "one", "7-3\t", "add bug", "closed"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	if text := c.MustText("get_merge_request", a("number", 1, "include", "comments")); !strings.Contains(text, "of the merge request") {
		t.Errorf("the merge request is\n%s", text)
	}
	for id, line := range map[string]string{"7-3": "DELETE {}/issues/7/notes/3", "!1-1": "DELETE {}/merge_requests/1/notes/1"} {
		var plan struct{ Confirm string }
		c.MustStruct("delete_issue_comment", a("comment_id", id), &plan)
		c.MustText("delete_issue_comment", a("comment_id", id, "confirm", plan.Confirm))
		if len(u.sent(line)) != 1 {
			t.Errorf("%s was not deleted", id)
		}
	}
	c.MustFail("delete_issue_comment", a("comment_id", "3"), kit.InvalidArgument)
}

// TestDiff: what GitLab does not show is a file with a reason.
func TestDiff(t *testing.T) {
	u := newFake(t).on("GET {}/merge_requests/1", reply(200, openMerge)).on("GET {}/merge_requests/1/diffs", reply(200, `[
		{"old_path":"a.go","new_path":"a.go","diff":"@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n"},
		{"old_path":"big.txt","new_path":"big.txt","diff":"","too_large":true},
		{"old_path":"many.txt","new_path":"many.txt","diff":"","collapsed":true},
		{"old_path":"gen.go","new_path":"gen.go","diff":"@@ -1 +1 @@\n-x\n+y\n","generated_file":true},
		{"old_path":"old.txt","new_path":"sub/new.txt","diff":"","renamed_file":true},
		{"old_path":"n.txt","new_path":"n.txt","diff":"@@ -0,0 +1 @@\n+n\n","new_file":true},
		{"old_path":"d.txt","new_path":"d.txt","diff":"@@ -1 +0,0 @@\n-d\n","deleted_file":true},
		{"old_path":"pic.png","new_path":"pic.png","diff":"Binary files a/pic.png and b/pic.png differ\n"},
		{"old_path":"od\"d\nname","new_path":"od\"d\nname","diff":"@@ -1 +1 @@\n-q\n+r\n"}]`))
	c := u.connect(t)
	text := c.MustText("get_merge_request_diff", a("number", 1))
	for _, want := range []string{
		"a.go\tchanged\t1\t1\t\n", "big.txt\tchanged\t0\t0\ttoo large for GitLab", "many.txt\tchanged\t0\t0\tGitLab left it out", "gen.go\tchanged\t1\t1\tgenerated",
		"old.txt -> sub/new.txt\trenamed", "n.txt\tadded\t1\t0", "d.txt\tdeleted\t0\t1", "pic.png\tchanged\t0\t0\tbinary", "-a\n+b\n", "-q\n+r\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "+y") {
		t.Errorf("what is generated is shown:\n%s", text)
	}
	if text := c.MustText("get_merge_request_diff", a("number", 1, "files", "gen.go")); !strings.Contains(text, "+y") {
		t.Errorf("what is asked for is not shown:\n%s", text)
	}
	if text := c.MustText("create_review", a("number", 1, "comments", []any{map[string]any{"path": "big.txt", "line": 1, "body": "x"}})); !strings.Contains(text, "its diff is not there: too large") {
		t.Errorf("a comment on it: %s", text)
	}
	// Before 15.7 there is another list.
	old := newFake(t).on("GET {}/merge_requests/1", reply(200, openMerge)).on("GET {}/merge_requests/1/changes", reply(200, `{"changes":`+oneDiff+`}`))
	if text := old.connect(t).MustText("get_merge_request_diff", a("number", 1)); !strings.Contains(text, "+zwei") {
		t.Errorf("an old one: %s", text)
	}
}

// TestSearchCode: parts of files become lines with their numbers.
func TestSearchCode(t *testing.T) {
	u := newFake(t).on("GET {}/-/search", reply(200, `[
		{"path":"a.go","data":"x\nThe Needle\n","startline":10,"ref":"main"},{"path":"a.go","data":"needle again\n","startline":40},
		{"path":"sub/b.md","data":"need les, found by words\nmore\n","startline":1},{"basename":"old","filename":"old.txt","data":"needle"}]`))
	c := u.connect(t)
	text := c.MustText("search_code", a("query", "needle"))
	for _, want := range []string{"a.go", "11: The Needle", "40: needle again", "sub/b.md", "old.txt"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	if text := c.MustText("search_code", a("query", "needle", "path", "sub/**")); strings.Contains(text, "a.go") || !strings.Contains(text, "sub/b.md") {
		t.Errorf("by path: %s", text)
	}
}

// TestSearchCodeKey: of a key that has the words in it, nothing is shown.
func TestSearchCodeKey(t *testing.T) {
	data := forgetest.Quote("-----BEGIN PRIVATE " + "KEY-----\nneedleneedleneedle\nAAAABBBBCCCCDDDD\n-----END PRIVATE " + "KEY-----\n")
	u := newFake(t).on("GET {}/-/search", reply(200, `[{"path":"key.pem","data":`+data+`,"startline":1}]`))
	text := u.connect(t).MustText("search_code", a("query", "needle"))
	if strings.Contains(text, "AAAABBBB") || strings.Contains(text, "needleneedle") || !strings.Contains(text, "key.pem") {
		t.Errorf("it shows\n%s", text)
	}
}

// TestSearchCodeInKey: a part may begin after the line that says what it is of.
func TestSearchCodeInKey(t *testing.T) {
	line := strings.Repeat("q9W8e7R6", 7) + "NeEdLe12"
	for name, data := range map[string]string{
		"inside": strings.Repeat(line+"\n", 5), "to its end": line + "\n" + line + "\nabcd==\n-----END PRIVATE " + "KEY-----\nneedle: x\n",
	} {
		for _, query := range []string{"needle", "of words"} {
			u := newFake(t).on("GET {}/-/search", reply(200, `[{"path":"key.pem","data":`+forgetest.Quote(data)+`,"startline":7}]`))
			text := u.connect(t).MustText("search_code", a("query", query))
			if strings.Contains(text, "q9W8e7R6") || strings.Contains(text, "abcd") || !strings.Contains(text, "key.pem") {
				t.Errorf("%s, %s: it shows\n%s", name, query, text)
			}
		}
	}
	u := newFake(t).on("GET {}/-/search", reply(200, `[{"path":"data.txt","data":`+forgetest.Quote(line+"\n"+line+"\nend: needle\n")+`,"startline":7}]`))
	if text := u.connect(t).MustText("search_code", a("query", "needle")); !strings.Contains(text, "9: end: needle") || !strings.Contains(text, "7: q9W8e7R6") {
		t.Errorf("what is no key:\n%s", text)
	}
}

// TestCommit is one request with the commits that changed the files last.
func TestCommit(t *testing.T) {
	u := newFake(t).on("GET {}/repository/commits/fix", reply(200, `{"id":"headsha1234567"}`)).
		on("GET {}/repository/files/a%2Ego", reply(200, `{"file_path":"a.go","encoding":"base64","content":"b25lCg==","blob_id":"b1","last_commit_id":"c1"}`)).
		on("POST {}/repository/commits", reply(201, `{"id":"made","web_url":"https://gitlab.example/made"}`))
	c := u.connect(t)
	c.MustText("commit_files", a("branch", "fix", "message", "m", "changes", []any{
		map[string]any{"path": "a.go", "action": "update", "edits": []any{map[string]any{"find": "one", "replace": "two"}}}, map[string]any{"path": "n.go", "action": "create", "content": "n"},
	}))
	body := u.sent("POST {}/repository/commits")[0].Body
	first, _ := body["actions"].([]any)[0].(map[string]any)
	second, _ := body["actions"].([]any)[1].(map[string]any)
	if body["branch"] != "fix" || body["start_branch"] != nil || first["action"] != "update" || first["last_commit_id"] != "c1" || first["content"] != "dHdvCg==" ||
		first["encoding"] != "base64" || second["action"] != "create" || second["last_commit_id"] != nil {
		t.Errorf("sent %v", body)
	}
	c.MustFail("commit_files", a("branch", "fix", "message", "m", "expected_head_sha", "othersha", "changes", []any{map[string]any{"path": "n.go", "action": "create", "content": "n"}}), kit.Conflict)
	u.on("POST {}/repository/commits", reply(400, `{"message":"The file has changed since you started editing it."}`))
	c.MustFail("commit_files", a("branch", "fix", "message", "m", "changes", []any{map[string]any{"path": "a.go", "action": "update", "content": "new"}}), kit.Conflict)
}

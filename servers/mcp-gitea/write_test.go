package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
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

package main

import (
	"net/http"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

// TestRenamed: GitHub knows a repository by its old name. Where some may be touched,
// that leads to none, in REST and in GraphQL; without, it does.
func TestRenamed(t *testing.T) {
	var follow any
	u := newFake(t).on("GET "+repo+"/contents/x", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/api/v3/repositories/12/contents/x", http.StatusMovedPermanently)
	}).on("GET /repositories/12/contents/x", reply(200, `{"type":"file","path":"x","encoding":"base64","content":"aGkK"}`))
	u.on("POST /graphql", func(w http.ResponseWriter, r *http.Request) {
		follow = sent(t, r)["variables"].(map[string]any)["follow"]
		reply(200, `{"data":{"repository":{"pullRequest":{"reviewThreads":{"pageInfo":{},"nodes":[]}}}}}`)(w, r)
	})
	open, pinned := u.connect(t), u.connect(t, "GITHUB_ALLOWED_REPOS=a/b")
	open.MustText("get_file", a("path", "x"))
	has(t, pinned.MustFail("get_file", a("path", "x"), kit.PermissionDenied), "was renamed or moved")
	open.MustText("list_review_threads", a("number", 1))
	if follow != true {
		t.Errorf("GraphQL is to follow: %v", follow)
	}
	pinned.MustText("list_review_threads", a("number", 1))
	if follow != false {
		t.Errorf("GraphQL of some repositories is to follow: %v", follow)
	}
}

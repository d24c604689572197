package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

// TestRenamed: the old name of a repository leads to the new one, and never out of
// those that may be touched, in the SDK neither.
func TestRenamed(t *testing.T) {
	u := newFake(t)
	for _, tail := range []string{"", "/contents/x"} {
		u.on("GET "+repo+tail, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/api/v1/repos/a/secret"+tail, http.StatusTemporaryRedirect)
		})
	}
	u.on("GET /repos/a/secret", reply(200, `{"full_name":"a/secret","empty":true}`)).
		on("GET /repos/a/secret/contents/x", reply(200, `{"type":"file","path":"x","encoding":"base64","content":"aGkK"}`))
	u.connect(t).MustText("get_repo", a())
	c := kittest.Connect(t, forgetest.Server(t, program, map[string]string{"GITEA_URL": u.URL, "GITEA_TOKEN": "x", "GITEA_ALLOWED_REPOS": "a/b"}))
	before := len(u.Sent())
	for tool, args := range map[string]map[string]any{"get_repo": a(), "get_file": a("path", "x")} {
		if text := c.MustFail(tool, args, kit.PermissionDenied); !strings.Contains(text, "was renamed or moved") {
			t.Errorf("%s: %s", tool, text)
		}
	}
	for _, line := range u.Sent()[before:] {
		if strings.Contains(line.Line, "secret") {
			t.Errorf("asked %s", line)
		}
	}
}

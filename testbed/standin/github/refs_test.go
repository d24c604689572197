package github

import (
	"encoding/json"
	"testing"
)

// TestNoRoom: git has no ref below another, nor one above it, and GitHub says no more
// than that it failed.
func TestNoRoom(t *testing.T) {
	h := &Hub{t: t, dir: t.TempDir(), repos: map[string]*repo{}}
	r := h.newRepo("ann", "room", true)
	sha := r.git.resolve("main")
	send := func(do func(*call) reply, args map[string]string, body obj) reply {
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		return do(&call{h: h, me: "ann", repo: r, args: args, body: raw})
	}
	for _, tc := range []struct {
		ref    string
		status int
	}{
		{"refs/heads/main/x", 422}, {"refs/heads/side/x", 201}, {"refs/heads/side", 422}, {"refs/heads/side/y", 201}, {"refs/tags/main", 201},
	} {
		if got := send((*call).createRef, nil, obj{"ref": tc.ref, "sha": sha}); got.status != tc.status {
			t.Errorf("%s: %d %v, want %d", tc.ref, got.status, got.value, tc.status)
		}
	}
	if got := send((*call).renameBranch, map[string]string{"branch": "main"}, obj{"new_name": "side/x/y"}); got.status != 422 || r.git.resolve("main") != sha {
		t.Errorf("renamed: %d %v", got.status, got.value)
	}
	if got := send((*call).createRelease, nil, obj{"tag_name": "main/1", "target_commitish": "side/x"}); got.status != 422 || len(r.releases) > 0 {
		t.Errorf("released: %d %v", got.status, got.value)
	}
}

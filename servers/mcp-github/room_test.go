package main

import (
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

// TestNoFolderOverAFile: a tree with run.sh/x would drop run.sh in silence.
func TestNoFolderOverAFile(t *testing.T) {
	bodies := make(map[string]map[string]any)
	c := branch(t, bodies).connect(t)
	create := map[string]any{"path": "run.sh/deep/x", "action": "create", "content": "x\n"}
	text := c.MustFail("commit_files", a("branch", "main", "message", "m", "changes", []any{create}), kit.FailedPrecondition)
	if has(t, text, "run.sh is a file, no folder"); len(bodies) > 0 {
		t.Errorf("sent %v", bodies)
	}
	c.MustText("commit_files", a("branch", "main", "message", "m", "changes", []any{create, map[string]any{"path": "run.sh", "action": "delete"}}))
}

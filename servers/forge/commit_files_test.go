package forge_test

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

// TestCommitRefuses what would lose a file, say nothing, or is no branch.
func TestCommitRefuses(t *testing.T) {
	o, f := options(nil)
	c := connect(t, o)
	with := func(change map[string]any, more ...string) map[string]any {
		args := map[string]any{"repo": "ann/web", "branch": "main", "message": "x", "changes": []any{change}}
		for i := 0; i+1 < len(more); i += 2 {
			args[more[i]] = more[i+1]
		}
		return args
	}
	create := map[string]any{"path": "a.txt", "action": "create", "content": "a\n"}
	c.MustText("commit_files", with(create))
	before := f.Writes()
	move := with(map[string]any{"path": "README.md", "action": "move", "from": "a.txt"})
	for _, dry := range []bool{true, false} {
		move["dry_run"] = dry
		if text := c.MustFail("commit_files", move, kit.Conflict); !strings.Contains(text, "README.md is there already") {
			t.Errorf("a move over a file: %s", text)
		}
	}
	c.MustFail("commit_files", with(map[string]any{"path": "b.txt", "action": "create", "content": "b\n"}, "message", " \n"), kit.InvalidArgument)
	if f.Writes() != before {
		t.Error("something was written")
	}
	var made struct{ Files []any }
	c.MustStruct("commit_files", with(map[string]any{"path": "none.txt", "action": "delete"}), &made)
	if made.Files == nil {
		t.Error("files is null where nothing is to commit")
	}
}

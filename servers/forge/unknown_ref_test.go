package forge_test

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

// TestUnknownRef: what is not there names what is, with tools that every agent has.
func TestUnknownRef(t *testing.T) {
	o, _ := options(nil)
	c := connect(t, o)
	c.MustText("create_branch", map[string]any{"repo": "ann/web", "name": "feature/login"})
	for _, tc := range []struct {
		tool string
		args map[string]any
		want string
	}{
		{"get_file", map[string]any{"path": "README.md", "ref": "featur/login"}, "did you mean feature/login?"},
		{"list_files", map[string]any{"ref": "zzz"}, "branches feature/login, main"},
		{"list_commits", map[string]any{"ref": "zzz"}, "branches feature/login, main"},
		{"create_branch", map[string]any{"name": "x", "from": "mian"}, "did you mean main?"},
		{"delete_branch", map[string]any{"name": "feature/logni"}, "did you mean feature/login?"},
	} {
		tc.args["repo"] = "ann/web"
		if text := c.MustFail(tc.tool, tc.args, kit.NotFound); !strings.Contains(text, tc.want) || strings.Contains(text, "list_refs") {
			t.Errorf("%s %v: %s, want %q", tc.tool, tc.args, text, tc.want)
		}
	}
	if text := c.MustFail("get_file", map[string]any{"repo": "ann/none", "path": "x", "ref": "main"}, kit.NotFound); !strings.Contains(text, "is ann/none right?") {
		t.Errorf("a repository that is not there: %s", text)
	}
	c.MustFail("update_issue", map[string]any{"repo": "ann/web", "number": 1, "add_labels": []string{"a"}, "remove_labels": []string{"A"}}, kit.InvalidArgument)
}

// TestReleaseCommit is that of the tag, whatever the branch is at by now.
func TestReleaseCommit(t *testing.T) {
	o, f := options(nil)
	c := connect(t, o)
	want, err := f.Resolve(t.Context(), "ann/web", "main")
	if err != nil {
		t.Fatal(err)
	}
	var made struct{ Commit string }
	if c.MustStruct("create_release", map[string]any{"repo": "ann/web", "tag": "v1", "target": "main"}, &made); made.Commit != want {
		t.Errorf("the release is of %q, want %q", made.Commit, want)
	}
}

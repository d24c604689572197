package generated

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDir(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"repo/.git", "repo/loom", "worktree/loom", "config/loom", "linked"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"repo/loom/registry.yaml", "worktree/.git", "worktree/loom/registry.yaml"} {
		if err := os.WriteFile(filepath.Join(root, file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(root, "repo/loom/registry.yaml"), filepath.Join(root, "linked/registry.yaml")); err != nil {
		t.Fatal(err)
	}
	for registry, want := range map[string]string{
		"repo/loom/registry.yaml":     "repo/loom/generated",
		"repo/loom/none.yaml":         "repo/loom/generated", // not there yet
		"worktree/loom/registry.yaml": "worktree/loom/generated",
		"linked/registry.yaml":        "repo/loom/generated",
		"config/loom/registry.yaml":   "state/generated",
		"nowhere/registry.yaml":       "state/generated",
	} {
		if got := Dir(filepath.Join(root, registry), filepath.Join(root, "state")); got != filepath.Join(root, want) {
			t.Errorf("Dir(%s) = %s", registry, got)
		}
	}
}

func TestWrite(t *testing.T) {
	path := Path(t.TempDir(), "default", "codex", "config.toml")
	if _, ok, err := Read(path); ok || err != nil {
		t.Fatalf("a file that is not there: %v, %v", ok, err)
	}
	for i, step := range []struct {
		text    string
		changed bool
	}{{"a\n", true}, {"a\n", false}, {"b\n", true}} {
		changed, err := Write(path, []byte(step.text))
		if err != nil || changed != step.changed {
			t.Errorf("step %d: %v, %v", i, changed, err)
		}
		text, _, _ := Read(path)
		if string(text) != step.text {
			t.Errorf("step %d: %q", i, text)
		}
	}
	file, err := os.Stat(path)
	if err != nil || file.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", file.Mode(), err)
	}
	folder, err := os.Stat(filepath.Dir(path))
	if err != nil || folder.Mode().Perm() != 0o700 {
		t.Errorf("its folder: %v, %v", folder.Mode(), err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("left over: %v", left)
	}
}

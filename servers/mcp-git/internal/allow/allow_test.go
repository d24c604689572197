package allow_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/loom-core/loom/servers/mcp-git/internal/allow"
)

func TestResolve(t *testing.T) {
	base := t.TempDir()
	for _, dir := range []string{"in/sub", "inside", "out"} {
		if err := os.MkdirAll(filepath.Join(base, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, name string) {
		if err := os.Symlink(target, filepath.Join(base, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("../out", "in/escape")
	link("sub", "in/fine")
	link("in", "alias")
	link(filepath.Join(base, "out", "missing"), "in/dangling")

	dirs, err := allow.New(filepath.Join(base, "alias"))
	if err != nil {
		t.Fatal(err)
	}
	const ok, outside, missing = "ok", "outside", "missing"
	for _, c := range []struct{ path, want string }{
		{"in", ok},
		{"in/sub", ok},
		{"in/fine", ok},
		{"alias/fine", ok},
		{"in/sub/..", ok},
		{"in/escape", outside},
		{"in/sub/../../out", outside},
		{"inside", outside}, // shares a prefix, not a folder
		{"out", outside},
		{".", outside},
		{"in/none", missing},
		{"out/none", outside},
		{"in/escape/none", outside},
		{"in/dangling", missing}, // tells nothing: the target does not exist
	} {
		_, err := dirs.Resolve(filepath.Join(base, "x") + "/../" + c.path)
		got := ok
		var out *allow.Outside
		switch {
		case errors.As(err, &out):
			got = outside
		case errors.Is(err, fs.ErrNotExist):
			got = missing
		case err != nil:
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("Resolve(%q) = %v (%v), want %s", c.path, got, err, c.want)
		}
	}
	if _, err := (allow.Dirs)(nil).Resolve(base); err == nil {
		t.Error("no directory is allowed, and one was")
	}
}

func TestNewNeedsDirectoriesThatExist(t *testing.T) {
	if _, err := allow.New(filepath.Join(t.TempDir(), "typo")); err == nil {
		t.Error("New accepted a directory that does not exist")
	}
}

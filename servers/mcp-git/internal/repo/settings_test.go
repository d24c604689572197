package repo

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/loom-core/loom/servers/mcp-git/internal/allow"
	"github.com/loom-core/loom/servers/mcp-git/internal/git"
)

// A value or a name of the foreign configuration must not become another key
// in ours, so what is written is read back by git.
func TestWrittenSettingsAreReadBack(t *testing.T) {
	dir := t.TempDir()
	g, err := git.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dirs, err := allow.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	odd := []string{"plain", "a b", `quote"`, `back\slash`, `"]` + "\t[core] fsmonitor=x", "#;", `\`, `\"`, "ü.x", " space "}
	want := settings{{"core.bare", "false"}}
	for _, name := range odd {
		for _, value := range append(odd, "", "two\nlines", "[core]\n\tfsmonitor = x", "tab\t", "\b") {
			want = append(want, setting{"branch." + name + ".merge", value})
		}
	}
	text, err := want[1:].config(place{worktree: dir})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "config")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := readConfigFile(t.Context(), g, dirs, dir, file)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("wrote %d settings, read %d:\n%q", len(want), len(got), got)
	}
}

func TestOnlyFactsAreTakenOver(t *testing.T) {
	for key, taken := range map[string]bool{
		"core.filemode": true, "core.autocrlf": true, "branch.x.remote": true, "remote.origin.fetch": true, "extensions.objectformat": true,
		"core.fsmonitor": false, "core.worktree": false, "core.excludesfile": false, "filter.x.clean": false, "diff.x.textconv": false,
		"remote.origin.url": false, "remote.origin.promisor": false, "extensions.partialclone": false, "include.path": false,
		"includeif.gitdir:/.path": false, "alias.log": false, "branch.x.pushremote": false, "something.from.the.future": false,
	} {
		text, err := settings{{key, "v"}}.config(place{})
		if got := len(text) > len("[core]\n\tbare = \"true\"\n"); err != nil || got != taken {
			t.Errorf("%s is taken over: %v (%v), want %v", key, got, err, taken)
		}
	}
}

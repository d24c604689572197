package repo_test

import (
	"context"
	"os"
	"testing"

	"github.com/loom-core/loom/servers/mcp-git/internal/allow"
	"github.com/loom-core/loom/servers/mcp-git/internal/git"
	"github.com/loom-core/loom/servers/mcp-git/internal/repo"
)

func findGit(t testing.TB) *git.Git {
	t.Helper()
	g, err := git.Find(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// open opens dir, which alone is allowed, and closes it with the test.
func open(t testing.TB, dir string) *repo.Repo {
	t.Helper()
	dirs, err := allow.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := repo.Open(t.Context(), findGit(t), dirs, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// views counts the views that exist; every test that opens one checks that it
// goes away.
func views(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		if len(e.Name()) > 8 && e.Name()[:8] == "mcp-git-" {
			n++
		}
	}
	return n
}

func resolve(t testing.TB, r *repo.Repo, ref string) string {
	t.Helper()
	sha, err := r.Resolve(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return sha
}

package repo_test

import (
	"context"
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

func resolve(t testing.TB, r *repo.Repo, ref string) string {
	t.Helper()
	sha, err := r.Resolve(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return sha
}

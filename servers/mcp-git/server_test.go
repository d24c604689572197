package main

import (
	"context"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/loom-core/loom/servers/mcp-git/internal/allow"
	"github.com/loom-core/loom/servers/mcp-git/internal/git"
	"github.com/loom-core/loom/servers/mcp-git/internal/repotest"
)

// testNow is after every commit that repotest makes.
var testNow = time.Date(2024, 3, 2, 0, 0, 0, 0, time.UTC)

// testServer allows dir, which is the working directory too.
func testServer(t testing.TB, dir string) *kit.Server {
	t.Helper()
	return newServer(testRepositories(t, dir))
}

func testRepositories(t testing.TB, dir string, allowed ...string) *repositories {
	t.Helper()
	g, err := git.Find(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	dirs, err := allow.New(allowed...)
	if err != nil {
		t.Fatal(err)
	}
	return &repositories{git: g, allowed: dirs, cwd: dir, now: func() time.Time { return testNow }}
}

func connect(t testing.TB, r *repotest.Repo) *kittest.Client {
	t.Helper()
	return kittest.Connect(t, testServer(t, r.Dir))
}

type obj = map[string]any

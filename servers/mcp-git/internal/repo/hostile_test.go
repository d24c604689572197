package repo_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/loom-core/loom/servers/mcp-git/internal/repo"
	"github.com/loom-core/loom/servers/mcp-git/internal/repotest"
)

// A trap that cannot go off proves nothing, so plain git walks into each.
func TestPlainGitSpringsTheTraps(t *testing.T) {
	for _, trap := range repotest.NewHostile(t).Traps {
		if trap.Fire == nil {
			continue
		}
		h := repotest.NewHostile(t)
		h.Plain(trap)
		if sprung := h.Sprung(); !slices.Contains(sprung, trap.Name) {
			t.Errorf("git %v did not run %s, only %v", trap.Fire, trap.Name, sprung)
		}
	}
}

// Everything that this package can ask of git, asked of the hostile repository.
func TestNothingOfAHostileRepositoryRuns(t *testing.T) {
	h := repotest.NewHostile(t)
	ctx := t.Context()
	all := func(string) bool { return true }
	var r *repo.Repo
	var head, first string
	for _, c := range []struct {
		name string
		call func() error
	}{
		{"open", func() error { r = open(t, h.Dir); return nil }},
		{"resolve", func() error { head, first = resolve(t, r, "HEAD"), resolve(t, r, "HEAD~3"); return nil }},
		{"refs", func() error { _, err := r.Refs(ctx, repo.Branches, repo.Tags, repo.RemoteBranches); return err }},
		{"log", func() error {
			_, err := r.Log(ctx, repo.LogQuery{From: head, Path: "a.textconv", Limit: 10})
			return err
		}},
		{"commit", func() error { _, err := r.Commit(ctx, resolve(t, r, "HEAD~1")); return err }},
		{"count", func() error { _, _, err := r.Count(ctx, first, head); return err }},
		{"merge base", func() error { _, err := r.MergeBase(ctx, first, head); return err }},
		{"patch", func() error {
			changes, _, err := r.Changes(ctx, first, head, nil)
			if err == nil {
				_, err = r.Patch(ctx, repo.PatchQuery{From: first, To: head, Changes: changes, Context: 3, Budget: 1 << 20, Skip: func(int) bool { return false }})
			}
			return err
		}},
		{"blame", func() error { _, err := r.Blame(ctx, head, "a.textconv", 1, 3); return err }},
		{"grep commit", func() error {
			_, err := r.Grep(ctx, repo.GrepQuery{SHA: resolve(t, r, "HEAD~2"), Text: "needle", Limit: 100, Paths: []string{"a.*"}})
			return err
		}},
		{"grep working tree", func() error { _, err := r.Grep(ctx, repo.GrepQuery{Text: "needle", Limit: 100}); return err }},
		{"grep gap", func() error { _, err := r.GrepGap(ctx); return err }},
		{"file of a commit", func() error { _, err := r.File(ctx, repo.FileQuery{SHA: head, Path: "a.clean", Fits: all}); return err }},
		{"file", func() error { _, err := r.File(ctx, repo.FileQuery{Path: "a.process", Fits: all}); return err }},
		{"submodule", func() error { _, err := r.File(ctx, repo.FileQuery{SHA: head, Path: "sub", Fits: all}); return err }},
		{"status", func() error { h.Dirty(); _, err := r.Status(ctx, nil, true); return err }},
		{"missing blob", func() error {
			_, err := r.File(ctx, repo.FileQuery{SHA: head, Path: "gone.txt", Fits: all})
			if kind(err) != repo.Unavailable {
				t.Errorf("a blob that would have to be fetched: %v, want unavailable", err)
			}
			return nil
		}},
	} {
		if err := c.call(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if sprung := h.Sprung(); len(sprung) > 0 {
			t.Errorf("%s ran %v", c.name, sprung)
		}
	}
}

// kind is the kind of an error of the package, or "".
func kind(err error) repo.Kind {
	var e *repo.Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

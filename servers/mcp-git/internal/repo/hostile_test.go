package repo_test

import (
	"slices"
	"testing"

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

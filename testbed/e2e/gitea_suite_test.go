package e2e

import (
	"testing"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/fault"
)

// TestForgeGitea is the conformance suite of the forges on a real Gitea, through
// the whole line, with real runs.
func TestForgeGitea(t *testing.T) {
	at := use(t, "gitea")
	api := giteaAPI(t, at)
	all, front := fault.Proxy(t, at.URL), fault.Proxy(t, at.URL)
	c := newWorld(t, instances("gitea", "GITEA", all.URL, at.Token, reviewer(t, at, api))).Connect(testbed.ClientOptions{})
	ro := newWorld(t, instances("gitea", "GITEA", front.URL, at.Token, "", `LOOM_GITEA_READ_ONLY: "true"`)).Connect(testbed.ClientOptions{})
	g := &giteaForge{at: at, api: api, prefix: "suite-", runners: map[string]*runner{}}
	forgetest.Suite(t, forgetest.World{
		Nouns: forge.GitHub, Call: caller(c, "gitea", "author"), Review: caller(c, "gitea", "reviewer"),
		ReadOnly:  caller(ro, "gitea", ""),
		Mutations: func() int { return mutations(front) },
		Forge:     g, CI: g,
	})
	t.Run("contract", func(t *testing.T) { checkContract(t, at, append(all.Requests(), front.Requests()...)) })
}

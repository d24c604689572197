package e2e

import (
	"net/http"
	"testing"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/fault"
	"github.com/loom-core/loom/testbed/service"
)

// TestGiteaSuite is the conformance suite of the forges on a real Gitea, through
// the whole line, with real runs.
func TestGiteaSuite(t *testing.T) {
	at := use(t, "gitea")
	api := giteaAPI(t, at)
	before := func(front *fault.Front) service.Endpoint { seen := at; seen.URL = front.URL; return seen }
	all, front := fault.Proxy(t, at.URL), fault.Proxy(t, at.URL)
	c := newWorld(t, giteaInstances(before(all), reviewer(t, at, api))).Connect(testbed.ClientOptions{})
	ro := newWorld(t, giteaServer(before(front), "LOOM_GITEA_READ_ONLY", "true", "LOOM_GITEA_TOOLSETS", "all")).Connect(testbed.ClientOptions{})
	g := &giteaForge{at: at, api: api, prefix: "suite-", runners: map[string]*runner{}}
	forgetest.Suite(t, forgetest.World{
		Nouns: forge.GitHub, Call: caller(c, "gitea", "author"), Review: caller(c, "gitea", "reviewer"),
		ReadOnly: caller(ro, "gitea", ""),
		Mutations: func() (n int) {
			for _, r := range front.Requests() {
				if r.Method != http.MethodGet && r.Method != http.MethodHead {
					n++
				}
			}
			return n
		},
		Forge: g, CI: g,
	})
	t.Run("contract", func(t *testing.T) { checkContract(t, at, append(all.Requests(), front.Requests()...)) })
}

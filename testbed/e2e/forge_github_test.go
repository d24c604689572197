package e2e

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/contract"
	"github.com/loom-core/loom/testbed/fault"
	"github.com/loom-core/loom/testbed/standin/github"
)

// gitHub is a stand-in behind a checker and a front.
type gitHub struct {
	*github.Hub
	check *contract.Checker
	front *fault.Front
	spoil atomic.Pointer[contract.Spoil] // of answers; nil: none
}

// newGitHub starts one of a version. For a server of ours any address that is not
// GitHub's own is an Enterprise Server, so that GitHub.com is below /api/v3 as well.
func newGitHub(t *testing.T, version string) *gitHub {
	t.Helper()
	gate(t)
	d := contract.GitHub(t, version).At("/api/v3")
	g := &gitHub{Hub: github.New(t, d)}
	g.check = contract.NewChecker(t, d, g.Hub)
	g.check.GraphQL = contract.GitHubSchema(t)
	server := httptest.NewServer(github.Gzip(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if spoil := g.spoil.Load(); spoil != nil {
			d.Spoiled(g.check, *spoil).ServeHTTP(w, r)
		} else {
			g.check.ServeHTTP(w, r)
		}
	})))
	t.Cleanup(server.Close)
	g.front = fault.Proxy(t, server.URL)
	g.At(g.front.URL)
	return g
}

// mutations are the requests that may have changed something: in GraphQL, those
// that say so.
func mutations(front *fault.Front) (n int) {
	for _, r := range front.Requests() {
		switch {
		case r.Method == http.MethodGet, r.Method == http.MethodHead:
		case r.Path == "/api/graphql" && !bytes.Contains(r.Body, []byte("mutation")):
		default:
			n++
		}
	}
	return n
}

// TestForgeGitHub is the conformance suite of the forges on a stand-in for GitHub,
// through the whole line. Every request is held against the description of
// GitHub.com, and then against those of Enterprise Server.
func TestForgeGitHub(t *testing.T) {
	g := newGitHub(t, contract.GitHubCom)
	author, reviewer := g.Account("ann"), g.Account("bob")
	c := newWorld(t, instances("github", "GITHUB", g.front.URL, author, reviewer)).Connect(testbed.ClientOptions{})
	looked := fault.Proxy(t, g.front.URL)
	ro := newWorld(t, instances("github", "GITHUB", looked.URL, author, "", `LOOM_GITHUB_READ_ONLY: "true"`)).Connect(testbed.ClientOptions{})
	w := github.World{Hub: g.Hub, Owner: "ann"}
	forgetest.Suite(t, forgetest.World{
		Nouns: forge.GitHub, Call: caller(c, "github", "author"), Review: caller(c, "github", "reviewer"), ReadOnly: caller(ro, "github", ""),
		Mutations: func() int { return mutations(looked) }, Forge: w, CI: w, MaxPage: 100,
	})
	t.Run("operations", func(t *testing.T) { gitHubRest(t, w, caller(c, "github", "author")) })
	g.check.Covers()
	if strayed := slices.Compact(g.Strayed()); len(strayed) > 0 {
		t.Errorf("the store of logs was given %q", strayed)
	}
	t.Logf("%d requests of %d operations", len(g.front.Requests()), len(g.check.Called()))
	for _, version := range []string{contract.GHES319, contract.GHES318, contract.GHES317} {
		t.Run(version, func(t *testing.T) { replay(t, version, g.front.Requests()) })
	}
}

// replay holds requests against another description. Nobody answers them.
func replay(t *testing.T, version string, requests []fault.Request) {
	check := contract.NewChecker(t, contract.GitHub(t, version), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }))
	check.GraphQL = contract.GitHubSchema(t)
	for _, r := range requests {
		req := httptest.NewRequest(r.Method, r.Path+"?"+r.Query.Encode(), bytes.NewReader(r.Body))
		req.Header = r.Header
		check.ServeHTTP(httptest.NewRecorder(), req)
	}
}

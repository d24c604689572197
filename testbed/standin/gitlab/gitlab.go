package gitlab

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// TB is what New needs of a test.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	TempDir() string
	Cleanup(func())
}

// GitLab is one instance.
type GitLab struct {
	URL string // without /api/v4

	store *store

	mu       sync.Mutex
	switches Switches
	now      time.Time
	lastID   int
	users    []*user
	groups   []*group
	projects []*project
	unknown  []string
}

// New starts an instance that ends with the test.
func New(t TB) *GitLab {
	t.Helper()
	g := &GitLab{switches: Normal(), now: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)}
	var err error
	if g.store, err = newStore(t.TempDir()); err != nil {
		t.Fatalf("making a store for GitLab: %v", err)
	}
	s := httptest.NewServer(g.Handler())
	t.Cleanup(s.Close)
	g.URL = s.URL
	return g
}

// Handler is the API without a listener.
func (g *GitLab) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, table := range []routes{
		accountRoutes, namespaceRoutes, projectRoutes, fileRoutes, refRoutes, commitRoutes, searchRoutes, issueRoutes, noteRoutes, planRoutes,
		mergeRoutes, approvalRoutes, discussionRoutes, draftRoutes, pipelineRoutes, jobRoutes, ciRoutes, releaseRoutes,
	} {
		for pattern, h := range table {
			method, path, _ := strings.Cut(pattern, " ")
			mux.Handle(method+" /api/v4"+path, g.serve(h))
		}
	}
	mux.Handle("POST /api/graphql", g.serve(graphql))
	mux.Handle("/", g.serve(func(c *call) (any, error) {
		g.unknown = append(g.unknown, c.r.Method+" "+c.r.URL.EscapedPath())
		return nil, &problem{http.StatusNotFound, obj{"error": "404 Not Found"}}
	}))
	return mux
}

// Unknown are the requests to paths that are not here, which GitLab may have.
func (g *GitLab) Unknown() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.unknown)
}

// id is the next of all ids: they are unique over all kinds, so that one taken
// for another is noticed.
func (g *GitLab) id() int { g.lastID++; return g.lastID + 1000 }

// tick makes each thing a second younger than the one before.
func (g *GitLab) tick() time.Time { g.now = g.now.Add(time.Second); return g.now }

// stamp is a time as GitLab writes it.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}

// obj is an object of JSON.
type obj map[string]any

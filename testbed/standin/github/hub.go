package github

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed/contract"
)

// Hub is a GitHub. Its handler may be called concurrently.
type Hub struct {
	t        testing.TB
	d        *contract.Description
	schema   *contract.Schema
	handlers map[string]handler
	store    *httptest.Server // of logs, which are not on GitHub's own host

	mu       sync.Mutex
	lies     Lies
	public   string            // URL, if it is not that of a request
	dir      string            // of the repositories
	accounts map[string]string // token -> login
	users    []string          // in order of their ids
	orgs     []string          // in which everybody may do everything
	repos    map[string]*repo  // owner/name, in lower case
	renamed  map[string]string // old name -> new one, both in lower case
	notices  []*notice
	lastID   int64
	now      time.Time
	strayed  []string // credentials that came to the store of logs
}

// New is a GitHub without repositories, of a version that d describes.
func New(t testing.TB, d *contract.Description) *Hub {
	t.Helper()
	// Not t.TempDir: handlers may be at work when it is removed.
	dir, err := os.MkdirTemp("", "loom-github-")
	if err != nil {
		t.Fatal(err)
	}
	h := &Hub{
		t: t, d: d, schema: contract.GitHubSchema(t), dir: dir, accounts: map[string]string{}, repos: map[string]*repo{}, renamed: map[string]string{},
		lastID: 1000,
	}
	h.handlers = h.table()
	h.store = httptest.NewServer(http.HandlerFunc(h.serveStore))
	t.Cleanup(func() {
		h.store.Close()
		os.RemoveAll(dir)
	})
	return h
}

// Account makes a user, and his token.
func (h *Hub) Account(login string) (token string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	token = fmt.Sprintf("token-of-%s", login) // no form of a real one: nothing is to take it for a secret
	h.accounts[token] = login
	h.users = append(h.users, login)
	return token
}

// Org makes an organization, of which everybody is an owner.
func (h *Hub) Org(login string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.orgs = append(h.orgs, login)
}

// Operations are what it can answer, "METHOD /path".
func (h *Hub) Operations() (list []string) {
	for op := range h.handlers {
		list = append(list, op)
	}
	return list
}

// id is a number that nothing else has.
func (h *Hub) id() int64 { h.lastID++; return h.lastID }

// tick is the time in whole seconds, as GitHub has it. It never goes back; a job
// that was played has it go forward.
func (h *Hub) tick() time.Time {
	if now := time.Now().UTC().Truncate(time.Second); now.After(h.now) {
		h.now = now
	}
	return h.now
}

func (h *Hub) repo(name string) *repo { return h.repos[strings.ToLower(name)] }

// Rename moves a repository; requests for its old name are sent on.
func (h *Hub) Rename(from, to string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.repo(from)
	delete(h.repos, strings.ToLower(from))
	r.owner, r.name, _ = strings.Cut(to, "/")
	h.repos[strings.ToLower(to)] = r
	h.renamed[strings.ToLower(from)] = strings.ToLower(to)
}

// Private hides a repository from all but its owner.
func (h *Hub) Private(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.repo(name).private = true
}

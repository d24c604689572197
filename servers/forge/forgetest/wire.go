package forgetest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Wire is a forge of a few paths, over HTTP, that remembers what it was asked.
// What it does not have is a 404.
type Wire struct {
	*httptest.Server
	missing http.HandlerFunc
	roots   []string // of the API: what is below one is a path

	mu    sync.Mutex
	paths map[string]http.HandlerFunc // by line; guarded by mu
	sent  []Sent                      // guarded by mu
}

// Sent is a request that was made, with what it brought.
type Sent struct {
	Line, Query string // method and path below the API
	Header      http.Header
	Body        map[string]any // nil where it was no JSON object
}

func (s Sent) String() string { return s.Line + "?" + s.Query }

// Changes reports whether it may have changed something. A query of GraphQL is a
// POST that only reads.
func (s Sent) Changes() bool {
	if query, ok := s.Body["query"].(string); ok && strings.HasSuffix(s.Line, "/graphql") {
		return strings.HasPrefix(strings.TrimSpace(query), "mutation")
	}
	return !strings.HasPrefix(s.Line, "GET ") && !strings.HasPrefix(s.Line, "HEAD ")
}

// NewWire serves until the test ends. missing is the body of a 404; roots are
// those of the APIs, such as /api/v4.
func NewWire(t testing.TB, missing string, roots ...string) *Wire {
	w := &Wire{missing: Reply(http.StatusNotFound, missing), roots: roots, paths: map[string]http.HandlerFunc{}}
	w.Server = httptest.NewServer(w)
	t.Cleanup(w.Close)
	return w
}

func (w *Wire) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	for _, root := range w.roots {
		if _, below, ok := strings.Cut(path, root); ok {
			path = below
			break
		}
	}
	s := Sent{Line: r.Method + " " + path, Query: r.URL.RawQuery, Header: r.Header}
	raw, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(raw, &s.Body)
	r.Body = io.NopCloser(strings.NewReader(string(raw))) // for who answers
	w.mu.Lock()
	answer := w.paths[s.Line]
	w.sent = append(w.sent, s)
	w.mu.Unlock()
	if answer == nil {
		answer = w.missing
	}
	answer(out, r)
}

// Answer sets what answers a line such as "GET /user".
func (w *Wire) Answer(line string, answer http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.paths[line] = answer
}

// Sent are the requests so far, in order. A cut answer is there before its
// handler has ended.
func (w *Wire) Sent() []Sent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sent)
}

// Changes are those of them that may have changed something.
func (w *Wire) Changes() []Sent {
	return slices.DeleteFunc(w.Sent(), func(s Sent) bool { return !s.Changes() })
}

// Reply answers with a body of JSON. A header is written as "Name: value".
func Reply(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// Quote is text as a string of JSON.
func Quote(text string) string {
	raw, _ := json.Marshal(text) // a string: cannot fail
	return string(raw)
}

// ArgsOf are arguments for a repository: name, value, name, value.
func ArgsOf(repo string, pairs ...any) map[string]any {
	m := args(pairs...)
	m["repo"] = repo
	return m
}

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit/kittest"
)

// TestMain lets no test wait before the next try.
func TestMain(m *testing.M) {
	service.Pause = func(context.Context, time.Duration) error { return nil }
	os.Exit(m.Run())
}

// fakeGitHub is an Enterprise Server of a few paths. What it does not have is a
// 404 as GitHub's.
type fakeGitHub struct {
	*httptest.Server
	mu    sync.Mutex
	paths map[string]http.HandlerFunc // by method and path below the API
	asked []string
}

func newFake(t testing.TB) *fakeGitHub {
	u := &fakeGitHub{paths: map[string]http.HandlerFunc{}}
	u.Server = httptest.NewServer(u)
	t.Cleanup(u.Close)
	return u
}

func (u *fakeGitHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	line := r.Method + " " + strings.TrimPrefix(strings.TrimPrefix(r.URL.EscapedPath(), "/api/v3"), "/api")
	u.mu.Lock()
	h := u.paths[line]
	u.asked = append(u.asked, line+"?"+r.URL.RawQuery)
	u.mu.Unlock()
	if h == nil {
		h = reply(404, `{"message":"Not Found","documentation_url":"x","status":"404"}`)
	}
	h(w, r)
}

func (u *fakeGitHub) on(line string, h http.HandlerFunc) *fakeGitHub {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.paths[line] = h
	return u
}

// changes are the requests that were no reads.
func (u *fakeGitHub) changes() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(u.asked), func(line string) bool { return strings.HasPrefix(line, "GET ") })
}

func reply(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header()[http.CanonicalHeaderKey(name)] = []string{value}
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// sha answers a question for the sha of a ref, and others with a commit.
func sha(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("Accept"), ".sha") {
			w.Header().Set("Content-Type", "application/vnd.github.sha; charset=utf-8")
			io.WriteString(w, name)
			return
		}
		fmt.Fprintf(w, `{"sha":%q,"commit":{"message":"m","author":{"name":"Ann","date":"2026-11-01T10:00:00Z"}}}`, name)
	}
}

// graph answers GraphQL by the name of the operation.
func graph(answers map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		for name, answer := range answers {
			if strings.Contains(string(body), " "+name+"(") {
				reply(200, answer)(w, r)
				return
			}
		}
		reply(200, `{"errors":[{"type":"NOT_FOUND","message":"Could not resolve to a node"}],"data":null}`)(w, r)
	}
}

func (u *fakeGitHub) connect(t *testing.T, more ...string) *kittest.Client {
	env := map[string]string{"GITHUB_URL": u.URL + "/api/v3/", "GITHUB_TOKEN": "the-token-of-a-test"}
	for _, s := range more {
		name, value, _ := strings.Cut(s, "=")
		env[name] = value
	}
	return kittest.Connect(t, server(t, env))
}

const (
	repo = "/repos/a/b"
	head = "0123456789abcdef0123456789abcdef01234567"
)

func a(pairs ...any) map[string]any {
	m := map[string]any{"repo": "a/b"}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}

// has checks that a text has all words.
func has(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("no %q in:\n%.1200s", word, text)
		}
	}
}

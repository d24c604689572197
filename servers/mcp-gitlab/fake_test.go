package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit/kittest"
)

// Tries follow each other at once.
func init() { service.Pause = func(context.Context, time.Duration) error { return nil } }

// fakeGitLab is a GitLab of a few paths. What it does not have is a 404 as GitLab's.
type fakeGitLab struct {
	*httptest.Server
	mu    sync.Mutex
	paths map[string]http.HandlerFunc // by method and path below /api/v4
	asked []request
}

// request is one that was made, with what was sent.
type request struct {
	line, query string
	header      http.Header
	body        map[string]any
}

func newFake(t testing.TB) *fakeGitLab {
	u := &fakeGitLab{paths: map[string]http.HandlerFunc{}}
	u.Server = httptest.NewServer(u)
	t.Cleanup(u.Close)
	return u.on("GET /user", reply(200, `{"id":1,"username":"ann","name":"Ann"}`))
}

func (u *fakeGitLab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, path, _ := strings.Cut(r.URL.EscapedPath(), "/api/v4")
	if path == "" {
		path = r.URL.EscapedPath()
	}
	asked := request{line: r.Method + " " + path, query: r.URL.RawQuery, header: r.Header}
	raw, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(raw, &asked.body)
	u.mu.Lock()
	h := u.paths[asked.line]
	u.asked = append(u.asked, asked)
	u.mu.Unlock()
	if h == nil {
		h = reply(404, `{"message":"404 Not Found"}`)
	}
	h(w, r)
}

// on answers a line such as "GET /user". In what is below the project, {} stands
// for it.
func (u *fakeGitLab) on(line string, h http.HandlerFunc) *fakeGitLab {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.paths[strings.Replace(line, "{}", repo, 1)] = h
	return u
}

// sent are the requests of a line, in order.
func (u *fakeGitLab) sent(line string) (list []request) {
	u.mu.Lock()
	defer u.mu.Unlock()
	line = strings.Replace(line, "{}", repo, 1)
	for _, r := range u.asked {
		if r.line == line {
			list = append(list, r)
		}
	}
	return list
}

// writes are the lines that were no questions.
func (u *fakeGitLab) writes() (lines []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, r := range u.asked {
		if !strings.HasPrefix(r.line, "GET ") {
			lines = append(lines, strings.Replace(r.line, repo, "{}", 1))
		}
	}
	return lines
}

func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

const token = "the-token-of-a-test"

func (u *fakeGitLab) connect(t *testing.T, more ...string) *kittest.Client {
	env := map[string]string{"GITLAB_URL": u.URL + "/api/v4/", "GITLAB_TOKEN": token}
	for i := 0; i+1 < len(more); i += 2 {
		env[more[i]] = more[i+1]
	}
	return kittest.Connect(t, server(t, env))
}

const repo = "/projects/a%2Fb%2Fc"

// a are arguments for the project of the tests.
func a(pairs ...any) map[string]any {
	m := map[string]any{"repo": "a/b/c"}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}

func quote(s string) string {
	raw, _ := json.Marshal(s)
	return string(raw)
}

// jsonList is a JSON array of objects.
func jsonList(objects ...string) string { return "[" + strings.Join(objects, ",") + "]" }

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

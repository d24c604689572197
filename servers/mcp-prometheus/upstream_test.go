package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/loom-core/loom/servers/kit/upstream"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// fake is a Prometheus that answers each path with what it is told, and
// remembers what it was asked.
type fake struct {
	*httptest.Server
	mu       sync.Mutex
	answers  map[string]http.HandlerFunc // by path below /api/v1/
	requests []*http.Request             // with parsed forms
}

func newUpstream(t testing.TB) *fake {
	u := &fake{answers: make(map[string]http.HandlerFunc)}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		u.mu.Lock()
		u.requests = append(u.requests, r)
		answer := u.answers[strings.TrimPrefix(r.URL.Path, "/api/v1/")]
		u.mu.Unlock()
		if answer == nil {
			http.NotFound(w, r)
			return
		}
		answer(w, r)
	}))
	t.Cleanup(u.Close)
	return u
}

func (u *fake) on(path string, answer http.HandlerFunc) *fake {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.answers[path] = answer
	return u
}

// asked returns the requests since the last call.
func (u *fake) asked() []*http.Request {
	u.mu.Lock()
	defer u.mu.Unlock()
	list := u.requests
	u.requests = nil
	return list
}

func (u *fake) form() url.Values { return u.asked()[0].Form }

// connect makes a client of a server of ours whose clock stands still.
func (u *fake) connect(t *testing.T, settings ...string) *kittest.Client {
	t.Helper()
	return kittest.Connect(t, frozen(testClient(t, append([]string{"PROMETHEUS_URL=" + u.URL}, settings...)...)))
}

// testClient has settings such as PROMETHEUS_URL=http://127.0.0.1:1, and does
// not wait between tries.
func testClient(t testing.TB, settings ...string) *client {
	t.Helper()
	quick := service
	quick.Pause = func(context.Context, time.Duration) error { return nil }
	instances, err := upstream.Open(quick, environ(settings...))
	if err != nil {
		t.Fatal(err)
	}
	return &client{instances}
}

func environ(settings ...string) func(string) string {
	return func(name string) string {
		for _, s := range settings {
			if n, v, _ := strings.Cut(s, "="); n == name {
				return v
			}
		}
		return ""
	}
}

func frozen(c *client) *kit.Server {
	s := newServer(c)
	p := &prometheus{client: c, now: func() time.Time { return now }}
	s.Tools = []kit.Tool{p.query(), p.queryRange(), p.listMetrics(), p.listLabels()}
	return s
}

// reply answers with status and body as JSON.
func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func success(data string) http.HandlerFunc {
	return reply(http.StatusOK, `{"status":"success","data":`+data+`}`)
}

func vector(elements ...string) http.HandlerFunc {
	return success(`{"resultType":"vector","result":[` + strings.Join(elements, ",") + `]}`)
}

// answer is the structured content of query and query_range.
type answer struct {
	about
	Series     []map[string]any
	Pagination kit.Pagination
}

func has(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}

func args(text string) json.RawMessage { return json.RawMessage(text) }

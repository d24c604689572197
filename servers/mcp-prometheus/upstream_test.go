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
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// upstream is a Prometheus that answers each path with what it is told, and
// remembers what it was asked.
type upstream struct {
	*httptest.Server
	mu       sync.Mutex
	answers  map[string]http.HandlerFunc // by path below /api/v1/
	requests []*http.Request             // with parsed forms
}

func newUpstream(t *testing.T) *upstream {
	u := &upstream{answers: make(map[string]http.HandlerFunc)}
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

func (u *upstream) on(path string, answer http.HandlerFunc) *upstream {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.answers[path] = answer
	return u
}

// asked returns the requests since the last call.
func (u *upstream) asked() []*http.Request {
	u.mu.Lock()
	defer u.mu.Unlock()
	list := u.requests
	u.requests = nil
	return list
}

func (u *upstream) form() url.Values { return u.asked()[0].Form }

// connect makes a client of a server of ours whose clock stands still and
// which does not wait between tries.
func (u *upstream) connect(t *testing.T, change ...func(*client)) *kittest.Client {
	t.Helper()
	c, err := newClient(u.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	c.pause = func(context.Context, time.Duration) error { return nil }
	for _, f := range change {
		f(c)
	}
	return kittest.Connect(t, frozen(c))
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

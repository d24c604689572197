package fault_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
	"github.com/loom-core/loom/testbed/fault"
)

// asking is the client of our servers before a Front, and how long it waited
// between tries.
type asking struct {
	*upstream.Client
	mu    sync.Mutex
	waits []time.Duration
}

func newAsking(t *testing.T, front *fault.Front, s upstream.Settings) *asking {
	t.Helper()
	a := &asking{}
	s.URL = front.URL
	c, err := upstream.New(upstream.Service{
		Name: "Thing", Prefix: "X", Program: "mcp-x",
		Pause: func(_ context.Context, d time.Duration) error {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.waits = append(a.waits, d)
			return nil
		},
	}, s)
	if err != nil {
		t.Fatal(err)
	}
	a.Client = c
	t.Cleanup(c.HTTP().CloseIdleConnections)
	return a
}

func (a *asking) get(ctx context.Context) (kit.Code, *kit.Error) {
	_, err := a.JSON(ctx, upstream.Request{Path: "query"}, new(any))
	if err == nil {
		return "", nil
	}
	var e *kit.Error
	if !errors.As(err, &e) {
		return kit.Code("not an error of the kit: " + err.Error()), nil
	}
	return e.Code, e
}

// What a service or a proxy before it can do to the client of our servers, and
// what becomes of it.
func TestUpstream(t *testing.T) {
	for _, tc := range []struct {
		name   string
		fault  fault.Behaviour
		code   kit.Code // empty: good
		tries  int
		waited time.Duration // of the first wait; 0: any
	}{
		{"429", fault.Limited(), kit.RateLimited, 3, 0},
		{"retry after", fault.RetryAfter(2 * time.Second), kit.RateLimited, 3, 2 * time.Second},
		{"retry at", fault.RetryAt(2 * time.Second), kit.RateLimited, 3, 0},
		{"retry in a minute", fault.RetryAfter(time.Minute), kit.RateLimited, 1, 0},
		{"1m0s", fault.RetryText("1m0s"), kit.RateLimited, 1, 0},
		{"3s", fault.RetryText("3s"), kit.RateLimited, 3, 3 * time.Second},
		{"-1", fault.RetryText("-1"), kit.RateLimited, 3, 0},
		{"soon", fault.RetryText("soon"), kit.RateLimited, 3, 0},
		{"GitHub", fault.GitHubLimit(429, time.Hour), kit.RateLimited, 1, 0},
		{"GitLab", fault.GitLabLimit(time.Minute), kit.RateLimited, 1, 0},
		{"GitLab, one endpoint", fault.GitLabEndpointLimit(), kit.RateLimited, 3, 0},
		{"gateway", fault.XRateLimit(3 * time.Second), kit.RateLimited, 3, 3 * time.Second},
		{"proxy", fault.ProxyLimit(), kit.RateLimited, 3, 0},
		{"Gitea", fault.GiteaBusy(), kit.Unavailable, 3, 0},
		{"error page", fault.ErrorPage(502), kit.Unavailable, 3, 0},
		{"login page", fault.LoginPage(), kit.FailedPrecondition, 1, 0},
		{"empty", fault.Empty(), kit.Unavailable, 3, 0},
		{"half", fault.Half(), kit.Unavailable, 3, 0},
		{"called HTML", fault.ContentType("text/html"), "", 1, 0},
		{"cut at start", fault.Cut(fault.AtStart), kit.Unavailable, 3, 0},
		{"cut in headers", fault.Cut(fault.InHeaders), kit.Unavailable, 3, 0},
		{"cut in body", fault.Cut(fault.InBody), kit.Unavailable, 3, 0},
		{"reset in body", fault.Reset(fault.InBody), kit.Unavailable, 3, 0},
		{"length too large", fault.WrongLength(10), kit.Unavailable, 3, 0},
		{"HTTP/1.0", fault.HTTP10(), "", 1, 0},
		{"big", fault.Big(20 << 20), kit.TooLarge, 1, 0},
		{"endless", fault.Endless(), kit.TooLarge, 1, 0},
		{"bomb", fault.GzipBomb(1 << 30), kit.TooLarge, 1, 0},
		{"loop", fault.RedirectLoop(http.StatusFound), kit.FailedPrecondition, 1, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			front := fault.Proxy(t, newService(t).URL)
			front.On(fault.Any, tc.fault)
			a := newAsking(t, front, upstream.Settings{})
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			code, e := a.get(ctx)
			if code != tc.code {
				t.Errorf("%q (%v), want %q", code, e, tc.code)
			}
			if e != nil && e.Hint == "" {
				t.Errorf("no hint: %v", e)
			}
			if n := len(front.Requests()); n != tc.tries {
				t.Errorf("%d requests, want %d", n, tc.tries)
			}
			if tc.waited > 0 && (len(a.waits) == 0 || a.waits[0] != tc.waited) {
				t.Errorf("waited %v, want %v", a.waits, tc.waited)
			}
			// The next one is honest.
			front.Honest()
			if code, e := a.get(ctx); code != "" {
				t.Errorf("afterwards: %v", e)
			}
		})
	}
}

// Each way to sign in stays where it belongs.
func TestUpstreamKeepsCredentials(t *testing.T) {
	front, stranger := fault.Stranger(t), fault.Stranger(t)
	a := newAsking(t, front, upstream.Settings{
		Token: "secret", Tenant: "secret", Headers: http.Header{"Private-Token": {"secret"}, "Cookie": {"a=secret"}},
	})
	for _, base := range []string{stranger.URL, stranger.As("localhost"), front.As("localhost")} {
		front.Honest()
		front.On(fault.First(1, fault.Any), fault.Redirect(http.StatusTemporaryRedirect, base))
		if code, e := a.get(t.Context()); code != "" {
			t.Error(e)
		}
	}
	last := front.Requests()[len(front.Requests())-1]
	for _, r := range append(stranger.Requests(), last) {
		if got := r.Credentials(); len(got) > 0 || r.Header.Get("X-Scope-OrgID") != "" {
			t.Errorf("%s got %v", r.Host, r.Header)
		}
	}
	if n := len(stranger.Requests()); n != 2 {
		t.Errorf("the stranger was asked %d times, want 2", n)
	}
	if got := front.Requests()[0].Credentials(); !slices.Contains(got, "Authorization: Bearer secret") {
		t.Errorf("the service got %v", got)
	}
}

func TestUpstreamHung(t *testing.T) {
	front := fault.Proxy(t, newService(t).URL)
	front.On(fault.Any, fault.Hang())
	a := newAsking(t, front, upstream.Settings{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := a.Do(ctx, upstream.Request{Path: "query"})
		done <- err
	}()
	front.AwaitRequests(1)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	front.AwaitCancelled(1, time.Second)
	if n := len(front.Requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// A token that the gate does not know any more is replaced by the one that its
// file has by then.
func TestUpstreamToken(t *testing.T) {
	clock := fault.NewClock()
	auth := fault.NewAuth(clock)
	front := fault.Proxy(t, newService(t).URL)
	front.Guard(auth)
	file := t.TempDir() + "/token"
	write(t, file, auth.Token(time.Hour))
	a := newAsking(t, front, upstream.Settings{TokenFile: file})
	if code, e := a.get(t.Context()); code != "" {
		t.Fatal(e)
	}
	clock.Advance(2 * time.Hour)
	if code, _ := a.get(t.Context()); code != kit.Unauthenticated || auth.Refused() != 1 {
		t.Errorf("%s after %d refusals", code, auth.Refused())
	}
	write(t, file, auth.Token(time.Hour))
	if code, e := a.get(t.Context()); code != "" || auth.Refused() != 2 {
		t.Errorf("%v after %d refusals", e, auth.Refused())
	}
}

func TestUpstreamTLS(t *testing.T) {
	front := fault.New(t, fault.Options{Upstream: newService(t).URL, TLS: true})
	if code, _ := newAsking(t, front, upstream.Settings{}).get(t.Context()); code != kit.FailedPrecondition {
		t.Errorf("a certificate of nobody: %s", code)
	}
	ca := t.TempDir() + "/ca.pem"
	write(t, ca, string(front.CA))
	if code, e := newAsking(t, front, upstream.Settings{CAFile: ca}).get(t.Context()); code != "" {
		t.Error(e)
	}
}

func TestUpstreamWrites(t *testing.T) {
	for name, tc := range map[string]struct {
		fault fault.Behaviour
		asked int
	}{
		"lost":    {fault.Cut(fault.AtStart), 1},
		"busy":    {fault.Status(503), 1},
		"limited": {fault.RetryAfter(time.Second), 3},
	} {
		service := newService(t)
		front := fault.Proxy(t, service.URL)
		front.On(fault.Any, tc.fault)
		a := newAsking(t, front, upstream.Settings{})
		if _, err := a.Do(t.Context(), upstream.Request{Method: "POST", Path: "x", JSON: "y"}); err == nil {
			t.Errorf("%s: no error", name)
		}
		if n := len(front.Requests()); n != tc.asked {
			t.Errorf("%s: sent %d times, want %d", name, n, tc.asked)
		}
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

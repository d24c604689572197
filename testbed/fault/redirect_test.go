package fault_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/loom-core/loom/testbed/fault"
)

// TestStranger: what a redirect to another host brings there. That net/http tells
// hosts and not ports apart is why a Stranger has a second name.
func TestStranger(t *testing.T) {
	for _, tc := range []struct {
		host string
		want []string
	}{
		{"127.0.0.1", []string{"Authorization: Bearer secret"}},
		{"localhost", nil},
	} {
		t.Run(tc.host, func(t *testing.T) {
			f, s, _ := front(t)
			stranger := fault.Stranger(t)
			f.On(fault.Any, fault.Redirect(http.StatusTemporaryRedirect, stranger.As(tc.host)))
			got := get(t, following(t), f.URL+"/a?b", "Authorization", "Bearer secret")
			if got.body != "{}" || s.asked.Load() != 0 {
				t.Errorf("the client gets %+v", got)
			}
			if r := stranger.Requests(); len(r) != 1 || r[0].Path != "/a" || !r[0].Query.Has("b") {
				t.Errorf("the stranger gets %+v", r)
			}
			if got := stranger.Credentials(); !slices.Equal(got, tc.want) {
				t.Errorf("the stranger is shown %q, want %q", got, tc.want)
			}
		})
	}
}

// TestRedirectLoop: it goes on for as long as a client follows.
func TestRedirectLoop(t *testing.T) {
	f, _, _ := front(t)
	f.On(fault.Any, fault.RedirectLoop(http.StatusFound))
	if got := get(t, following(t), f.URL); got.err == nil || len(f.Requests()) != 10 {
		t.Errorf("after %d requests: %+v", len(f.Requests()), got)
	}
}

// following is a client that follows redirects as net/http does.
func following(t *testing.T) *http.Client {
	c := newClient(t)
	c.CheckRedirect = nil
	return c
}

// TestETags: who has an answer gets a 304, who has another one or none all of it.
func TestETags(t *testing.T) {
	f, s, c := front(t)
	f.On(fault.Any, fault.ETags())
	tag := get(t, c, f.URL).header.Get("ETag")
	if len(tag) != 18 || tag[0] != '"' || tag[17] != '"' {
		t.Fatalf("the ETag is %s", tag)
	}
	for _, tc := range []struct {
		has    string
		status int
		body   string
	}{
		{tag, 304, ""}, {`"other", W/` + tag, 304, ""}, {"*", 304, ""}, {`"other"`, 200, text}, {"", 200, text},
	} {
		got := get(t, c, f.URL, "If-None-Match", tc.has)
		if got.status != tc.status || got.body != tc.body || got.header.Get("ETag") != tag || got.err != nil {
			t.Errorf("to who has %s: %+v", tc.has, got)
		}
	}
	if n, open := s.asked.Load(), f.Accepted(); n != 6 || open != 1 {
		t.Errorf("the service was asked %d times over %d connections", n, open)
	}
	f.Honest()
	f.On(fault.Any, fault.Status(500), fault.ETags())
	if got := get(t, c, f.URL); got.header.Get("ETag") != "" {
		t.Errorf("an error has the ETag %s", got.header.Get("ETag"))
	}
}

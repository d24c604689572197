package upstream

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

func TestLibrary(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/good":
			io.WriteString(w, `{"token":"`+r.Header.Get("Authorization")+`"}`)
		case "/away":
			http.Redirect(w, r, "/good", http.StatusFound)
		case "/login":
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<html>")
		case "/limited":
			w.Header().Set("Retry-After", "1m0s")
			w.WriteHeader(http.StatusTooManyRequests)
		case "/empty":
		default:
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, `{"message":"no such thing"}`)
		}
	}))
	defer s.Close()
	c, err := New(Service{Name: "Test", Prefix: "TEST", Program: "mcp-test", Pause: func(context.Context, time.Duration) error { return nil }}, Settings{URL: s.URL, Token: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		method, path string
		code         kit.Code
		want         string
	}{
		{"GET", "/good", "", "Bearer secret"},
		{"GET", "/away", "", "Bearer secret"},
		{"POST", "/empty", "", ""},
		{"GET", "/empty", kit.Unavailable, "nothing in it"},
		{"GET", "/login", kit.FailedPrecondition, "text/html"},
		{"GET", "/limited", kit.RateLimited, "/limited"},
		{"DELETE", "/missing", kit.NotFound, "no such thing"},
	} {
		req, _ := http.NewRequestWithContext(t.Context(), tc.method, s.URL+tc.path, nil)
		resp, err := c.Library().Do(req)
		if tc.code != "" {
			var e *kit.Error
			if !errors.As(err, &e) || e.Code != tc.code || !strings.Contains(e.Message, tc.want) {
				t.Errorf("%s %s: %v, want %s with %q", tc.method, tc.path, err, tc.code, tc.want)
			}
			if e != nil && e.Code == kit.RateLimited && e.RetryAfter != time.Minute {
				t.Errorf("%s: wait %v", tc.path, e.RetryAfter)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s %s: %v", tc.method, tc.path, err)
			continue
		}
		if body, _ := io.ReadAll(resp.Body); !strings.Contains(string(body), tc.want) {
			t.Errorf("%s %s: %s", tc.method, tc.path, body)
		}
	}
}

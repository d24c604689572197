package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

func TestUpstreamErrors(t *testing.T) {
	plain := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	for _, tc := range []struct {
		name     string
		upstream http.HandlerFunc
		code     kit.Code
		tries    int
		want     []string
	}{
		{"parse error", reply(400, `{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:3: parse error: unexpected end of input inside braces"}`),
			kit.InvalidArgument, 1, []string{"1:3: parse error", "\n  up{\n    ^\n", `"status":400`}},
		{"422", reply(422, `{"status":"error","errorType":"execution","error":"found duplicate series for the match group"}`), kit.InvalidArgument, 1, []string{"duplicate series"}},
		{"bad_data 422", reply(422, `{"status":"error","errorType":"bad_data","error":"exceeded maximum resolution"}`), kit.InvalidArgument, 1, nil},
		{"too many samples", reply(422, `{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory"}`), kit.TooLarge, 1, []string{"Hint: narrow"}},
		{"query timeout", reply(503, `{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}`), kit.Timeout, 1, []string{`"retryable":true`}},
		{"503", plain(503, "text/html", "<html>upstream\x1b[31m"), kit.Unavailable, 3, []string{"HTTP 503"}},
		{"502", plain(502, "text/plain", ""), kit.Unavailable, 3, nil},
		{"500", plain(500, "text/plain", "oops"), kit.Unavailable, 1, nil},
		{"429", plain(429, "text/plain", ""), kit.RateLimited, 3, nil},
		{"401", plain(401, "text/plain", "no"), kit.Unauthenticated, 1, []string{"PROMETHEUS_TOKEN"}},
		{"403", plain(403, "text/plain", "no"), kit.PermissionDenied, 1, nil},
		{"404", plain(404, "text/plain", "404 page not found"), kit.FailedPrecondition, 1, []string{"PROMETHEUS_URL"}},
		{"login page", plain(200, "text/html; charset=utf-8", "<html>"), kit.FailedPrecondition, 1, []string{"text/html, not JSON"}},
		{"truncated JSON", reply(200, `{"status":"success","data":{"resultType":"vec`), kit.Unavailable, 3, []string{"broken JSON"}},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"status":`)
		}, kit.Unavailable, 3, []string{"unexpected EOF"}},
		{"wrong shape", success(`{"resultType":"vector","result":{"a":1}}`), kit.Unavailable, 1, []string{"decoding the series"}},
		{"no status", reply(200, `{}`), kit.FailedPrecondition, 1, []string{"PROMETHEUS_URL"}},
		{"empty", reply(200, ``), kit.Unavailable, 3, []string{"nothing in it"}},
		{"new result type", success(`{"resultType":"tensor","result":[]}`), kit.Unsupported, 1, []string{"tensor"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			u := newUpstream(t).on("query", tc.upstream)
			text := u.connect(t).MustFail("query", args(`{"query":"up{"}`), tc.code)
			has(t, text, tc.want...)
			if got := len(u.asked()); got != tc.tries {
				t.Errorf("%d requests, want %d", got, tc.tries)
			}
		})
	}
}

func TestRetrySucceeds(t *testing.T) {
	u, n := newUpstream(t), 0
	u.on("query", func(w http.ResponseWriter, r *http.Request) {
		if n++; n < 3 {
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(503)
			return
		}
		vector()(w, r)
	})
	c := u.connect(t)
	c.MustText("query", args(`{"query":"up"}`))
	// Longer than a call should hang: the model is told instead.
	u.on("query", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(429)
	})
	u.asked()
	has(t, c.MustFail("query", args(`{"query":"up"}`), kit.RateLimited), `"retry_after_s":60`)
	if n := len(u.asked()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestLongQueriesGoAsAFormOnce(t *testing.T) {
	u := newUpstream(t).on("query", reply(503, ""))
	query := `up{job=~"` + strings.Repeat("a|", 2000) + `"}`
	c := u.connect(t)
	c.MustFail("query", map[string]any{"query": query}, kit.Unavailable)
	got := u.asked()
	if len(got) != 1 || got[0].Method != http.MethodPost || got[0].Form.Get("query") != query || got[0].URL.RawQuery != "" {
		t.Errorf("%d requests, the first %s %.80s", len(got), got[0].Method, got[0].URL)
	}
}

func TestTooLargeAnswer(t *testing.T) {
	u := newUpstream(t).on("query", success(`"`+strings.Repeat("x", 5000)+`"`))
	text := u.connect(t, "PROMETHEUS_MAX_BODY=4KiB").MustFail("query", args(`{"query":"up"}`), kit.TooLarge)
	has(t, text, "aggregate in PromQL")
}

func TestSlowUpstreamEndsWithTheDeadline(t *testing.T) {
	u := newUpstream(t).on("query", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s := frozen(testClient(t, "PROMETHEUS_URL="+u.URL))
	s.Limits.Deadline = 50 * time.Millisecond
	has(t, kittest.Connect(t, s).MustFail("query", args(`{"query":"up"}`), kit.Timeout), "longer than 50ms")
	if timeout := u.form().Get("timeout"); timeout == "" || timeout > "0.050" {
		t.Errorf("the server was given %q", timeout)
	}
}

func TestNoServer(t *testing.T) {
	u := newUpstream(t)
	c := u.connect(t)
	u.Close()
	text := c.MustFail("query", args(`{"query":"secret_query"}`), kit.Unavailable)
	has(t, text, "connection refused", "PROMETHEUS_URL")
	if strings.Contains(text, "secret_query") {
		t.Error("the error repeats the whole URL")
	}
}

func TestNotConfigured(t *testing.T) {
	text := kittest.Connect(t, newServer(testClient(t))).MustFail("list_labels", nil, kit.FailedPrecondition)
	has(t, text, "PROMETHEUS_URL is not set")
	for _, bad := range []string{"localhost:9090", "ftp://x", "http://", "://user:hunter2@x"} {
		if _, err := newClient(environ("PROMETHEUS_URL=" + bad)); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("PROMETHEUS_URL=%q: %v", bad, err)
		}
	}
}

// Each instance has its own address and its own credentials.
func TestInstances(t *testing.T) {
	prod, staging := newUpstream(t).on("labels", success(`["a"]`)), newUpstream(t).on("labels", success(`["b"]`))
	c := kittest.Connect(t, newServer(testClient(t, "PROMETHEUS_INSTANCES=prod,staging",
		"PROMETHEUS_PROD_URL="+prod.URL, "PROMETHEUS_PROD_TOKEN=p", "PROMETHEUS_STAGING_URL="+staging.URL)))
	has(t, c.MustText("list_labels", nil), "labels: a\n")
	has(t, c.MustText("list_labels", args(`{"instance":"staging"}`)), "labels: b\n")
	has(t, c.MustFail("list_labels", args(`{"instance":"stage"}`), kit.InvalidArgument), "prod, staging")
	if got := prod.asked()[0].Header.Get("Authorization"); got != "Bearer p" {
		t.Errorf("prod got %q", got)
	}
	if got := staging.asked()[0].Header.Get("Authorization"); got != "" {
		t.Errorf("staging got %q", got)
	}
}

// Credentials stay on the host they are for.
func TestAuthorization(t *testing.T) {
	var there []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		there = append(there, r.Header.Get("Authorization"))
		vector()(w, r)
	}))
	defer other.Close()
	u := newUpstream(t)
	u.on("query", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("query") == "away" {
			http.Redirect(w, r, other.URL+r.URL.RequestURI(), http.StatusTemporaryRedirect)
			return
		}
		if r.FormValue("query") == "here" {
			http.Redirect(w, r, "/api/v1/labels", http.StatusFound)
			return
		}
		http.Redirect(w, r, "/api/v1/query", http.StatusFound) // for ever
	})
	u.on("labels", vector())
	for _, tc := range []struct{ url, token, want string }{
		{u.URL, "tok", "Bearer tok"},
		{strings.Replace(u.URL, "http://", "http://user:pw@", 1) + "/api/v1/", "", "Basic dXNlcjpwdw=="},
	} {
		there = nil
		c := kittest.Connect(t, newServer(testClient(t, "PROMETHEUS_URL="+tc.url, "PROMETHEUS_TOKEN="+tc.token)))
		c.MustText("query", args(`{"query":"away"}`))
		if len(there) != 1 || there[0] != "" {
			t.Errorf("the other host got %q", there)
		}
		u.asked()
		c.MustText("query", args(`{"query":"here"}`))
		for _, r := range u.asked() {
			if got := r.Header.Get("Authorization"); got != tc.want {
				t.Errorf("%s got %q, want %q", r.URL.Path, got, tc.want)
			}
		}
	}
	c := u.connect(t)
	has(t, c.MustFail("query", args(`{"query":"loop"}`), kit.FailedPrecondition), "in a circle")
	if n := len(u.asked()); n > 3 {
		t.Errorf("%d requests into a circle", n)
	}
}

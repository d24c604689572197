package upstream

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

// api is a service that remembers what it was asked.
type api struct {
	*httptest.Server
	mu   sync.Mutex
	seen []*http.Request
}

func serve(t *testing.T, answer http.HandlerFunc) *api {
	a := &api{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.seen = append(a.seen, r)
		a.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *api) asked() []*http.Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seen
}

var testService = Service{
	Name: "Thing", Prefix: "X", Program: "mcp-x", Smaller: "name fewer things",
	Pause: func(context.Context, time.Duration) error { return nil },
}

func open(t *testing.T, settings ...string) *Client {
	t.Helper()
	list, err := Open(testService, environ(settings...))
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

func say(status int, kind, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// failed is the error of a call, with its code.
func failed(t *testing.T, err error, code kit.Code, wants ...string) *kit.Error {
	t.Helper()
	var e *kit.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("%v, want %s", err, code)
	}
	for _, want := range wants {
		if !strings.Contains(e.Message+"\n"+e.Hint, want) {
			t.Errorf("%q, hint %q lack %q", e.Message, e.Hint, want)
		}
	}
	return e
}

func TestAnswers(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer http.HandlerFunc
		code   kit.Code
		tries  int
		want   []string
	}{
		{"bad request", say(400, "text/plain", "parse error at line 1\nmore"), kit.InvalidArgument, 1, []string{"GET /v1/x answered Bad Request (HTTP 400): parse error at line 1"}},
		{"message in JSON", say(404, "application/json", `{"message":"no such thing"}`), kit.NotFound, 1, []string{"(HTTP 404): no such thing"}},
		{"error in JSON", say(409, "application/json", `{"error":{"message":"stale"}}`), kit.Conflict, 1, []string{"(HTTP 409): stale"}},
		{"unauthorized", say(401, "text/plain", "no"), kit.Unauthenticated, 1, []string{"sets X_TOKEN or X_USER"}},
		{"forbidden", say(403, "text/html", "<p>"), kit.PermissionDenied, 1, nil},
		{"not modified", say(304, "", ""), kit.FailedPrecondition, 1, []string{"X_URL"}},
		{"teapot", say(418, "", ""), kit.FailedPrecondition, 1, nil},
		{"500", say(500, "", ""), kit.Unavailable, 1, nil},
		{"501", say(501, "", ""), kit.Unsupported, 1, nil},
		{"502", say(502, "text/html", "<html>"), kit.Unavailable, 3, nil},
		{"503", say(503, "", ""), kit.Unavailable, 3, []string{"Thing, or what stands before it, is down or busy"}},
		{"504", say(504, "", ""), kit.Unavailable, 3, nil},
		{"520", say(520, "", ""), kit.Unavailable, 1, []string{"an unknown status (HTTP 520)"}},
		{"429", say(429, "", ""), kit.RateLimited, 3, nil},
		{"429 soon", say(429, "", "", "Retry-After: 1"), kit.RateLimited, 3, nil},
		{"403 for a wait", say(403, "application/json", `{"message":"no"}`, "Retry-After: 60"), kit.RateLimited, 1, []string{"again in 1m"}},
		{"403 for nothing left", say(403, "application/json", `{"message":"no"}`, "X-RateLimit-Remaining: 0", "Date: Sun, 01 Nov 2026 10:00:00 GMT", "X-RateLimit-Reset: 1793527500"), kit.RateLimited, 1, []string{"again in 5m"}},
		{"403 for nothing left, for how long", say(403, "", "", "X-RateLimit-Remaining: 0"), kit.RateLimited, 1, []string{"does not say when"}},
		{"403 that only says so", say(403, "application/json", `{"message":"You have exceeded a secondary rate limit."}`, "X-RateLimit-Remaining: 4999", "X-RateLimit-Reset: 1793527500"), kit.RateLimited, 1, []string{"secondary rate limit", "again in 1m"}},
		{"403 with much left", say(403, "application/json", `{"message":"no"}`, "X-RateLimit-Remaining: 4999", "X-RateLimit-Reset: 1793527500"), kit.PermissionDenied, 1, nil},
		{"429 late", say(429, "", "", "Retry-After: 1m0s"), kit.RateLimited, 1, []string{"again in 1m"}},
		{"503 late", say(503, "", "", "Retry-After: 60"), kit.RateLimited, 1, nil},
		{"empty", say(200, "application/json", " \n"), kit.Unavailable, 3, []string{"nothing in it"}},
		{"login page", say(200, "text/html; charset=utf-8", "<html>"), kit.FailedPrecondition, 1, []string{"text/html, not JSON", "X_URL point at Thing"}},
		{"plain text", say(200, "text/plain", "ok"), kit.FailedPrecondition, 1, nil},
		{"half", say(200, "application/json", `{"a":[1,`), kit.Unavailable, 3, []string{"broken JSON"}},
		{"cut", say(200, "application/json", `{"a"`, "Content-Length: 1000"), kit.Unavailable, 3, []string{"unexpected EOF"}},
		{"hung up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, kit.Unavailable, 3, []string{"EOF", "is Thing running"}},
		{"wrong shape", say(200, "application/json", `[]`), kit.Unavailable, 1, []string{"decoding the answer of GET /v1/x"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := serve(t, tc.answer)
			_, err := open(t, "X_URL="+a.URL).JSON(t.Context(), Request{Path: "v1/x", Query: url.Values{"q": {"private"}}}, &struct{}{})
			e := failed(t, err, tc.code, tc.want...)
			if strings.Contains(e.Message, "private") {
				t.Errorf("the query is in %q", e.Message)
			}
			if n := len(a.asked()); n != tc.tries {
				t.Errorf("%d requests, want %d", n, tc.tries)
			}
		})
	}
}

func TestGoodAnswers(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"json":          say(200, "application/json", `{"a":1}`),
		"no kind":       say(200, "", `{"a":1}`),
		"called text":   say(200, "text/plain", `{"a":1}`),
		"at second try": nil,
		"gzip": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept-Encoding") != "gzip" {
				t.Error("gzip is not asked for")
			}
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			io.WriteString(z, `{"a":1}`)
			z.Close()
		},
	} {
		n := 0
		a := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if n++; answer == nil && n == 1 {
				w.WriteHeader(503)
				return
			}
			if answer == nil {
				say(200, "application/json", `{"a":1}`)(w, r)
				return
			}
			answer(w, r)
		})
		var out struct{ A int }
		resp, err := open(t, "X_URL="+a.URL+"/base/").JSON(t.Context(), Request{Path: "v1/" + url.PathEscape("a/b")}, &out)
		if err != nil || out.A != 1 || resp.Status != 200 || resp.Line() != "GET /base/v1/a%2Fb" {
			t.Errorf("%s: %v %v %+v", name, out, err, resp)
		}
		r := a.asked()[0]
		if r.Header.Get("Accept") != "application/json" || !strings.HasPrefix(r.Header.Get("User-Agent"), "loom-mcp-x/") || r.URL.EscapedPath() != "/base/v1/a%2Fb" {
			t.Errorf("%s: asked %s with %v", name, r.URL.EscapedPath(), r.Header)
		}
	}
}

func TestPathsStayBelowTheBase(t *testing.T) {
	c := open(t, "X_URL=http://127.0.0.1:1/base")
	for _, path := range []string{"a/../../b", "a/%2e%2E/b", "..", "a/./b", "a/%zz"} {
		_, err := c.Do(t.Context(), Request{Path: path})
		failed(t, err, kit.InvalidArgument, "cannot be part of a path")
	}
}

// A write is repeated only when it was certainly not done.
func TestWrites(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer http.HandlerFunc
		tries  int
	}{
		{"503", say(503, "", ""), 1}, {"502", say(502, "", "", "Retry-After: 1"), 1}, {"429", say(429, "", ""), 1},
		{"429 with a time", say(429, "", "", "Retry-After: 1"), 3}, {"503 with a time", say(503, "", "", "Retry-After: 0"), 3},
		{"hung up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 1},
		{"half", say(200, "application/json", `{"a":`), 1},
	} {
		a := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if body, _ := io.ReadAll(r.Body); string(body) != `{"n":1}` || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s: got %q", tc.name, body)
			}
			tc.answer(w, r)
		})
		if _, err := open(t, "X_URL="+a.URL).JSON(t.Context(), Request{Method: "POST", Path: "x", JSON: map[string]int{"n": 1}}, new(any)); err == nil {
			t.Errorf("%s: no error", tc.name)
		}
		if n := len(a.asked()); n != tc.tries {
			t.Errorf("%s: %d requests, want %d", tc.name, n, tc.tries)
		}
	}
	// Nothing was sent to a port where nobody listens.
	waits := 0
	s := testService
	s.Pause = func(context.Context, time.Duration) error { waits++; return nil }
	c, err := New(s, Settings{URL: "http://" + closedPort(t)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(t.Context(), Request{Method: "POST", Path: "x", Form: url.Values{}})
	if failed(t, err, kit.Unavailable, "connection refused", "X_URL"); waits != 2 {
		t.Errorf("%d waits, want 2", waits)
	}
}

func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestWaits(t *testing.T) {
	var waits []time.Duration
	s := testService
	s.Pause = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
	answer := say(503, "", "", "Retry-After: 2")
	a := serve(t, func(w http.ResponseWriter, r *http.Request) { answer(w, r) })
	c, err := New(s, Settings{URL: a.URL})
	if err != nil {
		t.Fatal(err)
	}
	c.Do(t.Context(), Request{})
	if len(waits) != 2 || waits[0] != 2*time.Second {
		t.Errorf("waited %v, want twice what Retry-After says", waits)
	}
	waits, answer = nil, say(503, "", "")
	c.Do(t.Context(), Request{})
	if len(waits) != 2 || min(waits[0], waits[1]) < minPause || max(waits[0], waits[1]) > maxPause {
		t.Errorf("waited %v", waits)
	}
	// No wait ends after the deadline.
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	waits, answer = nil, say(429, "", "", "Retry-After: 4")
	_, err = c.Do(ctx, Request{})
	if e := failed(t, err, kit.RateLimited); e.RetryAfter != 4*time.Second || waits != nil || ctx.Err() != nil {
		t.Errorf("%v, waited %v", e.RetryAfter, waits)
	}
}

func TestBodyLimit(t *testing.T) {
	big := `"` + strings.Repeat("x", 5000) + `"`
	for name, answer := range map[string]http.HandlerFunc{
		"length said": say(200, "application/json", big, "Content-Length: 5002"),
		"chunked": func(w http.ResponseWriter, r *http.Request) {
			for range 1000 {
				io.WriteString(w, big)
				w.(http.Flusher).Flush()
			}
		},
		"unpacked": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			io.WriteString(z, strings.Repeat(" ", 1<<20))
			z.Close()
		},
	} {
		a := serve(t, answer)
		_, err := open(t, "X_URL="+a.URL, "X_MAX_BODY=4KiB").JSON(t.Context(), Request{Path: "x"}, new(any))
		failed(t, err, kit.TooLarge, "over 4 KiB", "name fewer things", "X_MAX_BODY")
		if n := len(a.asked()); n != 1 {
			t.Errorf("%s: %d requests", name, n)
		}
	}
}

func TestCancelEndsTheRequest(t *testing.T) {
	ended, began := make(chan struct{}), make(chan struct{})
	a := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
		close(ended)
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-began; cancel(errors.New("enough")) }()
	if _, err := open(t, "X_URL="+a.URL).Do(ctx, Request{Path: "x"}); err == nil || err.Error() != "enough" {
		t.Errorf("%v", err)
	}
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Error("the request goes on")
	}
	if err := pause(ctx, time.Hour); err == nil || err.Error() != "enough" {
		t.Errorf("pause = %v", err)
	}
}

func TestHowWeSignIn(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "secret")
	if err := os.WriteFile(file, []byte("filed\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		settings []string
		header   string
		want     string
	}{
		{[]string{"X_TOKEN=t"}, "Authorization", "Bearer t"},
		{[]string{"X_TOKEN_FILE=" + file}, "Authorization", "Bearer filed"},
		{[]string{"X_USER=u", "X_PASSWORD=p"}, "Authorization", "Basic dTpw"},
		{[]string{"X_USER=u", "X_PASSWORD_FILE=" + file}, "Authorization", "Basic dTpmaWxlZA=="},
		{[]string{"X_TENANT=a|b"}, "X-Scope-Orgid", "a|b"},
		{[]string{`X_HEADERS={"Authorization":"Token x","Private-Token":"y"}`}, "Authorization", "Token x"},
		{[]string{`X_HEADERS=Private-Token: y`}, "Private-Token", "y"},
		{nil, "Authorization", "Basic aW46dXJs"},
	} {
		a := serve(t, say(200, "", ""))
		base := a.URL
		if tc.settings == nil {
			base = strings.Replace(base, "http://", "http://in:url@", 1)
		}
		if _, err := open(t, append(tc.settings, "X_URL="+base)...).Do(t.Context(), Request{Path: "x"}); err != nil {
			t.Error(err)
		}
		if got := a.asked()[0].Header.Get(tc.header); got != tc.want {
			t.Errorf("%v: %s is %q, want %q", tc.settings, tc.header, got, tc.want)
		}
	}
}

// A token that was renewed in its file is used, once, and without a new start.
func TestTokenFileIsReadAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	good := "one"
	a := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+good {
			w.WriteHeader(401)
		}
	})
	c := open(t, "X_URL="+a.URL, "X_TOKEN_FILE="+file)
	_, err := c.Do(t.Context(), Request{})
	failed(t, err, kit.FailedPrecondition, "reading the file of X_TOKEN_FILE: no such file")
	write("one")
	for _, method := range []string{"GET", "POST"} {
		if _, err := c.Do(t.Context(), Request{Method: method, Form: url.Values{"a": {"b"}}}); err != nil {
			t.Fatal(err)
		}
		good += "+"
		write(good)
	}
	if _, err := c.Do(t.Context(), Request{}); err != nil {
		t.Fatal(err)
	}
	before := len(a.asked())
	good = "another"
	_, err = c.Do(t.Context(), Request{})
	failed(t, err, kit.Unauthenticated, "may be wrong or have expired")
	if n := len(a.asked()) - before; n != 1 {
		t.Errorf("%d requests with a token that did not change", n)
	}
	for _, bad := range []string{"", "a\nb", strings.Repeat("x", maxSecret+1)} {
		write(bad)
		_, err := open(t, "X_URL="+a.URL, "X_TOKEN_FILE="+file).Do(t.Context(), Request{})
		failed(t, err, kit.FailedPrecondition, "X_TOKEN_FILE")
	}
}

// A library that speaks to the service gets credentials, tries and limits, and
// reads the errors itself.
func TestHTTP(t *testing.T) {
	n := 0
	a := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 1 {
			w.WriteHeader(503)
			return
		}
		say(404, "text/plain", "nothing "+r.Header.Get("Authorization"))(w, r)
	})
	c := open(t, "X_URL="+a.URL, "X_TOKEN=t")
	resp, err := c.HTTP().Get(c.Base().JoinPath("x").String())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 404 || string(body) != "nothing Bearer t" || n != 2 {
		t.Errorf("%d %s after %d", resp.StatusCode, body, n)
	}
}

func TestFailureHook(t *testing.T) {
	s := testService
	s.Failure = func(_ *Client, r *Response) *kit.Error {
		switch {
		case strings.Contains(string(r.Body), "secondary rate limit"):
			return &kit.Error{Code: kit.RateLimited, Message: "slow down", RetryAfter: time.Minute}
		case r.Status == 200 && strings.Contains(string(r.Body), `"status":"error"`):
			return kit.Errorf(kit.NotFound, "gone")
		}
		return nil
	}
	for _, tc := range []struct {
		answer http.HandlerFunc
		code   kit.Code
	}{
		{say(403, "", "secondary rate limit", "X-GitHub-Request-Id: id-1"), kit.RateLimited},
		{say(200, "", `{"status":"error"}`, "X-Request-Id: id-1"), kit.NotFound},
		{say(403, "", "other", "X-Request-Id: id-1"), kit.PermissionDenied},
	} {
		a := serve(t, tc.answer)
		c, err := New(s, Settings{URL: a.URL})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.JSON(t.Context(), Request{Path: "x"}, new(any))
		if e := failed(t, err, tc.code); e.RequestID != "id-1" || e.Status == 0 || len(a.asked()) != 1 {
			t.Errorf("%+v after %d requests", e, len(a.asked()))
		}
	}
}

func TestNotConfigured(t *testing.T) {
	c := open(t)
	_, err := c.Do(t.Context(), Request{Path: "x"})
	if failed(t, err, kit.FailedPrecondition, "X_URL is not set"); c.Base() != nil {
		t.Error(c.Base())
	}
}

func ExampleTogether() {
	var a, b string
	warnings, err := Together(context.Background(),
		Task{"patterns", func(context.Context) error { return kit.Errorf(kit.Unsupported, "disabled on this Loki") }},
		Task{"labels", func(context.Context) error { a = "job"; return nil }},
		Task{"volume", func(context.Context) error { b = "7"; return nil }},
	)
	fmt.Println(a, b, warnings, err)
	// Output: job 7 [patterns: disabled on this Loki (unsupported)] <nil>
}

// Whatever signs us in is known to the redactor, and nothing else is.
func TestSecrets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("filed\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ settings, want string }{
		{"X_TOKEN=t", "t"}, {"X_TOKEN_FILE=" + file, "filed"}, {"X_USER=u X_PASSWORD=p", "p dTpw"},
		{"X_USER=u X_PASSWORD_FILE=" + file, "filed dTpmaWxlZA=="}, {"X_URL=http://in:url@a", "url aW46dXJs"},
		{"X_TENANT=a", ""}, {"X_HEADERS=Private-Token:y", "y"}, {"X_HEADERS=Team:a", ""},
	} {
		list, err := Open(testService, environ(strings.Split(tc.settings, " ")...))
		if err != nil {
			t.Fatal(err)
		}
		if err := list[0].auth.apply(make(http.Header)); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(list.Secrets(), " "); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.settings, got, tc.want)
		}
	}
}

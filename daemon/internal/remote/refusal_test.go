package remote

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/loom-core/loom/core/mcp"
)

const canary = "tok-canary-12345"

func secretHeaders() http.Header {
	return http.Header{"Authorization": {"Bearer " + canary}, "X-Api-Key": {"key-" + canary}}
}

func TestRefusals(t *testing.T) {
	status := func(code int, kind, body string, header ...string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", kind)
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			io.WriteString(w, body)
		}
	}
	const page = `<!DOCTYPE html><html><head><title>Sign in</title><style>p{}</style><script>alert("x")</script></head><body><p>Please <b>log in</b></p>`
	for _, tc := range []struct {
		name      string
		answer    func(http.ResponseWriter)
		text      string // of the message, in full after "server r at URL "
		hint      string // part of it
		retryable bool
		after     int64
	}{
		{"401", status(401, "application/json", `{"error":"invalid_token","token":"`+canary+`"}`),
			`answered 401 Unauthorized: {"error":"invalid_token","token":"[redacted]"}`, "OAuth are not supported yet", false, 0},
		{"403", status(403, "text/plain", "key-"+canary+" is no good\n\x00\n"), "answered 403 Forbidden: [redacted] is no good", "check headers", false, 0},
		{"404", status(404, "text/plain", ""), "answered 404 Not Found", "check url", false, 0},
		{"429", status(429, "text/plain", "slow down", "Retry-After", "7"), "answered 429 Too Many Requests: slow down", "", true, 7000},
		{"429 without a time", status(429, "text/plain", ""), "answered 429 Too Many Requests", "", true, 0},
		{"503 with a time", status(503, "text/plain", "", "Retry-After", "1"), "answered 503 Service Unavailable", "", true, 1000},
		{"503", status(503, "text/plain", ""), "answered 503 Service Unavailable", "", false, 0},
		{"500 and a page", status(500, "text/html; charset=utf-8", page+strings.Repeat("é ", 400)), "answered 500 Internal Server Error: Sign in Please log in " + strings.Repeat("é ", 92) + "é…", "", false, 0},
		{"a page", status(200, "text/html", page), "answered with text/html where JSON was expected: Sign in Please log in", "login", false, 0},
		{"nothing", status(200, "application/json", ""), "answered with what is no JSON-RPC message: invalid JSON at byte 0: unexpected end", "", false, 0},
		{"202", status(202, "text/plain", ""), "took the request and gave no answer (202 Accepted)", "", false, 0},
		{"half a message", status(200, "application/json", `{"jsonrpc":"2.0","id":2,"res`), "answered with what is no JSON-RPC message: invalid JSON at byte 28: unexpected end", "", false, 0},
		{"less than announced", status(200, "application/json", `{"jsonrpc":"2.0","id":2,"result":{}}`, "Content-Length", "99"),
			"broke the connection before its answer was whole (unexpected EOF); the call may or may not have been carried out", "", false, 0},
		{"no message", status(200, "application/json", `{"ok":true}`), "answered, but not to this request", "", false, 0},
		{"a redirect to another host", status(307, "text/plain", "", "Location", "http://user:pw@other.example/mcp?token=x"),
			"answered 307 Temporary Redirect and wants to be asked at http://other.example/mcp, which loom does not follow", "set url", false, 0},
		{"a redirect that makes it a GET", status(302, "text/plain", "", "Location", "/login"),
			"answered 302 Found and wants to be asked at http://HOST/login, which loom does not follow", "set url", false, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := serve(t, &endpoint{answer: func(w http.ResponseWriter, r *http.Request, got request) { tc.answer(w) }})
			r := start(t, Options{URL: strings.Replace(e.URL, "://", "://u:password@", 1) + "/mcp?key=querykey", Headers: secretHeaders()})
			r.send(toolsCall(2, "{}"))
			f := r.failure("2")
			message, _, _ := strings.Cut(f.Message, "\nhint: ")
			host := strings.TrimPrefix(e.URL, "http://")
			if want := "server r at " + e.URL + "/mcp " + strings.ReplaceAll(tc.text, "HOST", host); message != want {
				t.Errorf("\n got %s\nwant %s", message, want)
			}
			if !strings.Contains(f.Data.Hint, tc.hint) || (tc.hint == "") != (f.Data.Hint == "") || f.Data.Retryable != tc.retryable || f.Data.RetryAfterMS != tc.after || f.Data.Stage != "call" {
				t.Errorf("data %+v", f.Data)
			}
			if all := f.Message + r.log(); strings.Contains(all, canary) || strings.Contains(all, "password") || strings.Contains(all, "querykey") {
				t.Errorf("a secret is in %s", all)
			}
			if n := len(e.requests()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// TestTheServersOwnErrorIsItsOwn: byte by byte, whatever the status; one that
// names no request belongs to the one whose answer it is.
func TestTheServersOwnErrorIsItsOwn(t *testing.T) {
	for body, want := range map[string]string{
		`{"jsonrpc":"2.0","id":2,"error":{"code":-4711,"message":"<own>","data":{"big":9007199254740993}}}`: `{"jsonrpc":"2.0","id":2,"error":{"code":-4711,"message":"<own>","data":{"big":9007199254740993}}}`,
		`{"jsonrpc":"2.0","error":{"code":-1,"message":"m","x":1.0},"id":null}`:                             `{"jsonrpc":"2.0","error":{"code":-1,"message":"m","x":1.0},"id":2}`,
		`{"jsonrpc":"2.0","error":{"code":-1,"message":"m","x":1.0}}`:                                       `{"jsonrpc":"2.0","id":2,"error":{"code":-1,"message":"m","x":1.0}}`,
	} {
		for _, status := range []int{200, 400, 403, 500} {
			e := serve(t, &endpoint{answer: func(w http.ResponseWriter, r *http.Request, got request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
				io.WriteString(w, body)
			}})
			r := start(t, Options{URL: e.URL})
			r.send(toolsCall(2, "{}"))
			r.want(want)
		}
	}
}

func TestFormsOfAnswers(t *testing.T) {
	e := serve(t, &endpoint{})
	r := start(t, Options{URL: e.URL})
	for _, tc := range []struct {
		name, body string
		want       []string
	}{
		{"pretty", "\n{\r\n  \"jsonrpc\": \"2.0\",\n  \"id\": 2, \"result\": {\"t\": \"a\\nb<>\u2028\"}\n}\n", []string{"{    \"jsonrpc\": \"2.0\",   \"id\": 2, \"result\": {\"t\": \"a\\nb<>\u2028\"} }"}},
		{"batch", "[" + progress(1) + ",\n" + result("2", "") + "]", []string{progress(1), result("2", "")}},
		{"with a second answer", "[" + result("2", "a") + "," + result("2", "b") + "]", []string{result("2", "a")}},
	} {
		e.answer = func(w http.ResponseWriter, _ *http.Request, got request) { say(w, tc.body) }
		r.send(toolsCall(2, "{}"))
		r.want(tc.want...)
	}
}

// TestTooLarge: an answer over the limit costs that call and nothing else.
func TestTooLarge(t *testing.T) {
	e := serve(t, &endpoint{})
	large := strings.Repeat("x", 5000)
	e.answer = func(w http.ResponseWriter, _ *http.Request, got request) {
		switch got.id {
		case "2":
			say(w, result("2", large))
		case "3":
			stream(w, "data: "+progress(1), `data: {"jsonrpc":"2.0","method":"notifications/message","params":"`+large+`"}`, "data: {\"result\":\ndata: \""+large+"\",\ndata: \"id\":3}", "data: "+progress(2))
		default:
			say(w, result(got.id, strings.Repeat("x", 900)))
		}
	}
	r := start(t, Options{URL: e.URL, MaxFrame: 1000})
	r.send(toolsCall(2, "{}"))
	if f := r.failure("2"); f.Data.Code != "too_large" || !strings.Contains(f.Message, "over the limit of 1000") {
		t.Errorf("got %+v", f)
	}
	r.send(toolsCall(3, "{}"))
	r.want(progress(1))
	if f := r.failure("3"); f.Data.Code != "too_large" || !strings.Contains(f.Message, "frame of 5022 bytes") {
		t.Errorf("got %+v", f)
	}
	r.want(progress(2))
	r.send(toolsCall(4, "{}"))
	r.want(result("4", strings.Repeat("x", 900)))
}

func TestCompressedAnswers(t *testing.T) {
	e := serve(t, &endpoint{})
	e.answer = func(w http.ResponseWriter, r *http.Request, got request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("no gzip is taken")
		}
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		text := result(got.id, "x")
		if got.id == "3" {
			text = result(got.id, strings.Repeat("x", 1<<20)) // 1 KiB on the wire
		}
		io.WriteString(z, text)
		z.Close()
		w.Header().Set("Content-Encoding", "gzip")
		say(w, packed.String())
	}
	r := start(t, Options{URL: e.URL, MaxFrame: 100 << 10})
	r.send(toolsCall(2, "{}"))
	r.want(result("2", "x"))
	r.send(toolsCall(3, "{}"))
	if f := r.failure("3"); f.Data.Code != "too_large" {
		t.Errorf("got %+v", f)
	}
}

// TestHeadersGoToNoOtherHost: not along a redirect either; one that stays there
// is followed and keeps the message.
func TestHeadersGoToNoOtherHost(t *testing.T) {
	var leaked atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { leaked.Add(1) }))
	defer other.Close()
	e := serve(t, &endpoint{})
	e.answer = func(w http.ResponseWriter, r *http.Request, got request) {
		switch {
		case got.id == "2":
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		case r.URL.Path == "/mcp":
			http.Redirect(w, r, "/new/", http.StatusPermanentRedirect)
		case r.URL.Path == "/loop":
			http.Redirect(w, r, "/loop", http.StatusPermanentRedirect)
		case got.id == "4":
			http.Redirect(w, r, "/loop", http.StatusPermanentRedirect)
		default:
			say(w, result(got.id, r.URL.Path+r.Header.Get("Authorization")+got.body))
		}
	}
	r := start(t, Options{URL: e.URL + "/mcp", Headers: secretHeaders()})
	r.send(toolsCall(2, "{}"))
	r.failure("2")
	r.send(toolsCall(3, "{}"))
	r.want(result("3", "/new/Bearer "+canary+toolsCall(3, "{}")))
	r.send(toolsCall(4, "{}"))
	r.failure("4")
	if leaked.Load() != 0 {
		t.Error("the other host was asked")
	}
}

func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	r := start(t, Options{URL: "http://" + l.Addr().String(), Headers: secretHeaders()})
	r.send(modernCall(2, mcp.Discover, ""))
	f := r.failure("2")
	if !f.Data.Retryable || f.Data.Stage != "handshake" || !strings.Contains(f.Message, "cannot be reached: dial tcp") {
		t.Errorf("got %+v", f)
	}
}

// flaky is a transport whose first connections fail.
type flaky struct {
	http.RoundTripper
	fail  func(*http.Request) error
	fails int
	tries int
}

func (f *flaky) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.tries++; f.tries <= f.fails {
		return nil, f.fail(r)
	}
	return f.RoundTripper.RoundTrip(r)
}

// TestARequestIsSentAgainOnlyIfItNeverLeft.
func TestARequestIsSentAgainOnlyIfItNeverLeft(t *testing.T) {
	refused := func(*http.Request) error { return &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED} }
	reset := func(*http.Request) error { return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET} }
	for _, tc := range []struct {
		name  string
		fail  func(*http.Request) error
		fails int
		tries int
		ok    bool
	}{{"refused once", refused, 1, 2, true}, {"refused twice", refused, 2, 2, false}, {"reset", reset, 1, 1, false}} {
		t.Run(tc.name, func(t *testing.T) {
			e := serve(t, &endpoint{answer: func(w http.ResponseWriter, r *http.Request, got request) { say(w, result(got.id, "")) }})
			via := &flaky{RoundTripper: http.DefaultTransport, fail: tc.fail, fails: tc.fails}
			r := start(t, Options{URL: e.URL, Client: &http.Client{Transport: via}})
			r.send(toolsCall(2, "{}"))
			if tc.ok {
				r.want(result("2", ""))
			} else {
				r.failure("2")
			}
			if via.tries != tc.tries {
				t.Errorf("%d tries, want %d", via.tries, tc.tries)
			}
		})
	}
	// The server takes all of it and hangs up.
	e := serve(t, &endpoint{answer: func(w http.ResponseWriter, r *http.Request, got request) { cut(w) }})
	r := start(t, Options{URL: e.URL})
	r.send(initialize) // so that the connection is one that was used before
	r.want(initializeResult)
	r.send(toolsCall(2, "{}"))
	if f := r.failure("2"); f.Data.Retryable || !strings.Contains(f.Message, "may or may not") {
		t.Errorf("got %+v", f)
	}
	if n := e.count(isMethod(mcp.ToolsCall)); n != 1 {
		t.Errorf("%d calls arrived", n)
	}
}

func TestHTTP2(t *testing.T) {
	e := &endpoint{session: "s-1", answer: func(w http.ResponseWriter, r *http.Request, got request) {
		stream(w, "data: "+progress(1), "data: "+result(got.id, r.Proto))
	}, came: make(chan struct{}, 1000)}
	e.Server = httptest.NewUnstartedServer(e)
	e.EnableHTTP2, e.Config.ErrorLog = true, log.New(io.Discard, "", 0) // it complains of the second client
	e.StartTLS()
	defer e.Close()
	client := newClient(Options{Timeouts: Timeouts{}.orDefaults()})
	client.Transport.(*http.Transport).TLSClientConfig.RootCAs = e.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	r := start(t, Options{URL: e.URL, Client: client})
	r.handshake()
	r.send(toolsCall(2, "{}"))
	r.want(progress(1), result("2", "HTTP/2.0"))
	r.cancel()
	r.wait()

	r = start(t, Options{URL: e.URL}) // whose certificate nobody knows
	r.send(initialize)
	if f := r.failure("1"); !f.Data.Retryable || !strings.Contains(f.Message, "certificate") {
		t.Errorf("got %+v", f)
	}
}

func TestAnUnusableURL(t *testing.T) {
	for _, at := range []string{"", "mcp.example", "ftp://x/", "http://:pass\x00@", "unix:///x"} {
		err := Run(t.Context(), Options{Server: "r", URL: at}, strings.NewReader(""), io.Discard)
		if err == nil || strings.Contains(err.Error(), "pass") {
			t.Errorf("%q: %v", at, err)
		}
	}
}

// TestOutThatCannotBeWritten ends the Run: nobody reads the answers.
func TestOutThatCannotBeWritten(t *testing.T) {
	e := serve(t, &endpoint{})
	in, feed := io.Pipe()
	pour, out := io.Pipe()
	broken := errors.New("nobody reads")
	pour.CloseWithError(broken)
	go io.WriteString(feed, initialize+"\n")
	if err := Run(t.Context(), Options{Server: "r", URL: e.URL}, in, out); !errors.Is(err, broken) {
		t.Errorf("Run: %v", err)
	}
}

func TestRunReturnsTheCauseOfItsEnd(t *testing.T) {
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(t.Context())
	in, _ := io.Pipe()
	cancel(why)
	if err := Run(ctx, Options{URL: "http://127.0.0.1:1"}, in, io.Discard); !errors.Is(err, why) {
		t.Errorf("Run: %v", err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]string{
		"": "0s false", "5": "5s true", "x": "0s false", "-1": "0s false",
		"Sun, 01 Nov 2026 12:01:00 GMT": "1m0s true", "Sun, 01 Nov 2026 11:00:00 GMT": "0s true",
	} {
		d, ok := retryAfter(http.Header{"Retry-After": {value}}, now)
		if got := fmt.Sprint(d, ok); got != want {
			t.Errorf("Retry-After %q: %s, want %s", value, got, want)
		}
	}
}

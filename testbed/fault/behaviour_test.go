package fault_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/fault"
)

// errAny is whatever net/http makes of half a header.
var errAny = errors.New("any error")

// TestBehaviours: each lie is what a client sees, and the service is asked or not
// as the lie says.
func TestBehaviours(t *testing.T) {
	half := text[:len(text)/2]
	lies := func(b ...fault.Behaviour) []fault.Behaviour { return b }
	for _, tc := range []struct {
		name  string
		path  string // "" is /
		lies  []fault.Behaviour
		want  reply // status 0: no answer at all; length, proto and close where they are not zero
		asked int32
	}{
		{"none", "", lies(), reply{status: 200, body: text}, 1},
		{"status", "", lies(fault.Status(502)), reply{status: 502}, 0},
		{"error page", "", lies(fault.ErrorPage(503)), reply{status: 503, body: "<!DOCTYPE html>\n<html><head><title>Service Unavailable</title></head>\n<body><h1>Service Unavailable</h1></body></html>\n"}, 0},
		{"answer", "", lies(fault.Answer(500, "text/plain", "oops")), reply{status: 500, body: "oops", length: 4}, 0},
		{"content type", "", lies(fault.ContentType("text/html")), reply{status: 200, body: text, header: http.Header{"Content-Type": {"text/html"}}}, 1},
		{"edit", "", lies(fault.Edit(func(status *int, _ http.Header) { *status = 207 })), reply{status: 207, body: text}, 1},
		{"empty", "", lies(fault.Empty()), reply{status: 200, header: http.Header{"Content-Length": {"0"}}}, 1},
		{"empty chunks", "chunks", lies(fault.Empty()), reply{status: 200, header: http.Header{"Content-Length": {"0"}}}, 1},
		{"truncated", "", lies(fault.Truncate(5)), reply{status: 200, body: text[:5], length: 5}, 1},
		{"truncated behind its end", "", lies(fault.Truncate(500)), reply{status: 200, body: text}, 1},
		{"half", "", lies(fault.Half()), reply{status: 200, body: half}, 1},
		{"half chunks", "chunks", lies(fault.Half()), reply{status: 200, body: half}, 1},
		{"delay", "", lies(fault.Delay(time.Millisecond)), reply{status: 200, body: text}, 1},
		{"trickle", "", lies(fault.Trickle(8, time.Millisecond)), reply{status: 200, body: text, length: int64(len(text))}, 1},
		{"trickle of a lie", "", lies(fault.Status(500), fault.Trickle(8, time.Millisecond)), reply{status: 500}, 0},
		{"together", "", lies(fault.Together(fault.Status(418), fault.Header("X", "y"))), reply{status: 418, header: http.Header{"X": {"y"}}}, 0},

		{"cut at start", "", lies(fault.Cut(fault.AtStart)), reply{err: io.EOF}, 1},
		{"cut at start, unheard", "", lies(fault.Status(200), fault.Cut(fault.AtStart)), reply{err: io.EOF}, 0},
		{"cut in headers", "", lies(fault.Cut(fault.InHeaders)), reply{err: errAny}, 1},
		{"cut in headers of chunks", "chunks", lies(fault.Cut(fault.InHeaders)), reply{err: errAny}, 1},
		{"cut in body", "", lies(fault.Cut(fault.InBody)), reply{status: 200, body: half, err: io.ErrUnexpectedEOF}, 1},
		{"cut in chunks", "chunks", lies(fault.Cut(fault.InBody)), reply{status: 200, body: half, err: io.ErrUnexpectedEOF}, 1},
		{"cut before body", "", lies(fault.Cut(fault.After(0))), reply{status: 200, err: io.ErrUnexpectedEOF}, 1},
		{"cut after", "", lies(fault.Cut(fault.After(3))), reply{status: 200, body: text[:3], err: io.ErrUnexpectedEOF}, 1},
		{"cut after the last chunk", "chunks", lies(fault.Cut(fault.After(500))), reply{status: 200, body: text, err: io.ErrUnexpectedEOF}, 1},
		{"slowly cut", "", lies(fault.Cut(fault.InBody), fault.Trickle(4, time.Millisecond)), reply{status: 200, body: half, err: io.ErrUnexpectedEOF}, 1},
		{"endless and cut", "", lies(fault.Endless(), fault.Cut(fault.After(7))), reply{status: 200, body: "[0,0,0,", err: io.ErrUnexpectedEOF}, 0},
		{"reset at start", "", lies(fault.Reset(fault.AtStart)), reply{err: syscall.ECONNRESET}, 1},
		{"reset in headers", "", lies(fault.Reset(fault.InHeaders)), reply{err: errAny}, 1},
		{"reset in body", "", lies(fault.Reset(fault.InBody)), reply{status: 200, body: half, err: syscall.ECONNRESET}, 1},

		{"length too large", "", lies(fault.WrongLength(3)), reply{status: 200, body: text, length: int64(len(text) + 3), err: io.ErrUnexpectedEOF}, 1},
		{"length of chunks too large", "chunks", lies(fault.WrongLength(3)), reply{status: 200, body: text, length: int64(len(text) + 3), err: io.ErrUnexpectedEOF}, 1},
		{"length too small", "", lies(fault.WrongLength(-3)), reply{status: 200, body: text[:len(text)-3], length: int64(len(text) - 3)}, 1},
		{"length far too small", "", lies(fault.WrongLength(-1000)), reply{status: 200, header: http.Header{"Content-Length": {"0"}}}, 1},
		{"HTTP/1.0", "", lies(fault.HTTP10()), reply{status: 200, body: text, proto: "HTTP/1.0", length: -1}, 1},
		{"HTTP/1.0 chunks", "chunks", lies(fault.HTTP10()), reply{status: 200, body: text, proto: "HTTP/1.0", length: -1}, 1},
		{"HTTP/1.0 cut", "", lies(fault.HTTP10(), fault.Cut(fault.After(4))), reply{status: 200, body: text[:4], proto: "HTTP/1.0"}, 1},
		{"close", "", lies(fault.Close()), reply{status: 200, body: text, close: true}, 1},
		{"close unsaid", "", lies(fault.CloseUnsaid()), reply{status: 200, body: text}, 1},

		{"big", "", lies(fault.Big(1 << 20)), reply{status: 200, body: `"` + strings.Repeat("a", 1<<20-2) + `"`, length: 1 << 20}, 0},
		{"bomb", "", lies(fault.GzipBomb(1<<20 + 1)), reply{status: 200, body: strings.Repeat(" ", 2<<20) + "{}"}, 0},
		{"not modified", "", lies(fault.NotModified()), reply{status: 304}, 0},
		{"redirect", "a%2Fb?c=d", lies(fault.Redirect(302, "http://other:1")), reply{status: 302, header: http.Header{"Location": {"http://other:1/a%2Fb?c=d"}}}, 0},
		{"redirect to", "", lies(fault.RedirectTo(307, "/login")), reply{status: 307, header: http.Header{"Location": {"/login"}}}, 0},
		{"redirect loop", "x?y", lies(fault.RedirectLoop(301)), reply{status: 301, header: http.Header{"Location": {"/x?y"}}}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, s, c := front(t)
			f.On(fault.Any, tc.lies...)
			got := get(t, c, f.URL+"/"+tc.path)
			if !errors.Is(got.err, tc.want.err) && (tc.want.err != errAny || got.err == nil) {
				t.Errorf("the client sees %v, want %v", got.err, tc.want.err)
			}
			if got.status != tc.want.status {
				t.Errorf("status %d, want %d", got.status, tc.want.status)
			}
			if got.body != tc.want.body && (tc.want.body != "" || !strings.Contains(got.body, "<html>")) {
				t.Errorf("%d bytes %.60q, want %d, %.60q", len(got.body), got.body, len(tc.want.body), tc.want.body)
			}
			for name := range tc.want.header {
				if got.header.Get(name) != tc.want.header.Get(name) {
					t.Errorf("%s is %q, want %q", name, got.header.Get(name), tc.want.header.Get(name))
				}
			}
			if want := tc.want.length; want != 0 && got.length != want {
				t.Errorf("the length is %d, want %d", got.length, want)
			}
			if want := tc.want.proto; want != "" && got.proto != want {
				t.Errorf("it is %s, want %s", got.proto, want)
			}
			if got.close != tc.want.close && got.proto == "HTTP/1.1" {
				t.Errorf("closed: %t, want %t", got.close, tc.want.close)
			}
			if got := s.asked.Load(); got != tc.asked {
				t.Errorf("the service was asked %d times, want %d", got, tc.asked)
			}
			f.AwaitIdle(testbed.Patience)
			if n := f.Cancelled(); n != 0 {
				t.Errorf("%d requests are said to be cancelled", n)
			}
		})
	}
}

// TestInHeaders: what a connection that ends there looks like from below.
func TestInHeaders(t *testing.T) {
	for _, tc := range []struct {
		name string
		lie  fault.Behaviour
		want error
	}{
		{"cut", fault.Cut(fault.InHeaders), nil}, {"reset", fault.Reset(fault.InHeaders), syscall.ECONNRESET},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, _, _ := front(t)
			f.On(fault.Any, tc.lie)
			got, err := raw(t, f, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			if !errors.Is(err, tc.want) || !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") || strings.Contains(got, "\r\n\r\n") {
				t.Errorf("%q, %v; want half of the headers and %v", got, err, tc.want)
			}
		})
	}
}

// TestKeptConnection: a lie that is no lie about the connection keeps it.
func TestKeptConnection(t *testing.T) {
	for name, lie := range map[string]fault.Behaviour{
		"status": fault.Status(500), "limit": fault.Limited(), "half": fault.Half(), "slow": fault.Trickle(20, 0), "page": fault.LoginPage(),
	} {
		t.Run(name, func(t *testing.T) {
			f, _, c := front(t)
			f.On(fault.First(2, fault.Any), lie)
			for range 4 {
				get(t, c, f.URL)
			}
			if n := f.Accepted(); n != 1 {
				t.Errorf("four requests took %d connections", n)
			}
		})
	}
}

// TestEndless: it goes on until the client leaves, which is not a whole answer.
func TestEndless(t *testing.T) {
	for name, lies := range map[string][]fault.Behaviour{
		"endless": {fault.Endless()}, "unfinished": {fault.Unfinished()}, "endless trickle": {fault.Endless(), fault.Trickle(1, time.Millisecond)},
	} {
		t.Run(name, func(t *testing.T) {
			f, _, c := front(t)
			f.On(fault.Any, lies...)
			res, err := c.Get(f.URL)
			if err != nil {
				t.Fatal(err)
			}
			some := make([]byte, 16)
			if _, err := io.ReadFull(res.Body, some); err != nil {
				t.Fatal(err)
			}
			if res.ContentLength != -1 || f.InFlight() != 1 {
				t.Errorf("length %d, %d in flight", res.ContentLength, f.InFlight())
			}
			res.Body.Close()
			f.AwaitCancelled(1, testbed.Patience)
		})
	}
}

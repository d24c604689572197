package fault_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/fault"
)

// TestPass: what no rule is for reaches the service and comes back as it was.
func TestPass(t *testing.T) {
	var got string
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := httputil.DumpRequest(r, true)
		got = string(raw)
		w.Header().Set("ETag", `"x"`)
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, "short")
	}))
	defer upstream.Close()
	f := fault.Proxy(t, upstream.URL+"/base")
	r, _ := http.NewRequest(http.MethodPut, f.URL+"/a%2Fb/c?q=1&q=2&z", strings.NewReader("the body"))
	r.Header.Set("Private-Token", "glpat")
	r.Header.Set("Accept-Encoding", "br")
	r.Header["User-Agent"] = nil
	res, err := newClient(t).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusTeapot || res.Header.Get("ETag") != `"x"` || string(body) != "short" {
		t.Errorf("the client gets %s %v %q", res.Status, res.Header, body)
	}
	want := "PUT /base/a%2Fb/c?q=1&q=2&z HTTP/1.1\r\nHost: " + strings.TrimPrefix(upstream.URL, "http://") +
		"\r\nAccept-Encoding: br\r\nConnection: close\r\nContent-Length: 8\r\nPrivate-Token: glpat\r\n\r\nthe body"
	if got != want {
		t.Errorf("the service gets\n%s\nwant\n%s", got, want)
	}
	seen := f.Requests()[0]
	if seen.Method != "PUT" || seen.Path != "/a%2Fb/c" || !slices.Equal(seen.Query["q"], []string{"1", "2"}) || string(seen.Body) != "the body" ||
		seen.Cut || seen.Host != strings.TrimPrefix(f.URL, "http://") {
		t.Errorf("the front saw %+v", seen)
	}
	if c := f.Credentials(); !slices.Equal(c, []string{"Private-Token: glpat"}) {
		t.Errorf("the credentials are %q", c)
	}
}

// TestCredentials: wherever a client puts them.
func TestCredentials(t *testing.T) {
	f := fault.Stranger(t)
	for range 2 {
		get(t, newClient(t), f.URL+"/?private_token=p&q=1", "Authorization", "Bearer b", "Cookie", "c=d", "X", "y")
	}
	want := []string{"Authorization: Bearer b", "Cookie: c=d", "private_token: p"}
	if got := f.Credentials(); !slices.Equal(got, append(want, want...)) {
		t.Errorf("the credentials are %q, want %q twice", got, want)
	}
}

// TestLongBody: all of it is passed on, its beginning is remembered.
func TestLongBody(t *testing.T) {
	var came int64
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { came, _ = io.Copy(io.Discard, r.Body) }))
	defer upstream.Close()
	f := fault.Proxy(t, upstream.URL)
	res, err := newClient(t).Post(f.URL, "text/plain", strings.NewReader(strings.Repeat("x", 3<<20)))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if r := f.Requests()[0]; came != 3<<20 || len(r.Body) != 1<<20 || !r.Cut {
		t.Errorf("%d bytes came, %d are remembered, cut: %t", came, len(r.Body), r.Cut)
	}
}

// TestDeadService: whose service does not answer gets nothing, whatever the rule.
func TestDeadService(t *testing.T) {
	s := newService(t)
	f := fault.Proxy(t, s.URL)
	s.Close()
	f.On(fault.Path("/half"), fault.Half())
	for _, path := range []string{"/", "/half"} {
		if got := get(t, newClient(t), f.URL+path); !errors.Is(got.err, io.EOF) {
			t.Errorf("%s: the client gets %+v", path, got)
		}
	}
	for _, r := range f.Requests() {
		if r.Err == nil || !strings.Contains(r.Err.Error(), "connection refused") || r.Cancelled {
			t.Errorf("%s: %v, cancelled: %t", r.Path, r.Err, r.Cancelled)
		}
	}
}

// TestCancel: a client that leaves ends the request at the service, and at a lie.
func TestCancel(t *testing.T) {
	left := make(chan time.Duration, 1)
	began := make(chan time.Time, 1)
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // a service that does not read cannot see its client leave
		now := time.Now()
		began <- now
		<-r.Context().Done()
		left <- time.Since(now)
	}))
	defer upstream.Close()
	f := fault.Proxy(t, upstream.URL)
	for i, tc := range []struct {
		name string
		lies []fault.Behaviour
	}{
		{"service", nil},
		{"hang", []fault.Behaviour{fault.Hang()}},
		{"delay", []fault.Behaviour{fault.Delay(time.Hour), fault.Status(500)}},
		{"spoiled", []fault.Behaviour{fault.Half()}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f.Honest()
			if tc.lies != nil {
				f.On(fault.Any, tc.lies...)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				r, _ := http.NewRequestWithContext(ctx, http.MethodPost, f.URL, strings.NewReader("body"))
				_, err := newClient(t).Do(r)
				ended <- err
			}()
			f.AwaitRequests(i + 1)
			if tc.name == "service" || tc.name == "spoiled" {
				<-began
			}
			cancel()
			f.AwaitCancelled(i+1, testbed.Patience)
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("the client got %v", err)
			}
			if tc.name == "service" || tc.name == "spoiled" {
				if d := <-left; d > testbed.Patience {
					t.Errorf("the service worked on for %s", d)
				}
			}
		})
	}
	f.AwaitIdle(testbed.Patience)
}

// TestConnections: they are counted from their beginning to their end, whoever
// ends them.
func TestConnections(t *testing.T) {
	f, _, c := front(t)
	open := func(want int) {
		t.Helper()
		testbed.Eventually(t, fmt.Sprintf("%d connections are open", want), func() bool { return f.Open() == want })
	}
	get(t, c, f.URL)
	get(t, newClient(t), f.URL)
	open(2)
	c.CloseIdleConnections()
	open(1)
	f.On(fault.Any, fault.Cut(fault.InHeaders))
	get(t, c, f.URL)
	open(1)
	f.HangUp()
	open(0)
	if n := f.Accepted(); n != 3 {
		t.Errorf("%d connections were accepted, want 3", n)
	}
}

// TestCloseUnsaid: the next request finds the connection closed.
func TestCloseUnsaid(t *testing.T) {
	f, _, _ := front(t)
	f.On(fault.Any, fault.CloseUnsaid())
	all, err := raw(t, f, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if err != nil || !strings.HasSuffix(all, text) || strings.Contains(all, "close") {
		t.Errorf("%v: %s", err, all)
	}
}

// TestUpgrade: what becomes another protocol is passed on both ways.
func TestUpgrade(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n", r.Header.Get("Upgrade"))
		line, _ := rw.ReadString('\n')
		fmt.Fprint(c, "echo "+line)
	}))
	defer upstream.Close()
	f := fault.Proxy(t, upstream.URL)
	c, err := net.Dial("tcp", strings.TrimPrefix(f.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "GET /exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: words\r\n\r\n")
	in := bufio.NewReader(c)
	res, err := http.ReadResponse(in, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v %v", res, err)
	}
	fmt.Fprint(c, "hello\n")
	if line, err := in.ReadString('\n'); line != "echo hello\n" {
		t.Errorf("%q, %v", line, err)
	}
}

// TestTLS: on both sides of a Front, and all that is done to a connection is done
// to these too.
func TestTLS(t *testing.T) {
	upstream := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }))
	defer upstream.Close()
	roots := x509.NewCertPool()
	roots.AddCert(upstream.Certificate())
	f := fault.New(t, fault.Options{Upstream: upstream.URL, UpstreamTLS: &tls.Config{RootCAs: roots}, TLS: true})
	c := newClient(t)
	trust := x509.NewCertPool()
	trust.AppendCertsFromPEM(f.CA)
	c.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: trust}
	c.Transport.(*http.Transport).ForceAttemptHTTP2 = true

	for _, url := range []string{f.URL, f.As("localhost")} {
		if got := get(t, c, url); got.body != text || got.proto != "HTTP/1.1" {
			t.Errorf("%s: %+v", url, got)
		}
	}
	f.On(fault.Path("/cut"), fault.Cut(fault.InBody))
	f.On(fault.Path("/reset"), fault.Reset(fault.InHeaders))
	if got := get(t, c, f.URL+"/cut"); got.body != text[:len(text)/2] || !errors.Is(got.err, io.ErrUnexpectedEOF) {
		t.Errorf("cut: %+v", got)
	}
	if got := get(t, c, f.URL+"/reset"); got.err == nil {
		t.Errorf("reset: %+v", got)
	}
	if got := get(t, newClient(t), f.URL); got.err == nil || !strings.Contains(got.err.Error(), "certificate") {
		t.Errorf("a client that does not trust it gets %+v", got)
	}
}

// TestEnd: a test that ends while clients wait ends them.
func TestEnd(t *testing.T) {
	var f *fault.Front
	ended := make(chan error, 2)
	t.Run("a test", func(t *testing.T) {
		f = fault.Stranger(t)
		f.On(fault.Path("/hang"), fault.Hang())
		f.On(fault.Any, fault.Unfinished())
		for _, path := range []string{"/hang", "/unfinished"} {
			c := &http.Client{Transport: &http.Transport{}}
			go func() {
				res, err := c.Post(f.URL+path, "text/plain", strings.NewReader(strings.Repeat("x", 2<<20)))
				if err == nil {
					_, err = io.ReadAll(res.Body)
				}
				ended <- err
			}()
		}
		f.AwaitRequests(2)
	})
	for range 2 {
		if err := <-ended; err == nil {
			t.Error("a client has a whole answer")
		}
	}
	if f.Open() != 0 || f.InFlight() != 0 {
		t.Errorf("%d connections are open, %d requests in flight", f.Open(), f.InFlight())
	}
}

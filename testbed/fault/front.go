package fault

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"

	"github.com/loom-core/loom/testbed"
)

// Options say what a Front stands before.
type Options struct {
	Upstream    string      // base URL of the service; empty: there is none, and the Front answers {}
	UpstreamTLS *tls.Config // how an https service is asked: its CA, a certificate for the client
	TLS         bool        // clients are to speak https and trust [Front.CA]; client-go keeps its tokens to itself without
}

// Front is an HTTP server before a service. What no rule matches is passed on
// as it is, upgrades to other protocols too, and is answered as the service
// does. A service that does not answer gets the client's connection closed: a
// Front says nothing of its own.
type Front struct {
	URL string // http://127.0.0.1:port, or https
	CA  []byte // PEM of what signed the Front's certificate, if it speaks https

	t         testbed.T
	upstream  *url.URL // nil: there is none
	transport *http.Transport
	server    *http.Server
	cancel    context.CancelFunc // of all requests
	served    chan struct{}      // closed when nothing is accepted any more
	handlers  sync.WaitGroup

	mu       sync.Mutex
	changed  chan struct{} // closed at each change of what follows
	closed   bool
	guard    *Auth
	rules    []*Rule
	requests []*Request
	open     map[*conn]bool
	accepted int
}

// Proxy puts a Front before a service that speaks plain HTTP.
func Proxy(t testbed.T, upstream string) *Front {
	t.Helper()
	return New(t, Options{Upstream: upstream})
}

// Stranger is a Front with nothing behind it, which answers {} to everything.
// It is for requests that should not come, such as those that follow a
// [Redirect]; [Front.Credentials] has what they brought.
func Stranger(t testbed.T) *Front {
	t.Helper()
	return New(t, Options{})
}

// New starts a Front. It ends with t, and every connection with it.
func New(t testbed.T, o Options) *Front {
	t.Helper()
	f := &Front{t: t, served: make(chan struct{}), changed: make(chan struct{}), open: map[*conn]bool{}}
	if o.Upstream != "" {
		upstream, err := url.Parse(o.Upstream)
		if err != nil || upstream.Host == "" {
			t.Fatalf("a front needs the URL of its upstream, not %q", o.Upstream)
		}
		f.upstream = upstream
	}
	// One connection for each request: one that was kept might be dead, and then
	// it is the Front that fails.
	f.transport = &http.Transport{TLSClientConfig: o.UpstreamTLS, DisableKeepAlives: true, DisableCompression: true}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("starting a front: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel = cancel
	f.server = &http.Server{
		Handler:     http.HandlerFunc(f.serve),
		BaseContext: func(net.Listener) context.Context { return ctx },
		ConnContext: withConn,
		ErrorLog:    log.New(io.Discard, "", 0),
		// An empty map keeps HTTP/2 away, where nothing can be cut.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	f.URL = "http://" + l.Addr().String()
	serve := func() { f.server.Serve(&listener{Listener: l, front: f}) }
	if o.TLS {
		f.URL = "https://" + l.Addr().String()
		if f.server.TLSConfig, f.CA, err = certificate(); err != nil {
			t.Fatalf("making a certificate for a front: %v", err)
		}
		serve = func() { f.server.ServeTLS(&listener{Listener: l, front: f}, "", "") }
	}
	go func() { // ends with the listener
		defer close(f.served)
		serve()
	}()
	t.Cleanup(f.end)
	return f
}

// end cuts every connection and waits for what still works at a request.
func (f *Front) end() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.cancel()
	f.server.Close()
	<-f.served
	f.HangUp()
	f.handlers.Wait()
	f.transport.CloseIdleConnections()
}

// As is the Front's URL with another name for this machine, such as localhost: a
// client that compares hosts and not ports takes it for another one.
func (f *Front) As(host string) string {
	return strings.Replace(f.URL, "127.0.0.1", host, 1)
}

// update changes what mu guards, and wakes those who wait for it.
func (f *Front) update(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *Front) serve(w http.ResponseWriter, r *http.Request) {
	x := f.begin(w, r)
	defer f.finish(x)
	if guard := f.guarded(); guard != nil && !guard.admits(x) {
		x.write()
		return
	}
	for _, behave := range f.behaviours(x.seen) {
		behave(x)
		if r.Context().Err() != nil {
			panic(http.ErrAbortHandler) // the client has gone
		}
	}
	if x.answer == nil && !x.spoiled() && f.upstream != nil {
		f.pass(x)
		return
	}
	x.write()
}

// pass has the service answer.
func (f *Front) pass(x *exchange) {
	proxy := httputil.ReverseProxy{
		Rewrite:       func(p *httputil.ProxyRequest) { p.SetURL(f.upstream) },
		Transport:     f.transport,
		FlushInterval: -1,
		ErrorLog:      f.server.ErrorLog,
		ErrorHandler:  func(_ http.ResponseWriter, _ *http.Request, err error) { x.fail(err) },
	}
	proxy.ServeHTTP(x.w, x.r)
	x.whole = true
}

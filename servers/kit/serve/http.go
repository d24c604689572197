package serve

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/server"
)

// HTTPOptions of a server on a port. The zero value is one for this machine alone.
type HTTPOptions struct {
	TokenFile string // of the token that every request has to bring; required where others can reach the port
	Logger    *slog.Logger
}

const (
	httpPath = "/mcp"
	// maxHTTPBody is far over the arguments of any call.
	maxHTTPBody = 4 << 20
	// leastToken keeps out what can be guessed.
	leastToken  = 16
	sessionTime = time.Hour // without a request
	stopTime    = 5 * time.Second
)

// Listener is a port for ServeHTTP.
type Listener struct {
	net.Listener
	handler http.Handler
	end     func(context.Context)
	log     *slog.Logger
}

// ListenHTTP opens addr for srv, as Streamable HTTP. An address that others can
// reach is refused without a token, and so is a token that is too short: a
// server acts with the credentials of whoever started it.
func ListenHTTP(srv *server.MCPServer, addr string, o HTTPOptions) (*Listener, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("%q is no address; write 127.0.0.1:8080, or port 0 for any that is free", addr)
	}
	local := loopback(host)
	if o.TokenFile == "" && !local {
		return nil, fmt.Errorf("%s can be reached by other machines; that needs a token, or listen on 127.0.0.1", addr)
	}
	if o.TokenFile != "" {
		if _, err := readToken(o.TokenFile); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	mcp := server.NewStreamableHTTPServer(srv,
		server.WithStreamableHTTPLogger(o.Logger),
		server.WithSessionIdleTTL(sessionTime),
		server.WithDisableLocalhostProtection(true)) // door does that, and looks at Origin too
	mux := http.NewServeMux()
	mux.Handle(httpPath, mcp)
	return &Listener{
		Listener: l,
		handler:  &door{next: mux, local: local, tokenFile: o.TokenFile},
		end:      func(ctx context.Context) { mcp.Shutdown(ctx) },
		log:      o.Logger,
	}, nil
}

// URL is where clients find the server.
func (l *Listener) URL() string { return "http://" + l.Addr().String() + httpPath }

// Serve answers requests until ctx is done.
func (l *Listener) Serve(ctx context.Context) error {
	s := &http.Server{
		Handler: l.handler,
		// No limit for a whole request: an answer may be a stream.
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(l.log.Handler(), slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l.Listener) }() // ends with the listener
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	l.end(stop)
	if err := s.Shutdown(stop); err != nil {
		s.Close()
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// door keeps out who has no business here: other machines without the token,
// and pages in a browser of this one. A page of a foreign site can make a
// browser send requests to a port of this machine, and by DNS rebinding read
// the answers; Host then names the site, and Origin always does.
type door struct {
	next      http.Handler
	local     bool
	tokenFile string
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, _ := splitHost(r.Host)
	switch origin := r.Header.Values("Origin"); {
	case d.local && !loopback(host):
		http.Error(w, "this server is for its own machine: the Host has to be 127.0.0.1 or localhost", http.StatusForbidden)
		return
	case len(origin) > 1 || len(origin) == 1 && !d.allowed(origin[0], r.Host):
		http.Error(w, "requests from pages of other sites are refused", http.StatusForbidden)
		return
	}
	if d.tokenFile != "" {
		// At each request: a token that was replaced holds at once.
		want, err := readToken(d.tokenFile)
		got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if err != nil || !ok || subtle.ConstantTimeCompare([]byte(got), []byte(want)) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "a bearer token is needed", http.StatusUnauthorized)
			return
		}
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxHTTPBody)
	d.next.ServeHTTP(w, r)
}

// allowed reports whether a page of this origin may ask: one of this server's
// own address, or of this machine when the server is for it alone.
func (d *door) allowed(origin, host string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false // null, and what extensions have
	}
	return strings.EqualFold(u.Host, host) || d.local && loopback(u.Hostname())
}

func splitHost(hostport string) (host, port string) {
	if h, p, err := net.SplitHostPort(hostport); err == nil {
		return h, p
	}
	return strings.Trim(hostport, "[]"), ""
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

func readToken(file string) (string, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("reading the token: %w", err)
	}
	token := strings.TrimSpace(string(raw))
	if len(token) < leastToken || strings.ContainsAny(token, " \t\r\n") {
		return "", fmt.Errorf("%s has to hold one token of at least %d characters", file, leastToken)
	}
	return token, nil
}

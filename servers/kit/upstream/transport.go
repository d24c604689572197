package upstream

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

const (
	// A host that drops packets is told from one that thinks.
	dialTimeout = 5 * time.Second
	// perHost is over what a few calls need at once and under what hurts a small server.
	perHost     = 32
	idlePerHost = 8
	idleTime    = time.Minute
)

// transport sends the requests of a client: it adds the credentials where they
// belong, bounds the answer and tries again.
type transport struct {
	c     *Client
	own   *http.Transport // to the origin of the base URL
	other *http.Transport // to where that redirects: no client certificate, and the system's trust
}

func newTransport(c *Client) (*transport, error) {
	config, err := tlsConfig(c.settings)
	if err != nil {
		return nil, err
	}
	return &transport{c: c, own: plainTransport(config), other: plainTransport(nil)}, nil
}

func plainTransport(config *tls.Config) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:       config,
		TLSHandshakeTimeout:   dialTimeout,
		ForceAttemptHTTP2:     true,
		MaxConnsPerHost:       perHost,
		MaxIdleConnsPerHost:   idlePerHost,
		IdleConnTimeout:       idleTime,
		ExpectContinueTimeout: time.Second,
	}
}

func tlsConfig(s Settings) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: s.Insecure}
	if s.CAFile != "" {
		pem, err := os.ReadFile(s.CAFile)
		if err != nil {
			return nil, fmt.Errorf("%sCA_FILE: %w", s.prefix, err)
		}
		if config.RootCAs, err = x509.SystemCertPool(); err != nil {
			config.RootCAs = x509.NewCertPool()
		}
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%sCA_FILE: %s has no PEM certificate", s.prefix, s.CAFile)
		}
	}
	if s.CertFile != "" {
		load := func() (*tls.Certificate, error) {
			cert, err := tls.LoadX509KeyPair(s.CertFile, s.KeyFile)
			return &cert, err
		}
		if _, err := load(); err != nil {
			return nil, fmt.Errorf("%sCERT_FILE and %sKEY_FILE: %w", s.prefix, s.prefix, err)
		}
		// At each handshake: certificates are renewed while we run.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return load() }
	}
	return config, nil
}

// attempt is one try of a request.
type attempt struct {
	resp    *http.Response
	body    []byte
	skipped int64  // bytes before body, of which only the end was wanted
	key     string // under which the answer is held; empty: it is not
	sent    bool   // something may have reached the other side
	err     error
}

// send makes one try and reads the answer to its end, of which only the last
// tail bytes are kept if tail is not 0.
func (t *transport) send(req *http.Request, tail int64) (a attempt) {
	var sent atomic.Bool
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	})
	defer func() { a.sent = sent.Load() }()
	out := req.Clone(ctx)
	if req.GetBody != nil {
		if out.Body, a.err = req.GetBody(); a.err != nil {
			return a
		}
	}
	out.Header.Set("User-Agent", t.c.agent)
	sender := t.other
	if t.c.ours(req) {
		sender = t.own
		if a.err = t.c.auth.apply(out.Header); a.err != nil {
			return a
		}
		if t.c.cache != nil && tail == 0 {
			a.key = cacheKey(out)
		}
	}
	held := t.c.cache.get(a.key)
	if held != nil {
		out.Header.Set("If-None-Match", held.etag)
	}
	if a.resp, a.err = sender.RoundTrip(out); a.err != nil {
		return a
	}
	defer a.resp.Body.Close()
	a.resp.Request = req
	if held != nil && a.resp.StatusCode == http.StatusNotModified {
		held.serve(a.resp)
		a.keep(held.body)
		return a
	}
	if tail > 0 && a.resp.StatusCode/100 == 2 {
		var end []byte
		if end, a.skipped, a.err = readTail(a.resp.Body, tail, tailScan); errors.Is(a.err, errTooLong) {
			a.err = kit.Errorf(kit.TooLarge, "the answer of %s %s is over %s", req.Method, req.URL.EscapedPath(), sizeText(tailScan))
		}
		a.keep(end)
		return a
	}
	limit := t.c.maxBody
	if req.Method != http.MethodHead && a.resp.ContentLength > limit {
		a.err = t.c.tooLarge(req)
		return a
	}
	// What is unpacked counts, so that a small answer cannot become a large one.
	var body []byte
	body, a.err = io.ReadAll(io.LimitReader(a.resp.Body, limit+1))
	if a.err == nil && int64(len(body)) > limit {
		a.err = t.c.tooLarge(req)
	}
	a.keep(body)
	return a
}

var errTooLong = errors.New("too long")

// keep makes body the answer's.
func (a *attempt) keep(body []byte) {
	a.body = body
	if a.resp.Request.Method != http.MethodHead {
		a.resp.ContentLength = int64(len(body))
	}
	a.resp.Body = io.NopCloser(bytes.NewReader(body))
}

func (a attempt) response() *Response {
	return &Response{
		Method: a.resp.Request.Method, Path: a.resp.Request.URL.EscapedPath(),
		Status: a.resp.StatusCode, Header: a.resp.Header, Body: a.body, Skipped: a.skipped,
	}
}

func (c *Client) tooLarge(req *http.Request) *kit.Error {
	e := kit.Errorf(kit.TooLarge, "the answer of %s %s is over %s", req.Method, req.URL.EscapedPath(), sizeText(c.maxBody))
	if c.service.Smaller != "" {
		return e.WithHint("%s; or %s allows more", c.service.Smaller, c.Setting("MAX_BODY"))
	}
	return e.WithHint("ask for less; or %s allows more", c.Setting("MAX_BODY"))
}

func sizeText(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}

// ours reports whether a request may carry our credentials: it and all that
// redirected to it are of the origin of the base URL. Who has left once could
// be sent back to anything there.
func (c *Client) ours(req *http.Request) bool {
	for r := req; r != nil; {
		if origin(r.URL) != origin(c.base) {
			return false
		}
		if r.Response == nil {
			return true
		}
		r = r.Response.Request
	}
	return true
}

func origin(u *url.URL) string {
	if u == nil {
		return ""
	}
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	return scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// sendError says why there is no answer.
func (c *Client) sendError(ctx context.Context, req *http.Request, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var known *kit.Error
	if errors.As(err, &known) {
		return known
	}
	var wrapped *url.Error // its text repeats the whole query
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	e := kit.Errorf(kit.Unavailable, "%s %s: %w", req.Method, req.URL.EscapedPath(), err)
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.As(err, &certificate):
		e.Code = kit.FailedPrecondition
		return e.WithHint("%s names the CA that signed the certificate of %s; the host in %s has to be one that it is for", c.Setting("CA_FILE"), c.service.Name, c.Setting("URL"))
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		e.Code = kit.FailedPrecondition
		return e.WithHint("is it http, not https, or the other way round, in %s?", c.Setting("URL"))
	case errors.As(err, &alert):
		e.Code = kit.FailedPrecondition
		return e.WithHint("does %s want a client certificate? %s and %s name it", c.service.Name, c.Setting("CERT_FILE"), c.Setting("KEY_FILE"))
	}
	return e.WithHint("is %s running, and does %s point at it?", c.service.Name, c.Setting("URL"))
}

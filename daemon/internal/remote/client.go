package remote

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// newClient is an HTTP client for one server. It has no cookies, and no limit on
// how long an answer may take: a call has its own.
func newClient(o Options) *http.Client {
	dialer := &net.Dialer{Timeout: o.Timeouts.Dial}
	return &http.Client{
		CheckRedirect: sameHost,
		Transport: &http.Transport{
			Proxy:                 proxyFrom(o.Environ),
			DialContext:           dialer.DialContext,
			TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:   o.Timeouts.TLS,
			ForceAttemptHTTP2:     true,
			HTTP2:                 &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second}, // a call may be silent for long
			MaxIdleConnsPerHost:   16,
			IdleConnTimeout:       30 * time.Second,
			ExpectContinueTimeout: time.Second,
		},
	}
}

// sameHost follows a redirect only where headers may go and what was posted
// stays a post. Any other is the answer.
func sameHost(req *http.Request, via []*http.Request) error {
	first := via[0]
	status := req.Response.StatusCode
	keeps := first.Method == http.MethodGet || status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect
	if len(via) > 5 || !keeps || req.URL.Scheme != first.URL.Scheme || req.URL.Host != first.URL.Host {
		return http.ErrUseLastResponse
	}
	return nil
}

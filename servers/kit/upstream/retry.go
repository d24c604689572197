package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

const (
	tries = 3
	// Full jitter between these: clients that failed together come back apart.
	minPause = 300 * time.Millisecond
	maxPause = 4 * time.Second
	// longestPause is what a call waits because the server says so; over it the
	// model is told instead.
	longestPause = 5 * time.Second
)

// RoundTrip sends a request, again where that can help: a read when the server
// or something before it was busy, a write only when it was not taken.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	ctx := req.Context()
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	if x == nil {
		x = new(exchange) // a library asks; it reads the answer itself
	}
	safe := x.reads || reads(req.Method)
	again := req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
	renewed := false
	for try := 1; ; try++ {
		a := t.send(req, x.tail)
		wait, retry := time.Duration(0), false
		if a.err != nil {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			retry = passing(a.err) && (safe || !a.sent)
		} else {
			x.answer = a.response()
			x.failure = t.c.failure(x.answer, x.json)
			if a.resp.StatusCode == http.StatusUnauthorized && again && !renewed && t.c.ours(req) {
				renewed = true
				if changed, err := t.c.auth.renew(); err == nil && changed {
					try--
					continue
				}
			}
			if x.failure == nil {
				t.c.cache.put(a.key, x.answer)
				return a.resp, nil
			}
			var said bool
			wait, said = retryAfter(a.resp.Header, time.Now())
			if x.failure.RetryAfter > 0 {
				wait, said = x.failure.RetryAfter, true
			}
			retry = worthwhile(safe, x.failure, said)
		}
		// Failing is certain before the wait is over.
		late := wait > longestPause
		if wait == 0 {
			wait = minPause + rand.N(min(maxPause, minPause<<(2*try))-minPause)
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
			late = true
		}
		if retry && late && x.failure != nil && x.failure.RetryAfter > 0 {
			x.failure.Code = kit.RateLimited
		}
		if !retry || late || !again || try >= tries {
			if a.err != nil {
				return nil, a.err
			}
			return a.resp, nil
		}
		if err := t.c.service.Pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// worthwhile reports whether the same request may go better in a while.
func worthwhile(safe bool, e *kit.Error, said bool) bool {
	limited := e.Code == kit.RateLimited && (e.Status == http.StatusTooManyRequests || said)
	if !safe {
		// The server says when to come again: it has not done it.
		return said && (limited || e.Code == kit.Unavailable && e.Status == http.StatusServiceUnavailable)
	}
	switch e.Status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		// One with a code of its own is the service's answer, not one of the way:
		// a query that timed out there would only time out again.
		return e.Code == kit.Unavailable
	}
	return limited || e.Code == kit.Unavailable && e.Status/100 == 2 // half an answer
}

// passing reports whether what kept an answer away may be gone soon.
func passing(err error) bool {
	var known *kit.Error
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var name *net.DNSError
	switch {
	case errors.As(err, &known), errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert),
		errors.Is(err, http.ErrSchemeMismatch):
		return false
	case errors.As(err, &name):
		return !name.IsNotFound
	}
	return true
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

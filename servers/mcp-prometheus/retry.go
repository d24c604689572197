package main

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/url"
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

// send tries a GET again when the server or something before it was busy. A
// POST is sent once: only long queries take that way, and they cost most.
func (c *client) send(ctx context.Context, method string, target *url.URL, form string) (*envelope, error) {
	for try := 1; ; try++ {
		answer, failure, retryAfter, err := c.do(ctx, method, target, form)
		if err != nil {
			return nil, err
		}
		if failure == nil {
			return answer, nil
		}
		if method != http.MethodGet || try == tries || !passing(failure) {
			return nil, failure
		}
		wait := minPause + rand.N(min(maxPause, minPause<<(2*try))-minPause)
		if retryAfter > 0 {
			wait = retryAfter
		}
		deadline, ok := ctx.Deadline()
		if wait > longestPause || ok && time.Until(deadline) < wait {
			return nil, failure
		}
		if err := c.pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// passing reports whether the failure is one of the way to Prometheus, not its
// own answer: a query that timed out there would only time out again.
func passing(e *kit.Error) bool {
	switch e.Status {
	case 0:
		return e.Code == kit.Unavailable
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return e.Code == kit.RateLimited || e.Code == kit.Unavailable
	}
	return false
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

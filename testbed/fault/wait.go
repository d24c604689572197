package fault

import (
	"time"

	"github.com/loom-core/loom/testbed"
)

// AwaitRequests waits until n requests have come and returns the last of them.
func (f *Front) AwaitRequests(n int) Request {
	f.t.Helper()
	if !f.await(testbed.Patience, func() bool { return len(f.requests) >= n }) {
		f.t.Fatalf("waited %s for request %d; %d came", testbed.Patience, n, len(f.Requests()))
	}
	return f.Requests()[n-1]
}

// AwaitCancelled fails the test unless clients have left n requests within the
// limit. That is how a suite sees that a cancelled call ends its request:
//
//	front.On(fault.Any, fault.Hang())
//	id := c.Begin("loki__query_logs", arguments)
//	front.AwaitRequests(1)
//	c.Cancel(id)
//	front.AwaitCancelled(1, time.Second)
func (f *Front) AwaitCancelled(n int, limit time.Duration) {
	f.t.Helper()
	if !f.await(limit, func() bool { return f.cancelled() >= n }) {
		f.t.Errorf("after %s clients have left %d requests, want %d; %d are still worked at", limit, f.Cancelled(), n, f.InFlight())
	}
}

// AwaitIdle fails the test unless no request is worked at any more within the
// limit.
func (f *Front) AwaitIdle(limit time.Duration) {
	f.t.Helper()
	if !f.await(limit, func() bool { return f.inFlight() == 0 }) {
		f.t.Errorf("after %s %d requests are still worked at", limit, f.InFlight())
	}
}

// Cancelled is how many requests clients left before they had their answer.
func (f *Front) Cancelled() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cancelled()
}

// InFlight is how many requests are worked at.
func (f *Front) InFlight() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.inFlight()
}

func (f *Front) cancelled() (n int) {
	for _, r := range f.requests {
		if r.Cancelled {
			n++
		}
	}
	return n
}

func (f *Front) inFlight() (n int) {
	for _, r := range f.requests {
		if r.Ended.IsZero() {
			n++
		}
	}
	return n
}

// await waits until is, which is called under mu, returns true.
func (f *Front) await(limit time.Duration, is func() bool) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		f.mu.Lock()
		ok, changed := is(), f.changed
		f.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-changed:
		case <-timer.C:
			return false
		}
	}
}

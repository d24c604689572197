package pool

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// When a server is started again after a failure, and how often.
const (
	// steady is how long a process has to live for its start to count as a success.
	steady = 10 * time.Second
	// The wait before a start, from the second failure in a row on: 0.5 s, 4 s,
	// 30 s. The steps are wide so that an outage of half a minute is survived.
	backoffMin    = 500 * time.Millisecond
	backoffMax    = 30 * time.Second
	backoffFactor = 8
	// breakAfter failures in a row calls are refused, for openMin at first and
	// twice as long after each further failure. A server that is dead is so
	// started 13 times in the first hour and 6 times in each that follows.
	breakAfter = 5
	openMin    = time.Minute
	openMax    = 10 * time.Minute
)

// BrokenError refuses a call at once: the server failed too often to be
// started for every call.
type BrokenError struct {
	Server   string
	Failures int       // in a row
	Last     error     // the last of them
	RetryAt  time.Time // from then on a call starts the server
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("server %s failed %d times in a row and is not started before %s (loom restart %s tries at once); the last time: %v",
		e.Server, e.Failures, e.RetryAt.Format("15:04:05"), e.Server, e.Last)
}

func (e *BrokenError) Unwrap() error { return e.Last }

// breaker decides when a server may be started. It counts starts that failed
// and processes that ended soon after; how long a call takes is none of its
// business. It has no clock and no lock: whoever owns it passes the time, which
// must not run backwards, and guards it.
//
// A start that allow let through is reported by failed, or by started and, when
// the process ends, exited.
type breaker struct {
	server string
	random func() float64 // in [0, 1); nil is the real one

	failures int
	last     error
	next     time.Time     // no start before it
	open     time.Duration // how long calls are refused; 0 while the breaker is closed
	running  time.Time     // when the process became ready; zero if none runs
}

// allow asks for a start. It is granted when wait is 0 and err is nil. With a
// wait the caller asks again after it; with an error the call is refused. Of
// those who ask when the time of an open breaker is over one alone is granted
// a start, until that one has failed or as much time has gone by again.
func (b *breaker) allow(now time.Time) (wait time.Duration, err *BrokenError) {
	if err := b.broken(now); err != nil {
		return 0, err
	}
	if wait := b.next.Sub(now); wait > 0 {
		return wait, nil
	}
	if b.open > 0 {
		b.next = now.Add(b.open)
	}
	return 0, nil
}

// broken is what allow would refuse a call with, and changes nothing but what
// time has changed.
func (b *breaker) broken(now time.Time) *BrokenError {
	if !b.running.IsZero() && now.Sub(b.running) >= steady {
		b.close()
	}
	if b.open == 0 || !now.Before(b.next) {
		return nil
	}
	return &BrokenError{Server: b.server, Failures: b.failures, Last: b.last, RetryAt: b.next}
}

// started notes that the process is ready.
func (b *breaker) started(now time.Time) { b.running = now }

// failed notes that the process could not be started.
func (b *breaker) failed(now time.Time, err error) {
	b.running = time.Time{}
	b.failures++
	b.last = err
	switch {
	case b.failures == 1: // what happens once may be chance
		b.next = now
	case b.failures < breakAfter:
		step := backoffMin
		for range b.failures - 2 {
			step = min(step*backoffFactor, backoffMax)
		}
		// Between half of it and all: servers that fell together do not rise together.
		b.next = now.Add(step/2 + b.part(step/2))
	default:
		b.open = min(max(2*b.open, openMin), openMax)
		b.next = now.Add(b.open + b.part(b.open/4))
	}
}

// exited notes that a process ended, which was ready for ranFor. cause is nil
// when loomd stopped it: that says nothing about the server.
func (b *breaker) exited(now time.Time, ranFor time.Duration, cause error) {
	b.running = time.Time{}
	switch {
	case ranFor >= steady:
		b.close() // and the next call starts it at once
	case cause != nil:
		b.failed(now, cause)
	}
}

// answered notes that the server answered a client's call, be it with an error.
// The handshake and the lists do not count: a server that ends after each of
// them is of no use.
func (b *breaker) answered(time.Time) { b.close() }

// reset forgets everything: somebody said that it is mended.
func (b *breaker) reset() { b.close() }

func (b *breaker) close() {
	b.failures, b.last, b.next, b.open = 0, nil, time.Time{}, 0
}

// part is a random part of d.
func (b *breaker) part(d time.Duration) time.Duration {
	random := b.random
	if random == nil {
		random = rand.Float64
	}
	return time.Duration(random() * float64(d))
}

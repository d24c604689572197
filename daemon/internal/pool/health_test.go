package pool

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/registry"
)

// A server that failed too often is not started for each call, and the refusal
// says why.
func TestABrokenServerRefusesAtOnce(t *testing.T) {
	p, _ := newPool(t)
	i := p.Instance(fake(t, func(s *registry.Server) { s.Args = []string{"-fail=no licence"} }), Sharing{})
	i.mu.Lock()
	i.health.breaker.failures = breakAfter - 1
	i.mu.Unlock()
	_, out := send(i, "pid", "{}")
	if res := <-out; res.err == nil || !strings.Contains(res.err.Error(), "no licence") {
		t.Fatalf("the start that opens the breaker: %v", res.err)
	}
	_, out = send(i, "pid", "{}")
	var broken *BrokenError
	if res := <-out; !errors.As(res.err, &broken) || !strings.Contains(res.err.Error(), "no licence") || !strings.Contains(res.err.Error(), "loom restart fake") {
		t.Errorf("the call after it: %v", res.err)
	}
	if err := i.Learn(t.Context()); !errors.As(err, &broken) {
		t.Errorf("learning it: %v", err)
	}
	p.Restart("fake")
	_, out = send(p.Instance(fake(t, nil), Sharing{}), "pid", "{}")
	if res := <-out; res.err != nil {
		t.Errorf("after a restart: %v", res.err)
	}
}

// A call that comes while the breaker holds starts back waits for its turn.
func TestACallWaitsForItsTurn(t *testing.T) {
	p, _ := newPool(t)
	i := p.Instance(fake(t, nil), Sharing{})
	i.mu.Lock()
	i.health.breaker.failures, i.health.breaker.next = 2, time.Now().Add(50*time.Millisecond)
	i.mu.Unlock()
	began := time.Now()
	text(t, i, "pid", "{}")
	if took := time.Since(began); took < 50*time.Millisecond {
		t.Errorf("it was started after %s", took)
	}
}

// An idle process that does not answer is ended, and the next call gets another.
func TestAnIdleProcessThatIsStuckIsEnded(t *testing.T) {
	p, c := newPool(t)
	p.opts.Timeouts = child.Timeouts{Close: 10 * time.Millisecond, Term: 10 * time.Millisecond}
	i := p.Instance(fake(t, func(s *registry.Server) { s.IdleTimeout = 0 }), Sharing{})
	first := text(t, i, "pid", "{}")
	i.mu.Lock()
	proc := i.proc
	i.mu.Unlock()
	if err := syscall.Kill(proc.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	i.look(proc) // takes what it wrote for a sign of life
	for range 4 {
		i.mu.Lock()
		l := &i.health.liveness
		for _, at := range []*time.Time{&l.heard, &l.busy, &l.asked} { // as if so much time had gone by
			if !at.IsZero() {
				*at = at.Add(-2 * time.Minute)
			}
		}
		i.mu.Unlock()
		i.look(proc)
	}
	if cause := <-c.exited; !strings.Contains(cause, "answered none of 2 pings") {
		t.Errorf("it ended: %s", cause)
	}
	if now := text(t, i, "pid", "{}"); now == first {
		t.Error("it is the same process")
	}
}

package pool

import (
	"errors"
	"testing"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/registry"
)

// person is a client that takes its time with questions.
type person struct{ asked chan *Asked }

func (p *person) Asked(a *Asked)                                        { p.asked <- a }
func (p *person) Told(*Instance, []byte, jsonrpc.Message, string, bool) {}
func (p *person) Withdrawn(*Asked, string)                              {}
func (p *person) Left(*Instance)                                        {}

// waits begins a call and returns where its answer comes.
func (p *person) call(i *Instance, timeout time.Duration, tool, args string) chan error {
	out := make(chan error, 1)
	i.Send(nil, &Call{Owner: p, Request: child.Request{
		Method: "tools/call", Params: []byte(`{"name":"` + tool + `","arguments":` + args + `}`), Timeout: timeout,
		Done: func(a child.Answer) { out <- a.Err },
	}})
	return out
}

// TestCallsBehindAQuestion: while one client of a server that asks is being
// asked, its own calls pass those of the others, which its answer may depend
// on; those of the others wait as long as a call may take, and no longer.
func TestCallsBehindAQuestion(t *testing.T) {
	p, _ := newPool(t)
	s := fake(t, func(s *registry.Server) { s.Args = []string{"-surface"} })
	i := p.Instance(s, Sharing{})
	text(t, i, "echo", "{}")
	i.mu.Lock()
	i.asks = true
	i.mu.Unlock()
	a, b := &person{make(chan *Asked, 1)}, &person{make(chan *Asked, 1)}
	outer := a.call(i, time.Minute, "ask", `{"kind":"elicitation"}`)
	question := <-a.asked
	behind := b.call(i, time.Minute, "echo", "{}")
	inner := a.call(i, time.Minute, "echo", "{}")
	select {
	case err := <-inner:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("a call that the answer depends on waits behind one that waits for the answer")
	}
	i.overdue(time.Now())
	i.overdue(time.Now().Add(59 * time.Second))
	if n := i.State().Queued; n != 1 {
		t.Errorf("%d calls wait", n)
	}
	i.overdue(time.Now().Add(61 * time.Second))
	var busy *BusyError
	if err := <-behind; !errors.As(err, &busy) || !busy.Asks {
		t.Errorf("the other client's call gave %v", err)
	}
	question.Reply(jsonrpc.NewResult(question.Message.ID.Of(question.Frame), []byte(`{"action":"decline"}`)))
	if err := <-outer; err != nil {
		t.Error(err)
	}
	if state := i.State(); state.InFlight != 0 || state.Queued != 0 {
		t.Errorf("left: %+v", state)
	}
}

// TestSubscribersAreNotForgotten: a server that cannot be started at the first
// try, with nobody but those who subscribed to something, is tried again.
func TestSubscribersAreNotForgotten(t *testing.T) {
	p, c := newPool(t)
	i := p.Instance(fake(t, func(s *registry.Server) { s.Args = []string{"-fail", "no licence"} }), Sharing{})
	i.Subscribe(&person{}, "fake://x")
	i.Wake()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		c.mu.Lock()
		fails := c.fails
		c.mu.Unlock()
		if fails >= 2 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("it was tried %d times", fails)
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	now := time.Now()
	for range breakAfter {
		i.health.breaker.failed(now, errors.New("again"))
	}
	i.reviveLocked(now.Add(time.Hour))
	if i.health.revival == nil {
		t.Error("nothing starts it when its breaker closes")
	}
}

// TestReloadOfTheIdleTimeout: another idle_timeout needs no other process, and
// no call, to count.
func TestReloadOfTheIdleTimeout(t *testing.T) {
	p, c := newPool(t)
	read := func(idle string) *registry.Registry {
		t.Helper()
		reg, err := registry.Parse("r.yaml", []byte("version: 1\nservers:\n  fake: {command: "+fake(t, nil).Command+", share: global, idle_timeout: "+idle+"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		return reg
	}
	s, _ := read("1h").Server("fake")
	text(t, p.Instance(s, Sharing{}), "echo", "{}")
	p.Keep(read("50ms"))
	select {
	case <-c.exited:
	case <-time.After(10 * time.Second):
		t.Error("the process goes by the timeout of the registry before")
	}
}

// TestSubscriptionThatTheServerEnds is opened again, if it lasted.
func TestSubscriptionThatTheServerEnds(t *testing.T) {
	p, _ := newPool(t)
	i := p.Instance(fake(t, func(s *registry.Server) { s.Args = []string{"-surface", "-era=modern"} }), Sharing{})
	text(t, i, "echo", "{}")
	listener := func() (*child.Process, *child.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		return i.proc, i.listener
	}
	proc, first := listener()
	if first == nil {
		t.Fatal("nothing is listened to")
	}
	i.unheard(proc, first, time.Now().Add(-steady))
	_, second := listener()
	if second == nil || second == first {
		t.Error("it is not opened again")
	}
	i.unheard(proc, first, time.Now().Add(-steady)) // late, of the one before
	if _, now := listener(); now != second {
		t.Error("the end of an older one ends the new one")
	}
	i.unheard(proc, second, time.Now())
	if _, now := listener(); now != nil {
		t.Error("one that is ended at once is opened again and again")
	}
}

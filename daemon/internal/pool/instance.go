package pool

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/flow"
	"github.com/loom-core/loom/registry"
)

// Phase is where in its life an instance is.
type Phase string

// The phases, as `loom status` prints them.
const (
	Stopped  Phase = "stopped" // the next request starts it
	Starting Phase = "starting"
	Ready    Phase = "ready"
	Stopping Phase = "stopping"
)

// ErrRetired answers a request that came to an instance of an older registry
// after that had drained. The same call goes to a new process.
var ErrRetired = errors.New("the server was restarted or reconfigured before it answered")

// Instance stands for one process of a server, through all its restarts.
// Requests wait in it in order, until the process is ready and has a slot.
type Instance struct {
	pool    *Pool
	name    string // id of the server
	project string // that the server is of; empty: the user's own
	sharing Sharing

	mu        sync.Mutex
	server    registry.Server
	phase     Phase
	since     time.Time // of the phase
	proc      *child.Process
	waiting   []*Call
	inFlight  int
	members   map[Owner]*member
	asking    map[string]*Asked // what clients have not answered, by the server's raw id
	elicited  map[string]Owner  // whose a page is, by elicitationId
	asks      bool              // it asks its clients: one of them at a time
	serial    bool              // it mixes answers up: one call at a time
	listening string            // the filter of listener
	listener  *child.Request    // the subscription of a modern process
	changed   chan struct{}     // its definitions are to be read again
	retired   bool              // of an older registry: it takes what is sent, and drains
	ended     bool              // drained: it takes nothing any more
	idle      *time.Timer       // looks whether it rests for long enough; nil when it does not
	resting   time.Time         // since when there is nothing to do; zero: there is
	spare     *member           // one that was forgotten, to be used again
	learning  *learning         // of the start under way or the running process
	quiet     chan struct{}     // closed when nothing is in flight, for drain
	health    health
}

// learning is one reading of a server's definitions.
type learning struct {
	done chan struct{}
	err  error // set before done is closed
}

// State is what `loom status` shows of an instance.
type State struct {
	Sharing  Sharing
	Phase    Phase
	Retired  bool
	PID      int
	Era      child.Era
	Since    time.Time
	InFlight int
	Queued   int
}

func newInstance(p *Pool, s registry.Server, sharing Sharing) *Instance {
	i := &Instance{pool: p, name: s.ID(), project: s.Project, server: s, sharing: sharing, phase: Stopped, since: time.Now(), members: map[Owner]*member{}, asking: map[string]*Asked{}, elicited: map[string]Owner{}, changed: make(chan struct{}, 1), health: health{breaker: breaker{server: s.ID()}}}
	if known, ok := p.opts.Catalog.Get(i.name); ok && sharing.Owner == nil {
		i.asks = known.Asks
	}
	return i
}

func (i *Instance) configure(s registry.Server) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.server = s
}

// adopt is configure for an entry that was just read: what an idle process waits
// for may not be what it was.
func (i *Instance) adopt(s registry.Server) {
	i.mu.Lock()
	defer i.mu.Unlock()
	same := i.server.IdleTimeout == s.IdleTimeout
	i.server = s
	if !same {
		if i.idle != nil {
			i.idle.Stop()
			i.idle = nil
		}
		i.busyLocked()
		i.restLocked()
	}
}

// State returns a snapshot.
func (i *Instance) State() State {
	i.mu.Lock()
	defer i.mu.Unlock()
	s := State{Sharing: i.sharing, Phase: i.phase, Retired: i.retired, Since: i.since, InFlight: i.inFlight, Queued: len(i.waiting)}
	if i.proc != nil {
		s.PID, s.Era = i.proc.PID(), i.proc.Era()
	}
	return s
}

func (i *Instance) running() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.phase != Stopped
}

// Send queues c, starting the server when it does not run. It never blocks and
// does not call c.Done itself. l is the list of the reader on whose goroutine
// this is, if it is one.
func (i *Instance) Send(l *flow.List, c *Call) {
	done := c.Done
	c.Done = func(a child.Answer) {
		i.release(c, a)
		done(a)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.ended {
		go done(child.Answer{Err: ErrRetired})
		return
	}
	i.waiting = append(i.waiting, c)
	i.wakeLocked(l)
}

// SendIfRunning is [Instance.Send] for what is not worth a start. It reports
// whether the server runs.
func (i *Instance) SendIfRunning(c *Call) bool {
	if !i.running() {
		return false
	}
	i.Send(nil, c)
	return true
}

// Wake starts the server if it does not run.
func (i *Instance) Wake() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.ended {
		i.wakeLocked(nil)
	}
	i.restLocked()
}

// Forward sends a notification of a client as it is, if the server runs.
func (i *Instance) Forward(frame []byte) {
	i.mu.Lock()
	proc := i.readyLocked()
	i.mu.Unlock()
	if proc != nil {
		proc.Reply(frame)
	}
}

// SetToken changes the progress token of a call in flight; nil drops its progress.
func (i *Instance) SetToken(c *Call, token []byte) {
	i.mu.Lock()
	proc := i.proc
	i.mu.Unlock()
	if proc != nil {
		proc.SetToken(&c.Request, token)
	}
}

// ID is that of the server.
func (i *Instance) ID() string { return i.name }

// Name is that of the server, as its clients know it.
func (i *Instance) Name() string { return string(registry.NameOf(i.name)) }

// Prefers is the era in which a server that speaks both is spoken to here.
func (i *Instance) Prefers() child.Era { return i.sharing.Era }

// IsOf reports whether only o uses this instance.
func (i *Instance) IsOf(o Owner) bool { return i.sharing.Owner == o }

// ServerInfo is what the server says it is, raw; nil when it does not run.
func (i *Instance) ServerInfo() []byte {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.proc == nil {
		return nil
	}
	return i.proc.Info().ServerInfo
}

// wakeLocked starts the server if it has to run, and sends what has a slot.
func (i *Instance) wakeLocked(l *flow.List) {
	i.busyLocked()
	if i.phase == Stopped {
		i.wantLocked()
	}
	i.askedFirstLocked()
	for i.phase == Ready && len(i.waiting) > 0 && i.freeLocked(i.waiting[0].Owner) {
		c := i.waiting[0]
		i.memberLocked(c.Owner).flying[c] = true // before it is sent: the server may ask at once
		if !i.proc.Send(l, &c.Request) {
			delete(i.members[c.Owner].flying, c)
			return // it has just ended; watch starts the next one
		}
		i.waiting = slices.Delete(i.waiting, 0, 1) // not i.waiting[1:], which makes room anew with every call
		i.inFlight++
	}
}

// freeLocked reports whether a call of o may be sent now. A server that asks
// its clients has one of them at a time, so that it is always known whom.
func (i *Instance) freeLocked(o Owner) bool {
	if i.serial && i.inFlight > 0 || i.inFlight >= i.server.Concurrency {
		return false
	}
	if !i.asks || i.inFlight == 0 {
		return true
	}
	for other, m := range i.members {
		if other != o && len(m.flying) > 0 {
			return false
		}
	}
	return true
}

// release frees the slot of an answered call.
func (i *Instance) release(c *Call, a child.Answer) {
	_, timeout := errors.AsType[*child.TimeoutError](a.Err)
	i.mu.Lock()
	defer i.mu.Unlock()
	if a.Err == nil && i.health.breaker.failures > 0 {
		i.health.breaker.answered(time.Now())
	}
	i.landLocked(c)
	if timeout {
		i.ghostLocked(c.Owner)
	}
	i.freedLocked(a.List)
}

// landLocked takes c from its owner's calls in flight.
func (i *Instance) landLocked(c *Call) {
	if m := i.members[c.Owner]; m != nil {
		delete(m.flying, c)
		i.forgetLocked(c.Owner)
	}
}

// freedLocked gives a slot back.
func (i *Instance) freedLocked(l *flow.List) {
	i.inFlight--
	i.wakeIfReadyLocked(l)
	i.restLocked()
}

func (i *Instance) freed() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.freedLocked(nil)
}

func (i *Instance) setPhase(p Phase) {
	i.phase, i.since = p, time.Now()
	i.resting = time.Time{}
}

// Learn starts the server if need be and waits until its definitions are read.
func (i *Instance) Learn(ctx context.Context) error {
	i.mu.Lock()
	if i.ended {
		i.mu.Unlock()
		return ErrRetired
	}
	if i.phase == Stopped { // one that runs has been read, and stays as idle as it was
		if broken := i.health.breaker.broken(time.Now()); broken != nil {
			i.mu.Unlock()
			return broken
		}
		i.startLocked()
	}
	l := i.learning
	i.mu.Unlock()
	select {
	case <-l.done:
		return l.err
	case <-ctx.Done():
		return fmt.Errorf("learning server %s: %w", i.name, context.Cause(ctx))
	}
}

// drain ends the instance: at once when it has nothing to do or may not finish
// it, else after at most its server's drain. It returns when the process is gone.
func (i *Instance) drain(may bool) {
	i.mu.Lock()
	var limit time.Duration
	if may && i.phase != Stopped { // what waits for a start can as well wait for that of the next
		limit = i.server.Drain
	}
	i.retired = true
	if (i.inFlight > 0 || len(i.waiting) > 0) && limit > 0 {
		quiet := make(chan struct{})
		i.quiet = quiet
		i.mu.Unlock()
		t := time.NewTimer(limit)
		select {
		case <-quiet:
		case <-t.C:
		case <-i.pool.ctx.Done():
		}
		t.Stop()
		i.mu.Lock()
	}
	i.ended = true
	if i.health.retry != nil {
		i.health.retry.Stop()
	}
	if i.health.revival != nil {
		i.health.revival.Stop()
	}
	late := i.waiting
	i.waiting = nil
	i.inFlight += len(late) // each Done releases
	proc := i.proc
	if i.phase == Ready {
		i.setPhase(Stopping)
	}
	i.mu.Unlock()
	for _, r := range late {
		r.Done(child.Answer{Err: ErrRetired})
	}
	if proc != nil {
		proc.Stop()
	}
}

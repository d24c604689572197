package child

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/daemon/internal/flow"
)

// Process is one life of a server: from its start to its exit. It is safe for
// concurrent use.
type Process struct {
	spec   Spec
	limits Timeouts
	life   life
	ended  func() (cause string) // of Spec.Began
	stdin  *os.File
	stdout *os.File
	stderr *os.File
	from   string // its pid, as lines in the ring are marked
	meta   []byte
	era    Era
	newest Era // that it speaks, if not here
	both   bool
	info   Info
	stage  atomic.Value // string: what an exit interrupts

	toChild *flow.Queue
	due     flow.List      // of readLoop
	readers sync.WaitGroup // stdout and stderr
	writer  sync.WaitGroup
	done    chan struct{} // closed when the process has ended and every request is answered

	mu      sync.Mutex
	nextID  int64
	pending map[int64]*Request
	tasks   map[int64]*Request // answered with a task, of which progress may still come
	alarm   alarm
	line    []byte // room for the next request
	exited  error  // set once, before done is closed
	stopped bool
	because string // why loomd ended it, if there is more to say

	frames atomic.Int64 // whole lines on stdout
	noise  atomic.Int64 // lines on stdout that are no messages
	stray  atomic.Int64 // answers to ids that are not in flight
}

// TimeoutError is a request without an answer or progress for too long.
type TimeoutError struct {
	Server string
	After  time.Duration
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("server %s gave no answer and no progress for %s", e.Server, e.After)
}

// Start starts the process and agrees on the protocol. ctx bounds both; the
// process outlives it. A server that ends when its first line is not
// initialize is started once more and asked in the legacy way.
func Start(ctx context.Context, spawner *Spawner, spec Spec) (*Process, error) {
	p, err := start(ctx, spawner, spec)
	if spec.Era != Legacy && errors.Is(err, errEndedAtDiscover) {
		spec.Era = Legacy
		if spec.Again != nil {
			spec.Again()
		}
		p, err = start(ctx, spawner, spec)
	}
	return p, err
}

func start(ctx context.Context, spawner *Spawner, spec Spec) (*Process, error) {
	p := &Process{
		spec: spec, limits: spec.Timeouts.orDefaults(), meta: ModernMeta(spec.Version, "{}"),
		done: make(chan struct{}), pending: map[int64]*Request{}, tasks: map[int64]*Request{},
	}
	p.stage.Store("start")
	if err := p.spawn(spawner); err != nil {
		return nil, &ExitError{Server: spec.Server, Stage: "start", Cause: err.Error()}
	}
	p.stage.Store("handshake")
	ctx, cancel := context.WithTimeoutCause(ctx, p.limits.Handshake, errSilent)
	defer cancel()
	if err := p.handshake(ctx); err != nil {
		p.Stop()
		return nil, err
	}
	p.stage.Store("call")
	return p, nil
}

// spawn opens the pipes itself and hands the child's ends over as files: then
// Wait returns when the process ends, also when a grandchild keeps a pipe.
func (p *Process) spawn(spawner *Spawner) error {
	var theirs []*os.File
	defer func() {
		for _, f := range theirs {
			f.Close()
		}
	}()
	open := func(weRead bool) (ours, child *os.File, err error) {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, nil, err
		}
		ours, child = r, w
		if !weRead {
			ours, child = w, r
		}
		theirs = append(theirs, child)
		return ours, child, nil
	}
	cmd := &exec.Cmd{Path: p.spec.Path, Args: append([]string{p.spec.Path}, p.spec.Args...), Env: p.spec.Env, Dir: p.spec.Dir}
	for _, pipe := range []struct {
		ours   **os.File
		weRead bool
		give   func(*os.File)
	}{
		{&p.stdin, false, func(f *os.File) { cmd.Stdin = f }},
		{&p.stdout, true, func(f *os.File) { cmd.Stdout = f }},
		{&p.stderr, true, func(f *os.File) { cmd.Stderr = f }},
	} {
		ours, child, err := open(pipe.weRead)
		if err != nil {
			p.closePipes()
			return err
		}
		*pipe.ours = ours
		pipe.give(child)
	}
	p.toChild = flow.NewQueue(p.stdin, nil)
	if p.spec.Bridge != nil {
		p.life = bridge(p.spec.Bridge, cmd.Stdin.(*os.File), cmd.Stdout.(*os.File))
		theirs = theirs[2:] // its own; stderr has no writer
	} else {
		if err := spawner.Start(cmd); err != nil {
			p.closePipes()
			return err
		}
		p.life = &process{cmd}
	}
	if p.spec.Began != nil {
		p.ended = p.spec.Began(p)
	}
	if p.from = "remote"; p.PID() > 0 {
		p.from = strconv.Itoa(p.PID())
	}
	p.readers.Go(func() { p.spec.Stderr.Copy(p.from, p.stderr) })
	p.readers.Go(p.readLoop)
	p.writer.Go(p.writeLoop)
	go p.waitLoop() // ends with the process; done says so
	return nil
}

func (p *Process) closePipes() {
	for _, f := range []*os.File{p.stdin, p.stdout, p.stderr} {
		if f != nil {
			f.Close()
		}
	}
}

// Send sends r, unless the process has ended. It never blocks and never calls
// r.Done itself. l is the list of the reader on whose goroutine this is, if it
// is one.
func (p *Process) Send(l *flow.List, r *Request) (sent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.exited != nil {
		return false
	}
	p.nextID++
	r.id = p.nextID
	p.pending[r.id] = r
	p.againLocked(r)
	p.line = r.frame(p.line[:0], p.era, p.meta)
	p.toChild.Push(l, p.line) // under the lock, so that ids reach the server in order
	if len(p.line) > flow.MaxCopied {
		p.line = nil // it is the queue's now
	}
	return true
}

// Hold stops the time of a request while somebody is asked on its behalf, and
// lets it begin anew.
func (p *Process) Hold(r *Request, held bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pending[r.id] != r || r.held == held {
		return
	}
	r.held = held
	p.againLocked(r)
}

// Linger lets progress of an answered request go on for a while: its answer
// was a task, whose token stays good (2025-11-25, "Tasks"). The returned function
// ends that before, and may be called more than once. Nothing else of r is kept,
// which may be large.
func (p *Process) Linger(r *Request, d time.Duration) (end func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := r.id
	p.tasks[id] = &Request{id: id, token: bytes.Clone(r.token), Progress: r.Progress}
	forget := func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.tasks, id)
	}
	timer := time.AfterFunc(d, forget)
	return func() {
		timer.Stop()
		forget()
	}
}

// SetToken changes the client's progress token, raw, under which progress of r
// goes on; nil drops it.
func (p *Process) SetToken(r *Request, token []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pending[r.id] == r {
		r.token = token
	}
}

// Cancel tells the server that nobody waits for r any more, and drops its
// answer. r.Done is not called. It reports whether r was in flight. late, if
// not nil, is called once when the dropped answer comes or the process ends.
func (p *Process) Cancel(r *Request, reason string, late func()) bool {
	if !p.drop(r) {
		return false
	}
	if late != nil {
		p.mu.Lock()
		if gone := p.exited != nil; gone {
			defer late()
		} else {
			p.pending[r.id] = &Request{id: r.id, Done: func(Answer) { late() }}
		}
		p.mu.Unlock()
	}
	params := append([]byte(`{"requestId":`), jsonrpc.ID(r.id)...)
	if reason != "" {
		params = append(append(params, `,"reason":`...), jsonrpc.Quote(reason)...)
	}
	p.Notify("notifications/cancelled", append(params, '}'))
	return true
}

// Forget gives up waiting for the late answer of a request that was cancelled.
func (p *Process) Forget(r *Request) {
	if late := p.take(r.id); late != nil {
		late.Done(Answer{Err: errStopped})
	}
}

// Notify sends a notification. params is raw JSON or nil.
func (p *Process) Notify(method string, params []byte) {
	p.toChild.Push(nil, jsonrpc.NewNotification(method, params))
}

// take removes a request from those in flight. Whoever gets it answers it.
func (p *Process) take(id int64) *Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.pending[id]
	if r != nil {
		delete(p.pending, id)
	}
	return r
}

// drop forgets r, so that a late answer counts as stray. It reports whether r
// was in flight here.
func (p *Process) drop(r *Request) bool {
	p.mu.Lock()
	mine := p.pending[r.id] == r
	p.mu.Unlock()
	return mine && p.take(r.id) == r
}

// gave reports whether id was ever given to the server.
func (p *Process) gave(id int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return id > 0 && id <= p.nextID
}

// Call sends a request of our own and waits for its answer.
func (p *Process) Call(ctx context.Context, method string, params []byte) (Answer, error) {
	answer := make(chan Answer, 1)
	r := &Request{Method: method, Params: params, Done: func(a Answer) { answer <- a }}
	if !p.Send(nil, r) {
		return Answer{}, p.Err()
	}
	select {
	case a := <-answer:
		return a, a.Err
	case <-ctx.Done():
		if p.stage.Load() == "handshake" {
			p.drop(r) // a notification before initialize confuses servers
		} else {
			p.Cancel(r, "timeout", nil)
		}
		return Answer{}, context.Cause(ctx)
	}
}

// Done is closed when the process has ended and all its requests are answered.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says why the process ended. It is nil before Done is closed.
func (p *Process) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exited
}

// PID is the process id, 0 for a remote server.
func (p *Process) PID() int { return p.life.pid() }

// Era is the protocol that was agreed on.
func (p *Process) Era() Era { return p.era }

// Newest is the newest protocol that the server speaks, which is what to begin
// with the next time.
func (p *Process) Newest() Era { return p.newest }

// Both reports whether the server speaks both protocols.
func (p *Process) Both() bool { return p.both }

// Info is what the server said of itself in the handshake.
func (p *Process) Info() Info { return p.info }

// Frames counts the lines that came on stdout, noise included.
func (p *Process) Frames() int64 { return p.frames.Load() }

// Noise counts lines on stdout that were no messages, Stray answers that
// belonged to no request in flight.
func (p *Process) Noise() (noise, stray int64) { return p.noise.Load(), p.stray.Load() }

// Package forward is `loom proxy`: it joins a client's stdio to loomd's
// socket, and is the one of the two ends that stays.
//
// A client gives up a server that goes away, so the proxy never does. When
// loomd goes, what was in flight is answered with an error, the client's pipes
// stay open, and the next request finds loomd again, starting it if need be.
// A request that never left is sent then; one that did is not sent twice.
//
// Three goroutines: one reads the client, one keeps the link to loomd and
// reads it, and timers answer what was held for too long. Writers of either
// side take that side's lock, so frames stay whole.
package forward

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/nonblock"
)

// Options say what is joined. All fields are required but the times.
type Options struct {
	In      io.Reader
	Out     io.Writer // the protocol and nothing else
	Log     func(format string, args ...any)
	Hello   loomrpc.Hello
	Environ func(name string) (value string, set bool) // the client's variables, of which loomd may ask for some

	Dial    func(context.Context) (net.Conn, error) // to a loomd that runs
	Connect func(context.Context) (net.Conn, error) // the same, starting one if none does

	HoldDiscover time.Duration // how long server/discover waits for loomd; 2.5s: after 3 s Claude Code goes on without its answer
	HoldSetup    time.Duration // how long initialize and lists wait; 3s
	HoldCall     time.Duration // how long a call waits; 10s
	Linger       time.Duration // how long after the end of In answers are waited for; 2s
}

// Proxy is one run.
type Proxy struct {
	opts Options

	client *gather

	toLoomd sync.Mutex // held to write to the link; taken before mu where both are
	loomd   *gather    // of the link; guarded by toLoomd
	head    []byte     // room for what is before the params of a call; guarded by toLoomd

	mu       sync.Mutex
	link     net.Conn // nil while loomd is away
	inFlight map[string]request
	count    int64           // of requests that were sent
	held     []*held         // what waits for loomd, in order
	listens  []*listen       // open subscriptions of the modern era, in order
	asked    map[string]bool // raw ids of loomd's requests that the client has not answered
	session  session         // of the legacy era
	routes   map[string]loomrpc.Route
	away     error         // why there is no link
	told     bool          // the client may have a list that this loomd did not give
	idle     chan struct{} // closed when nothing is in flight or held, after the end of In

	wanted chan struct{} // somebody waits for loomd

	replayed map[string]string // what was set again on this link, by raw id: the answers are not the client's; of keepLink alone
}

// request is one that was sent to loomd and has no answer.
type request struct {
	frame  []byte // where it may be sent again, else nil
	method string
	number int64 // in the order in which they were sent
}

// Run forwards until the client closes its end, ctx ends, or the client can no
// longer be written to.
func Run(ctx context.Context, opts Options) error {
	for _, d := range []struct {
		p *time.Duration
		v time.Duration
	}{{&opts.HoldDiscover, 2500 * time.Millisecond}, {&opts.HoldSetup, 3 * time.Second}, {&opts.HoldCall, 10 * time.Second}, {&opts.Linger, 2 * time.Second}} {
		if *d.p == 0 {
			*d.p = d.v
		}
	}
	p := &Proxy{
		opts: opts, client: &gather{w: nonblock.NewWriter(opts.Out)}, loomd: &gather{w: io.Discard},
		inFlight: map[string]request{}, asked: map[string]bool{}, routes: map[string]loomrpc.Route{},
		away: errors.New("it is still starting"), wanted: make(chan struct{}, 1),
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	var link sync.WaitGroup
	link.Go(func() { p.keepLink(ctx, cancel) })
	read := make(chan error, 1)
	go func() { read <- p.readClient() }() // ends with In; a read of stdin cannot be interrupted

	var err error
	select {
	case err = <-read:
		p.linger(ctx)
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	cancel(nil)
	link.Wait()
	if errors.Is(err, context.Canceled) || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// linger lets the answers come that a client which closed its end early may
// still read.
func (p *Proxy) linger(ctx context.Context) {
	p.mu.Lock()
	p.idle = make(chan struct{})
	idle := p.idle
	p.restLocked()
	p.mu.Unlock()
	t := time.NewTimer(p.opts.Linger)
	defer t.Stop()
	select {
	case <-idle:
	case <-t.C:
	case <-ctx.Done():
	}
}

// rest tells linger when there is nothing left to wait for. An open
// subscription is not waited for.
func (p *Proxy) rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.restLocked()
}

func (p *Proxy) restLocked() {
	if p.idle != nil && len(p.inFlight) == 0 && len(p.held) == 0 {
		close(p.idle)
		p.idle = nil
	}
}

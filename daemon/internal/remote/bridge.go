package remote

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// bridge is one Run.
type bridge struct {
	o      Options
	at     *url.URL
	client *http.Client
	scrub  *strings.Replacer
	params params

	ctx    context.Context // of everything that Run started
	cancel context.CancelCauseFunc
	work   sync.WaitGroup

	outMu sync.Mutex
	out   io.Writer
	over  bool // nothing is written any more

	mu      sync.Mutex
	session string           // the legacy session's id, if the server gave one
	version string           // that initialize agreed on, empty before it and in the modern era
	modern  string           // that the last modern request named
	calls   map[string]*call // by raw id
	noted   <-chan struct{}  // closed when the last notification was received
}

func closed() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

func (b *bridge) run(ctx context.Context, in io.Reader) error {
	b.ctx, b.cancel = context.WithCancelCause(ctx)
	frames := make(chan []byte)
	var reader sync.WaitGroup
	reader.Go(func() { b.read(in, frames) })
	err := b.pass(frames)
	b.end(err)
	b.work.Wait()
	b.endSession()
	if c, ok := in.(io.Closer); ok {
		c.Close()
		reader.Wait()
	}
	return err
}

// read ends with in, or with the bridge at the next frame.
func (b *bridge) read(in io.Reader, frames chan<- []byte) {
	defer close(frames)
	r := jsonrpc.NewReader(in, math.MaxInt) // what comes is ours, and was measured where it came in
	for {
		frame, err := r.Next()
		if err != nil {
			return
		}
		select {
		case frames <- frame:
		case <-b.ctx.Done():
			return
		}
	}
}

// pass starts each frame in the order in which it came: one is at the door of
// the HTTP client before the next is, and no answer is waited for. But what
// comes while initialize or notifications/initialized is under way waits for
// it: the session's id and version are not known before, and servers refuse
// what comes in between.
func (b *bridge) pass(frames <-chan []byte) error {
	var held [][]byte // as many as requests can be in flight
	var gate <-chan struct{}
	for {
		if gate == nil && len(held) > 0 {
			gate = b.start(held[0])
			held = held[1:]
			continue
		}
		select {
		case frame, ok := <-frames:
			if !ok {
				return context.Cause(b.ctx) // nil: in ended by itself
			}
			held = append(held, frame)
		case <-gate:
			gate = nil
		case <-b.ctx.Done():
			return context.Cause(b.ctx)
		}
	}
}

// start begins to send a frame. The channel, if there is one, is closed when
// the next may follow.
func (b *bridge) start(frame []byte) (gate <-chan struct{}) {
	m, err := jsonrpc.Scan(frame)
	if err != nil {
		b.log("not sent: %v", err)
		return nil
	}
	b.mu.Lock()
	legacy := b.version != ""
	b.mu.Unlock()
	if legacy {
		frame, m = asLegacy(frame, m)
	}
	method, _ := jsonrpc.Text(m.Method.Of(frame))
	switch m.Kind() {
	case jsonrpc.Request:
		c := b.open(frame, m, method)
		b.work.Go(func() { b.exchange(c) })
		if method == mcp.Initialize {
			return c.settled
		}
		return c.started
	case jsonrpc.Notification:
		switch method {
		case mcp.Cancelled:
			b.withdraw(frame, m)
		case mcp.Initialized:
			received := b.notify(frame, m)
			b.work.Go(func() { b.listen(received) })
			return received
		default:
			b.notify(frame, m)
		}
	case jsonrpc.Response:
		b.reply(frame, m)
	default:
		b.log("not sent: neither request nor notification nor response")
	}
	return nil
}

// emit writes one message as a line. frame must have passed [jsonrpc.Scan], so
// that a raw line end in it can only be space between two tokens.
func (b *bridge) emit(frame []byte) {
	line := make([]byte, len(frame)+1)
	copy(line, frame)
	if bytes.ContainsAny(frame, "\r\n") { // pretty-printed
		for i, c := range frame {
			if c == '\n' || c == '\r' {
				line[i] = ' '
			}
		}
	}
	line[len(frame)] = '\n'
	b.outMu.Lock()
	defer b.outMu.Unlock()
	if b.over {
		return
	}
	if _, err := b.out.Write(line); err != nil {
		b.over = true
		b.cancel(fmt.Errorf("passing on what server %s sent: %w", b.o.Server, err))
	}
}

// end ends the bridge: nothing is written from here on.
func (b *bridge) end(cause error) {
	b.outMu.Lock()
	b.over = true
	b.outMu.Unlock()
	b.cancel(cause)
}

// lost ends the bridge because the server dropped the session.
func (b *bridge) lost(status string) {
	b.mu.Lock()
	b.session = "" // there is nothing left to end
	b.mu.Unlock()
	b.end(fmt.Errorf("%w (%s)", ErrSessionGone, status))
}

func (b *bridge) log(format string, args ...any) {
	b.o.Log(b.scrub.Replace(fmt.Sprintf(format, args...)))
}

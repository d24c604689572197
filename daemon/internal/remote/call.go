package remote

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
)

// call is one request on its way. Its own goroutine alone writes its answer.
type call struct {
	id     []byte // raw
	method string
	frame  []byte
	msg    jsonrpc.Message
	modern string // the protocol version it names, empty for the legacy era
	emit   func(frame []byte)

	ctx       context.Context
	cancel    context.CancelFunc
	connected atomic.Bool   // bytes of it may have left
	started   chan struct{} // closed when it is first to get a connection
	sent      chan struct{} // closed when all of it has left
	settled   chan struct{} // closed when it is answered, or will not be
	start     func()        // these close them
	leave     func()
	settle    func()

	answered bool
	again    bool // it was refused for its headers, and posted with others
}

func (b *bridge) newCall(ctx context.Context, frame []byte, m jsonrpc.Message, method string) *call {
	c := &call{
		id: m.ID.Of(frame), method: method, frame: frame, msg: m, modern: versionOf(frame, m), emit: b.emit,
		started: make(chan struct{}), sent: make(chan struct{}), settled: make(chan struct{}),
	}
	c.ctx, c.cancel = context.WithCancel(ctx)
	c.start = sync.OnceFunc(func() { close(c.started) })
	c.leave = sync.OnceFunc(func() { close(c.sent) })
	c.settle = sync.OnceFunc(func() { close(c.settled) })
	return c
}

// open notes a request, so that it can be cancelled.
func (b *bridge) open(frame []byte, m jsonrpc.Message, method string) *call {
	c := b.newCall(b.ctx, frame, m, method)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls[string(c.id)] = c
	if c.modern != "" {
		b.modern = c.modern
	}
	return c
}

// exchange sends a request and passes on all that comes of it.
func (b *bridge) exchange(c *call) {
	defer func() {
		c.cancel()
		c.start()
		c.settle()
		b.mu.Lock()
		if b.calls[string(c.id)] == c {
			delete(b.calls, string(c.id))
		}
		b.mu.Unlock()
	}()
	b.send(c)
}

func (b *bridge) send(c *call) {
	resp, err := b.post(c)
	switch {
	case c.ctx.Err() != nil: // cancelled, or Run ends: nobody waits
		if resp != nil {
			resp.Body.Close()
		}
	case err != nil && !c.connected.Load():
		b.fail(c, b.unreachable(c, err))
	case err != nil:
		b.fail(c, b.broken(c, err))
	default:
		defer resp.Body.Close()
		b.receive(c, resp)
	}
}

// deliver passes on one message of the stream that belongs to c. frame has
// passed [jsonrpc.Scan].
func (b *bridge) deliver(c *call, resp *http.Response, frame []byte, m jsonrpc.Message) {
	switch {
	case m.Kind() == jsonrpc.Response && bytes.Equal(m.ID.Of(frame), c.id):
	case isFailure(frame, m) && !hasID(frame, m): // it could not tell whose answer it is: c's, by the stream
		frame = withID(frame, m, c.id)
		m, _ = jsonrpc.Scan(frame)
	case m.Kind() == jsonrpc.Invalid:
		b.log("dropped: JSON that is no JSON-RPC message")
		return
	default:
		c.emit(frame)
		return
	}
	if c.answered {
		b.log("dropped: a second answer to one request")
		return
	}
	c.answered = true
	switch {
	case !m.Result.Present():
	case c.method == mcp.Initialize:
		b.opened(resp.Header, frame, m)
	case c.method == mcp.ToolsList && c.modern != "":
		frame = b.learn(frame, m)
	}
	c.emit(frame)
	c.settle()
}

// fail answers c with an error of Loom's own.
func (b *bridge) fail(c *call, e *loomrpc.Error) {
	if c.answered || c.ctx.Err() != nil {
		return
	}
	c.answered = true
	c.emit(jsonrpc.NewError(c.id, e.Wire()))
	c.settle()
}

// opened notes what initialize agreed on. Modern requests that are still under
// way then were the question which era it is: that is answered.
func (b *bridge) opened(h http.Header, frame []byte, m jsonrpc.Message) {
	span, _ := jsonrpc.Find(frame, m.Result, "protocolVersion")
	version, _ := jsonrpc.Text(span.Of(frame))
	session := h.Get(headerSession)
	for _, c := range []byte(session) {
		if c <= 0x20 || c >= 0x7f { // 2025-11-25, "Session Management"
			b.log("the id that the server gave the session is no legal one and is left out")
			session = ""
			break
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.version, b.session, b.modern = version, session, ""
	for _, c := range b.calls {
		if c.modern != "" {
			c.cancel()
		}
	}
}

// withdraw cancels a request that is under way.
func (b *bridge) withdraw(frame []byte, m jsonrpc.Message) {
	span, _ := jsonrpc.Find(frame, m.Params, "requestId")
	b.mu.Lock()
	c := b.calls[string(span.Of(frame))]
	b.mu.Unlock()
	switch {
	case c == nil: // answered meanwhile
	case c.modern != "" || !c.connected.Load():
		// Spec: "closing the SSE response stream is itself the cancellation signal".
		c.cancel()
	default:
		b.work.Go(func() {
			select {
			case <-c.sent: // it must not overtake what it cancels
			case <-c.settled:
				return
			}
			b.tell(frame, m)
			late := time.NewTimer(b.o.Timeouts.Late)
			defer late.Stop()
			select {
			case <-late.C:
				c.cancel()
			case <-c.settled:
			}
		})
	}
}

// isFailure tells JSON-RPC's errors from those of others: OAuth has an error
// member as well (RFC 6749, section 5.2), a text.
func isFailure(frame []byte, m jsonrpc.Message) bool {
	_, hasCode := jsonrpc.Find(frame, m.Error, "code")
	return hasCode && !m.Result.Present() && !m.Method.Present()
}

func hasID(frame []byte, m jsonrpc.Message) bool {
	return m.ID.Present() && !bytes.Equal(m.ID.Of(frame), jsonrpc.Null)
}

// withID is a failure as an answer to the request with that id.
func withID(frame []byte, m jsonrpc.Message, id []byte) []byte {
	if m.ID.Present() {
		return jsonrpc.Splice(make([]byte, 0, len(frame)+len(id)), frame, jsonrpc.Edit{Span: m.ID, With: id})
	}
	b := append(append([]byte(`{"jsonrpc":"2.0","id":`), id...), `,"error":`...)
	return append(append(b, m.Error.Of(frame)...), '}')
}

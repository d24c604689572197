package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// conn is one connection: what was asked and is not answered yet.
type conn struct {
	srv     *server.MCPServer
	session *session
	w       *writer
	log     *slog.Logger
	ctx     context.Context // of the connection; each call derives its own
	slots   chan struct{}   // holding one is the right to run a call
	queue   int             // running and waiting calls together

	seq     atomic.Int64
	running sync.WaitGroup

	mu     sync.Mutex
	closed bool             // no new calls; guarded by mu
	calls  map[string]*call // by raw id; guarded by mu
}

// call is a request in flight.
type call struct {
	id     []byte // raw, as the client wrote it
	method string
	cancel context.CancelFunc
	forget func() // takes the call off the books
	state  atomic.Int32
}

// The states of a call. Only the step out of open is contested: the writer
// takes it when it starts to write the answer, the reader when a cancel comes.
const (
	open int32 = iota
	answered
	cancelled
)

// quick are the methods that only look at memory. They are answered on the
// loop that reads, in the order they came, so that a busy server still answers
// ping and lists its tools, and initialize is done before what follows it.
var quick = map[string]bool{
	"initialize":               true,
	"ping":                     true,
	"server/discover":          true,
	"tools/list":               true,
	"prompts/list":             true,
	"resources/list":           true,
	"resources/templates/list": true,
	"logging/setLevel":         true,
}

const methodListen = "subscriptions/listen"

func (c *conn) readLoop(r *jsonrpc.Reader) error {
	for {
		frame, err := r.Next()
		var large *jsonrpc.TooLargeError
		switch {
		case errors.As(err, &large):
			c.tooLarge(large)
		case err != nil:
			return err
		default:
			c.frame(frame)
		}
	}
}

// tooLarge answers a frame that was not kept. The reader stands at the next one.
func (c *conn) tooLarge(e *jsonrpc.TooLargeError) {
	c.log.Warn("frame too large", "size", e.Size, "limit", e.Max)
	if e.Method == "" && e.ID != nil {
		c.session.fail(e.ID, e) // an answer to a request of ours
		return
	}
	if e.ID == nil && e.Method != "" {
		return // a notification is never answered
	}
	c.w.send(jsonrpc.NewError(e.ID, jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "%v", e)), nil)
}

func (c *conn) frame(frame []byte) {
	m, err := jsonrpc.Scan(frame)
	if err != nil {
		code := jsonrpc.CodeParse
		if errors.Is(err, jsonrpc.ErrBatch) || errors.Is(err, jsonrpc.ErrNotObject) || errors.Is(err, jsonrpc.ErrDuplicateMember) {
			code = jsonrpc.CodeInvalidRequest
		}
		c.w.send(jsonrpc.NewError(nil, jsonrpc.Errorf(code, "%v", err)), nil)
		return
	}
	id := m.ID.Of(frame)
	method, ok := jsonrpc.Text(m.Method.Of(frame))
	switch kind := m.Kind(); {
	case kind == jsonrpc.Response:
		c.session.deliver(id, m.Result.Of(frame), m.Error.Of(frame))
	case kind == jsonrpc.Invalid || !ok:
		c.w.send(jsonrpc.NewError(validID(id), jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "not a request, a notification or a response")), nil)
	case kind == jsonrpc.Notification, string(id) == "null":
		// Some clients write "id": null in their notifications.
		c.notification(method, frame, m)
	case validID(id) == nil:
		c.w.send(jsonrpc.NewError(nil, jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "the id is neither a string nor a number")), nil)
	default:
		c.request(id, method, frame, m)
	}
}

// validID returns id if it can be an id, else nil.
func validID(id []byte) []byte {
	if len(id) > 0 && (id[0] == '"' || id[0] == '-' || '0' <= id[0] && id[0] <= '9') {
		return id
	}
	return nil
}

func (c *conn) notification(method string, frame []byte, m jsonrpc.Message) {
	if method != "notifications/cancelled" {
		c.handle(c.ctx, nil, frame)
		return
	}
	target, _ := jsonrpc.Find(frame, m.Params, "requestId")
	c.mu.Lock()
	call := c.calls[string(target.Of(frame))]
	c.mu.Unlock()
	if call != nil && call.state.CompareAndSwap(open, cancelled) {
		c.log.Debug("call cancelled", "request", string(call.id))
		call.cancel()
	}
}

func (c *conn) request(id []byte, method string, frame []byte, m jsonrpc.Message) {
	if method != methodListen {
		// mcp-go reads ids as float64 and keeps its calls by id; one of ours
		// is exact. listen repeats its id in notifications and keeps it.
		frame = jsonrpc.Splice(nil, frame, jsonrpc.Edit{Span: m.ID, With: jsonrpc.ID(c.seq.Add(1))})
		m, _ = jsonrpc.Scan(frame)
	}
	if quick[method] {
		c.w.send(c.handle(c.ctx, id, frame), nil)
		return
	}

	token, _ := jsonrpc.Find(frame, m.Params, "_meta", "progressToken")
	ctx, cancel := context.WithCancel(c.ctx)
	call := &call{id: id, method: method, cancel: cancel}
	ctx = context.WithValue(ctx, requestKey{}, &request{w: c.w, call: call, token: token.Of(frame)})
	if e := c.admit(call); e != nil {
		cancel()
		c.w.send(jsonrpc.NewError(id, e), nil)
		return
	}
	// Ends when the handler returns; stop waits for it.
	go func() {
		defer c.running.Done()
		defer cancel()
		if method != methodListen { // listen waits for ever and must not hold a slot
			select {
			case c.slots <- struct{}{}:
				defer func() { <-c.slots }()
			case <-ctx.Done():
			}
		}
		if method == methodListen {
			defer c.session.listen(id, frame, m.Params)()
		}
		var answer []byte
		if ctx.Err() == nil {
			answer = c.handle(ctx, id, frame)
		}
		if answer == nil {
			call.forget()
			return
		}
		c.w.send(answer, call) // still cancellable until it is written
	}()
}

// admit enters a call into the books.
func (c *conn) admit(call *call) *jsonrpc.Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return jsonrpc.Errorf(jsonrpc.CodeInternal, "the server is stopping")
	case c.calls[string(call.id)] != nil:
		return jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "a request with this id is still running")
	case len(c.calls) >= c.queue:
		return jsonrpc.Errorf(jsonrpc.CodeInternal, "busy: %d calls are waiting, try again later", len(c.calls))
	}
	key := string(call.id)
	c.calls[key] = call
	call.forget = func() {
		c.mu.Lock()
		delete(c.calls, key)
		c.mu.Unlock()
	}
	c.running.Add(1)
	return nil
}

// handle gives a message to mcp-go and returns the frame that answers it under
// the client's id. It returns nil when there is nothing to answer.
func (c *conn) handle(ctx context.Context, id, frame []byte) (answer []byte) {
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("panic in a handler", "err", fmt.Sprint(p), "stack", string(debug.Stack()))
			if id != nil {
				answer = jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeInternal, "internal error: %v", p))
			}
		}
	}()
	response := c.srv.HandleMessage(ctx, json.RawMessage(frame))
	if id == nil || response == nil {
		return nil
	}
	switch r := response.(type) {
	case mcp.JSONRPCResponse:
		result, err := json.Marshal(r.Result)
		if err != nil {
			return jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeInternal, "encoding the result: %v", err))
		}
		return jsonrpc.NewResult(id, result)
	case mcp.JSONRPCError:
		data, err := json.Marshal(r.Error.Data)
		if r.Error.Data == nil || err != nil {
			data = nil
		}
		return jsonrpc.NewError(id, &jsonrpc.Error{Code: r.Error.Code, Message: r.Error.Message, Data: data})
	}
	return jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeInternal, "unexpected answer %T", response))
}

// drain waits for the calls in flight, no longer than limit. Streams that only
// the client can end are ended at once.
func (c *conn) drain(limit time.Duration) {
	c.mu.Lock()
	c.closed = true
	for _, call := range c.calls {
		if call.method == methodListen {
			call.cancel()
		}
	}
	c.mu.Unlock()
	c.session.close() // nobody will answer our own requests any more
	if !c.wait(limit, c.ctx.Done()) && c.ctx.Err() == nil {
		c.log.Warn("calls still running at the end of input", "waited", limit)
	}
}

// stop waits for the calls after their context was cancelled. A handler that
// does not look at its context is left behind: the process is about to end.
func (c *conn) stop() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.session.close()
	if !c.wait(stopLimit, nil) {
		c.log.Warn("calls still running after they were cancelled", "waited", stopLimit)
	}
}

// stopLimit is under the time that a client waits between closing stdin and SIGKILL.
const stopLimit = 2 * time.Second

// wait reports whether the calls ended within limit and before early.
func (c *conn) wait(limit time.Duration, early <-chan struct{}) bool {
	done := make(chan struct{})
	go func() { c.running.Wait(); close(done) }() // ends with the calls
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
	case <-early:
	}
	return false
}

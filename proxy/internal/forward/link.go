package forward

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
)

// Waits between attempts to find loomd.
const (
	firstRetry = 50 * time.Millisecond
	lastRetry  = 5 * time.Second
	setUpLimit = 5 * time.Second // for loomd's answers to hello and the replayed set-up
)

// keepLink connects to loomd, reads it, and connects again when it goes away.
// loomd is started at the beginning and when a request waits for it; otherwise
// the proxy only looks whether there is one, so that `loom stop` is not undone.
func (p *Proxy) keepLink(ctx context.Context, fail context.CancelCauseFunc) {
	start, wait := true, firstRetry
	for ctx.Err() == nil {
		connect := p.opts.Dial
		if start {
			connect = p.opts.Connect
		}
		opened, err := p.connect(ctx, connect, fail, func() { wait = firstRetry })
		p.mu.Lock()
		p.away = err
		p.mu.Unlock()
		if start && !opened && ctx.Err() == nil {
			p.giveUp()
		}
		t := time.NewTimer(wait/2 + rand.N(wait/2+1))
		select {
		case <-p.wanted:
			if wait > firstRetry { // a loomd that fails to start is not started in a loop
				select {
				case <-t.C:
				case <-ctx.Done():
				}
			}
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
		wait = min(wait*2, lastRetry)
		p.mu.Lock()
		start = len(p.held) > 0 // not the wake-up itself: it may be of a request that was answered long ago
		p.mu.Unlock()
	}
}

// connect opens one link and reads it to its end. linked is called once it
// works; opened tells an error of the link from one of opening it.
func (p *Proxy) connect(ctx context.Context, open func(context.Context) (net.Conn, error), fail context.CancelCauseFunc, linked func()) (opened bool, err error) {
	conn, err := open(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	frames := jsonrpc.NewReader(conn, 0)
	if err := p.setUp(conn, frames); err != nil {
		return true, err
	}
	linked()
	p.take(conn)
	err = p.readLoomd(frames, fail)
	p.lost(err)
	return true, err
}

// giveUp answers what waits for a loomd that could not be started: the cause is
// known, and waiting longer would tell nobody more.
func (p *Proxy) giveUp() {
	p.mu.Lock()
	waiting := p.held
	p.held = nil
	for _, h := range waiting {
		h.timer.Stop()
	}
	p.mu.Unlock()
	for _, h := range waiting {
		method, _ := jsonrpc.Text(h.msg.Method.Of(h.frame))
		p.answerAway(h.frame, h.msg, method)
	}
	p.mu.Lock()
	p.restLocked()
	p.mu.Unlock()
}

// setUp greets loomd and, on a later link, opens the client's session again.
func (p *Proxy) setUp(conn net.Conn, frames *jsonrpc.Reader) error {
	conn.SetDeadline(time.Now().Add(setUpLimit))
	defer conn.SetDeadline(time.Time{})
	hello, err := json.Marshal(p.opts.Hello)
	if err != nil {
		return fmt.Errorf("encoding hello: %w", err)
	}
	result, err := p.ask(conn, frames, jsonrpc.NewRequest(setUpID, loomrpc.MethodHello, hello))
	if err != nil {
		return fmt.Errorf("greeting loomd: %w", err)
	}
	var reply loomrpc.HelloReply
	if err := json.Unmarshal(result, &reply); err != nil {
		return fmt.Errorf("greeting loomd: %w", err)
	}
	if reply.Version != p.opts.Hello.Version {
		p.opts.Log("loom is %s and loomd %s: run loom stop, and the next call starts the new one", p.opts.Hello.Version, reply.Version)
	}
	p.mu.Lock()
	initialize, ready := p.initialize, p.ready
	p.mu.Unlock()
	if initialize == nil {
		return nil
	}
	m, err := jsonrpc.Scan(initialize)
	if err != nil {
		return fmt.Errorf("replaying initialize: %w", err)
	}
	again := jsonrpc.Splice(nil, initialize, jsonrpc.Edit{Span: m.ID, With: setUpID})
	if _, err := p.ask(conn, frames, jsonrpc.NewNotification(loomrpc.MethodMCP, again)); err != nil {
		return fmt.Errorf("opening the session again: %w", err)
	}
	if ready {
		done := jsonrpc.NewNotification(mcp.Initialized, nil)
		if _, err := conn.Write(append(jsonrpc.NewNotification(loomrpc.MethodMCP, done), '\n')); err != nil {
			return fmt.Errorf("opening the session again: %w", err)
		}
	}
	return nil
}

// setUpID is the id of the proxy's own requests. They come before the client's
// on every link, so that it cannot be mistaken.
var setUpID = []byte(`"loom:setup"`)

func (p *Proxy) ask(conn net.Conn, frames *jsonrpc.Reader, frame []byte) ([]byte, error) {
	if _, err := conn.Write(append(frame, '\n')); err != nil {
		return nil, err
	}
	for {
		answer, err := frames.Next()
		if err != nil {
			return nil, err
		}
		m, err := jsonrpc.Scan(answer)
		if err != nil {
			return nil, err
		}
		if m.Kind() != jsonrpc.Response {
			p.note(answer, m)
			continue
		}
		if m.Error.Present() {
			e := new(jsonrpc.Error)
			if err := json.Unmarshal(m.Error.Of(answer), e); err != nil {
				return nil, err
			}
			return nil, e
		}
		return m.Result.Of(answer), nil
	}
}

// take makes conn the link and sends what was held, in its order.
func (p *Proxy) take(conn net.Conn) {
	p.toLoomd.Lock()
	defer p.toLoomd.Unlock()
	p.loomd = &gather{w: conn} // what was gathered for the last one was answered when that went
	p.mu.Lock()
	p.link, p.away = conn, nil
	waiting := p.held
	p.held = nil
	for _, h := range waiting {
		h.timer.Stop()
		method, _ := jsonrpc.Text(h.msg.Method.Of(h.frame))
		id := string(h.msg.ID.Of(h.frame))
		p.inFlight[id] = nil
		if again(method) {
			p.inFlight[id] = h.frame
		}
	}
	announce := p.told && p.ready
	p.told = false
	p.mu.Unlock()
	if announce { // before the held ones: a list that follows is the new one
		p.reply(jsonrpc.NewNotification(mcp.ToolsListChanged, nil))
	}
	for _, h := range waiting {
		method, _ := jsonrpc.Text(h.msg.Method.Of(h.frame))
		p.write(conn, h.frame, h.msg, method)
	}
	if p.loomd.flush() != nil {
		conn.Close()
	}
}

// readLoomd hands what loomd says to the client until the link ends.
func (p *Proxy) readLoomd(frames *jsonrpc.Reader, fail context.CancelCauseFunc) error {
	for {
		if !frames.Buffered() {
			if err := p.client.flush(); err != nil {
				fail(fmt.Errorf("writing to the client: %w", err))
				return err
			}
		}
		frame, err := frames.Next()
		if err == io.EOF {
			return errors.New("loomd closed the connection")
		}
		if err != nil {
			return fmt.Errorf("reading from loomd: %w", err)
		}
		m, err := jsonrpc.Scan(frame)
		if err != nil {
			if _, next := frames.Next(); next != nil { // the last line, and it has no end
				return errors.New("loomd closed the connection in the middle of a message")
			}
			return fmt.Errorf("reading from loomd: %w", err)
		}
		if p.note(frame, m) {
			continue
		}
		if m.Kind() == jsonrpc.Response && !p.answered(frame, m) {
			continue // cancelled meanwhile: there must be no answer
		}
		if err := p.client.add(frame, lineEnd); err != nil {
			fail(fmt.Errorf("writing to the client: %w", err))
			return err
		}
	}
}

// answered takes a response's request from those in flight.
func (p *Proxy) answered(frame []byte, m jsonrpc.Message) bool {
	id := string(m.ID.Of(frame))
	p.mu.Lock()
	defer p.mu.Unlock()
	request, ok := p.inFlight[id]
	if !ok {
		return false
	}
	delete(p.inFlight, id)
	p.noteInitialize(request, m.Result.Present())
	p.restLocked()
	return true
}

// noteInitialize remembers the set-up of the session, once it was accepted.
func (p *Proxy) noteInitialize(request []byte, accepted bool) {
	if request == nil || !accepted {
		return
	}
	if m, err := jsonrpc.Scan(request); err == nil {
		if method, _ := jsonrpc.Text(m.Method.Of(request)); method == mcp.Initialize {
			p.initialize = request
		}
	}
}

// note keeps what loomd says to the proxy itself. It reports whether it was.
func (p *Proxy) note(frame []byte, m jsonrpc.Message) bool {
	if m.Kind() != jsonrpc.Notification {
		return false
	}
	method, _ := jsonrpc.Text(m.Method.Of(frame))
	if !loomrpc.IsOurs(method) {
		return false
	}
	if method == loomrpc.NotifyMap {
		var routes loomrpc.ToolMap
		if err := json.Unmarshal(m.Params.Of(frame), &routes); err != nil {
			p.opts.Log("reading the tool map: %v", err)
			return true
		}
		p.mu.Lock()
		p.routes = routes.Tools
		p.mu.Unlock()
	}
	return true
}

// lost answers what was in flight when loomd went away. What may be sent again
// waits for the next loomd; a call may have been carried out, so it does not.
func (p *Proxy) lost(cause error) {
	p.mu.Lock()
	p.link, p.away, p.told = nil, cause, p.initialize != nil
	inFlight := p.inFlight
	p.inFlight = map[string][]byte{}
	p.mu.Unlock()
	for id, frame := range inFlight {
		if frame != nil {
			if m, err := jsonrpc.Scan(frame); err == nil {
				method, _ := jsonrpc.Text(m.Method.Of(frame))
				p.hold(frame, m, method)
				continue
			}
		}
		e := loomrpc.Errorf(loomrpc.CodeDaemonGone, loomrpc.ErrorData{Stage: "call", Retryable: true, Hint: "the next call starts loomd again; what happened: loom logs loomd"},
			"%v while this call was under way; it may or may not have been carried out", cause)
		p.reply(jsonrpc.NewError([]byte(id), e.Wire()))
	}
	p.mu.Lock()
	p.restLocked()
	p.mu.Unlock()
}

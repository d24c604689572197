package forward

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"time"

	"github.com/loom-core/loom/core/heap"
	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/core/nonblock"
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
	frames := jsonrpc.NewReader(nonblock.NewReader(conn), loomrpc.MaxFrame)
	changes, err := p.setUp(conn, frames)
	if err != nil {
		return true, err
	}
	linked()
	if !p.take(conn, changes) {
		return true, errors.New("the session changed while it was opened again")
	}
	err = p.readLoomd(frames, fail)
	p.lost(err)
	return true, err
}

// take makes conn the link and sends what waits for it, in its order. It does
// not when the session has changed since loomd was told of it, as when it was
// the proxy that answered initialize just now.
func (p *Proxy) take(conn net.Conn, changes int) bool {
	p.toLoomd.Lock()
	defer p.toLoomd.Unlock()
	p.loomd = &gather{w: nonblock.NewWriter(conn)} // what was gathered for the last one was answered when that went
	p.mu.Lock()
	if p.session.changes != changes {
		p.mu.Unlock()
		return false
	}
	p.link, p.away = conn, nil
	listens := slices.Clone(p.listens)
	waiting := p.takeHeldLocked()
	for _, h := range waiting {
		p.sentLocked(h.frame, h.msg, h.method)
	}
	announce := p.told && p.session.ready
	if announce {
		p.told = false
	}
	p.mu.Unlock()
	if announce { // before the held ones: a list that follows is the new one
		for _, method := range []string{mcp.ToolsListChanged, mcp.PromptsListChanged, mcp.ResourcesListChanged} {
			p.reply(jsonrpc.NewNotification(method, nil))
		}
	}
	for _, l := range listens {
		p.write(conn, l.frame, l.msg, mcp.Listen)
	}
	for _, h := range waiting {
		p.write(conn, h.frame, h.msg, h.method)
	}
	if p.loomd.flush() != nil {
		conn.Close()
	}
	return true
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
		m, err := jsonrpc.ScanTrusted(frame) // what is of a server was scanned in loomd
		if err != nil {
			if _, next := frames.Next(); next != nil { // the last line, and it has no end
				return errors.New("loomd closed the connection in the middle of a message")
			}
			return fmt.Errorf("reading from loomd: %w", err)
		}
		size := len(frame)
		if err := p.fromLoomd(frame, m); err != nil {
			fail(fmt.Errorf("writing to the client: %w", err))
			return err
		}
		heap.Left(size)
	}
}

// fromLoomd hands one message to the client, unless it is not for it. An error
// is one of writing.
func (p *Proxy) fromLoomd(frame []byte, m jsonrpc.Message) error {
	switch m.Kind() {
	case jsonrpc.Response:
		if !p.answered(frame, m) {
			return nil // cancelled meanwhile: there must be no answer
		}
	case jsonrpc.Request:
		p.mu.Lock()
		p.asked[string(m.ID.Of(frame))] = true
		p.mu.Unlock()
	case jsonrpc.Notification:
		if p.note(frame, m) {
			return nil
		}
		switch method, _ := jsonrpc.Text(m.Method.Of(frame)); method {
		case mcp.Acknowledged:
			again, changed := p.acknowledge(frame, m)
			if !again {
				changed = slices.Insert(changed, 0, frame)
			}
			for _, f := range changed {
				if err := p.client.add(f, lineEnd); err != nil {
					return err
				}
			}
			return nil
		case mcp.Cancelled: // a request of loomd's own, or a subscription
			id, _ := jsonrpc.Find(frame, m.Params, "requestId")
			p.mu.Lock()
			delete(p.asked, string(id.Of(frame)))
			p.unlistenLocked(id.Of(frame))
			p.mu.Unlock()
		}
	}
	return p.client.add(frame, lineEnd)
}

// answered takes a response's request from those without an answer. It reports
// whether the client waits for it.
func (p *Proxy) answered(frame []byte, m jsonrpc.Message) bool {
	id := m.ID.Of(frame)
	if what := p.replayed[string(id)]; what != "" {
		delete(p.replayed, string(id))
		if m.Error.Present() {
			p.opts.Log("%s could not be set again: %s", what, m.Error.Of(frame))
		}
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ok := p.inFlight[string(id)]
	if !ok {
		return p.unlistenLocked(id)
	}
	delete(p.inFlight, string(id))
	if m.Result.Present() && r.frame != nil {
		p.session.accepted(r.method, r.frame)
	}
	p.restLocked()
	return true
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
// What loomd asked the client is taken back: the next one knows nothing of it.
func (p *Proxy) lost(cause error) {
	p.mu.Lock()
	p.link, p.away = nil, cause
	p.told = p.told || p.session.initialize != nil
	inFlight, asked := p.inFlight, p.asked
	p.inFlight, p.asked = map[string]request{}, map[string]bool{}
	for _, l := range p.listens {
		l.stale = true
	}
	p.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(asked)) {
		p.reply(jsonrpc.NewNotification(mcp.Cancelled, []byte(`{"requestId":`+id+`,"reason":"loomd went away"}`)))
	}
	for _, id := range slices.SortedFunc(maps.Keys(inFlight), func(a, b string) int { return cmp.Compare(inFlight[a].number, inFlight[b].number) }) {
		r := inFlight[id]
		if r.frame != nil {
			if m, err := jsonrpc.Scan(r.frame); err == nil {
				p.hold(&held{frame: r.frame, msg: m, method: r.method})
				continue
			}
		}
		what := "request"
		if r.method == mcp.ToolsCall {
			what = "call"
		}
		e := loomrpc.Errorf(loomrpc.CodeDaemonGone, loomrpc.ErrorData{Stage: "call", Retryable: true, Hint: "the next call starts loomd again; what happened: loom logs loomd"},
			"%v while this %s was under way; it may or may not have been carried out", cause, what)
		p.reply(jsonrpc.NewError([]byte(id), e.Wire()))
	}
	p.rest()
}

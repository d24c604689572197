package forward

import (
	"errors"
	"net"
	"slices"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
)

// readClient reads the client until it closes its end. What is wrong with one
// frame costs that frame and nothing else.
func (p *Proxy) readClient() error {
	frames := jsonrpc.NewReader(p.opts.In, 0)
	for {
		if !frames.Buffered() {
			p.flushLoomd()
		}
		frame, err := frames.Next()
		var large *jsonrpc.TooLargeError
		if errors.As(err, &large) {
			if large.ID != nil || large.Method == "" {
				p.reply(jsonrpc.NewError(large.ID, loomrpc.Errorf(loomrpc.CodeTooLarge, loomrpc.ErrorData{Stage: "proxy"}, "%v", large).Wire()))
			}
			continue
		}
		if err != nil {
			return err
		}
		m, err := jsonrpc.Scan(frame)
		if err != nil {
			code := jsonrpc.CodeParse
			if errors.Is(err, jsonrpc.ErrBatch) || errors.Is(err, jsonrpc.ErrNotObject) || errors.Is(err, jsonrpc.ErrDuplicateMember) {
				code = jsonrpc.CodeInvalidRequest
			}
			p.reply(jsonrpc.NewError(nil, jsonrpc.Errorf(code, "loom proxy: %v", err)))
			continue
		}
		p.fromClient(frame, m)
	}
}

func (p *Proxy) fromClient(frame []byte, m jsonrpc.Message) {
	method, _ := jsonrpc.Text(m.Method.Of(frame))
	id := m.ID.Of(frame)
	kind := m.Kind()
	if kind == jsonrpc.Request && string(id) == "null" {
		kind = jsonrpc.Notification // some clients write it so; an id that is null can match no answer
	}
	switch kind {
	case jsonrpc.Request:
		switch {
		case loomrpc.IsOurs(method):
			p.reply(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeMethodNotFound, "method %s is not for clients", method)))
		default:
			p.request(frame, m, method)
		}
	case jsonrpc.Notification:
		switch {
		case loomrpc.IsOurs(method):
			return
		case method == mcp.Initialized:
			p.mu.Lock()
			p.ready = true
			p.mu.Unlock()
		case method == mcp.Cancelled:
			if requestID, ok := jsonrpc.Find(frame, m.Params, "requestId"); ok && p.cancelled(requestID.Of(frame)) {
				return
			}
		}
		p.send(frame, m, method)
	case jsonrpc.Response:
		p.send(frame, m, method)
	default:
		p.reply(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "loom proxy: neither a request nor a notification nor a response")))
	}
}

// again reports whether a request may be sent a second time: what reads and
// changes nothing. A call never is.
func again(method string) bool {
	return method == mcp.Initialize || method == mcp.ToolsList || method == mcp.Ping
}

// request sends a request to loomd, or holds it until there is one.
func (p *Proxy) request(frame []byte, m jsonrpc.Message, method string) {
	id := string(m.ID.Of(frame))
	p.toLoomd.Lock()
	defer p.toLoomd.Unlock()
	p.mu.Lock()
	link := p.link
	if link == nil {
		p.mu.Unlock()
		p.hold(frame, m, method)
		return
	}
	p.inFlight[id] = nil
	if again(method) {
		p.inFlight[id] = frame
	}
	p.mu.Unlock()
	p.write(link, frame, m, method)
}

// send sends what needs no answer, if there is somebody to send it to.
func (p *Proxy) send(frame []byte, m jsonrpc.Message, method string) {
	p.toLoomd.Lock()
	defer p.toLoomd.Unlock()
	p.mu.Lock()
	link := p.link
	p.mu.Unlock()
	if link != nil {
		p.write(link, frame, m, method)
	}
}

// write wraps a client's message for loomd. An error shows at the reader of
// the link, which answers what was in flight.
func (p *Proxy) write(link net.Conn, frame []byte, m jsonrpc.Message, method string) {
	var err error
	if method == mcp.ToolsCall && m.ID.Present() {
		name := toolOf(frame, m)
		p.mu.Lock()
		route, ok := p.routes[name]
		p.mu.Unlock()
		if !ok {
			route = loomrpc.Route{Tool: name}
		}
		var key []byte
		if m.Params.Present() {
			key = []byte(`,"params":`)
		}
		err = p.loomd.add([]byte(`{"jsonrpc":"2.0","id":`), m.ID.Of(frame), []byte(`,"method":"`+loomrpc.MethodCall+`","params":{"server":`), jsonrpc.Quote(route.Server),
			[]byte(`,"tool":`), jsonrpc.Quote(route.Tool), key, m.Params.Of(frame), []byte("}}\n"))
	} else {
		err = p.loomd.add([]byte(`{"jsonrpc":"2.0","method":"`+loomrpc.MethodMCP+`","params":`), frame, []byte("}\n"))
	}
	if err != nil {
		link.Close()
	}
}

// flushLoomd sends what was gathered.
func (p *Proxy) flushLoomd() {
	p.toLoomd.Lock()
	defer p.toLoomd.Unlock()
	if p.loomd.flush() != nil {
		p.mu.Lock()
		link := p.link
		p.mu.Unlock()
		if link != nil {
			link.Close()
		}
	}
}

// toolOf is the name in a tools/call.
func toolOf(frame []byte, m jsonrpc.Message) string {
	span, _ := jsonrpc.Find(frame, m.Params, "name")
	name, _ := jsonrpc.Text(span.Of(frame))
	return name
}

// cancelled forgets a request that the client no longer waits for. It reports
// whether it was held, so that loomd never heard of it.
func (p *Proxy) cancelled(id []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.inFlight, string(id))
	defer p.restLocked()
	for i, h := range p.held {
		if string(h.msg.ID.Of(h.frame)) == string(id) {
			h.timer.Stop()
			p.held = slices.Delete(p.held, i, i+1)
			return true
		}
	}
	return false
}

// hold keeps a request until there is a loomd, and answers it itself when that
// takes too long.
func (p *Proxy) hold(frame []byte, m jsonrpc.Message, method string) {
	if method == mcp.Ping || method == mcp.Discover {
		p.answerAway(frame, m, method)
		return
	}
	limit := p.opts.HoldCall
	if method != mcp.ToolsCall || toolOf(frame, m) == awayStatus { // who asks why it does not work is told soon
		limit = p.opts.HoldSetup
	}
	h := &held{frame: frame, msg: m}
	p.mu.Lock()
	p.held = append(p.held, h)
	h.timer = time.AfterFunc(limit, func() {
		p.mu.Lock()
		i := slices.Index(p.held, h)
		if i >= 0 {
			p.held = slices.Delete(p.held, i, i+1)
		}
		p.mu.Unlock()
		if i >= 0 {
			p.answerAway(frame, m, method)
			p.mu.Lock()
			p.restLocked()
			p.mu.Unlock()
		}
	})
	p.mu.Unlock()
	select {
	case p.wanted <- struct{}{}:
	default:
	}
}

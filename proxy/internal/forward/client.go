package forward

import (
	"bytes"
	"errors"
	"net"
	"slices"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/core/nonblock"
)

// readClient reads the client until it closes its end. What is wrong with one
// frame costs that frame and nothing else.
func (p *Proxy) readClient() error {
	frames := jsonrpc.NewReader(nonblock.NewReader(p.opts.In), 0)
	for {
		if !frames.Buffered() {
			p.flushLoomd()
		}
		frame, err := frames.Next()
		if large, ok := errors.AsType[*jsonrpc.TooLargeError](err); ok {
			p.tooLarge(large)
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

// tooLarge answers for a frame that was dropped. Of an answer the server that
// asked has to hear, or it waits for good.
func (p *Proxy) tooLarge(large *jsonrpc.TooLargeError) {
	failure := jsonrpc.NewError(large.ID, loomrpc.Errorf(loomrpc.CodeTooLarge, loomrpc.ErrorData{Stage: "proxy"}, "%v", large).Wire())
	switch {
	case large.ID == nil && large.Method != "": // a notification
	case large.ID != nil && large.Method == "":
		if m, err := jsonrpc.Scan(failure); err == nil {
			p.response(failure, m)
		}
	default:
		p.reply(failure)
	}
}

// methodCall is tools/call as it stands in a frame: most have it, and need no
// copy of it.
const methodCall = `"` + mcp.ToolsCall + `"`

func (p *Proxy) fromClient(frame []byte, m jsonrpc.Message) {
	method := mcp.ToolsCall
	if raw := m.Method.Of(frame); string(raw) != methodCall {
		method, _ = jsonrpc.Text(raw)
	}
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
		case bytes.HasPrefix(id, setUpPrefix):
			p.reply(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "the id %s is not for clients", id)))
		default:
			p.request(frame, m, method)
		}
	case jsonrpc.Notification:
		switch {
		case loomrpc.IsOurs(method):
			return
		case method == mcp.Initialized:
			p.mu.Lock()
			p.session.ready = true
			p.session.changes++
			p.mu.Unlock()
		case method == mcp.Cancelled:
			if requestID, ok := jsonrpc.Find(frame, m.Params, "requestId"); ok && p.cancelled(requestID.Of(frame)) {
				return
			}
		}
		p.send(frame, m, method)
	case jsonrpc.Response:
		p.response(frame, m)
	default:
		p.reply(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "loom proxy: neither a request nor a notification nor a response")))
	}
}

// again reports whether a request may be sent a second time: what reads and
// changes nothing, or sets what is set already. A call never is, and neither is
// reading a resource: some servers do things when they are read.
func again(method string) bool {
	switch method {
	case mcp.Initialize, mcp.Discover, mcp.Ping, mcp.Complete, mcp.SetLevel,
		mcp.ToolsList, mcp.PromptsList, mcp.ResourcesList, mcp.TemplatesList,
		mcp.ResourcesSubscribe, mcp.ResourcesUnsubscribe:
		return true
	}
	return false
}

// request sends a request to loomd, or holds it until there is one.
func (p *Proxy) request(frame []byte, m jsonrpc.Message, method string) {
	id := m.ID.Of(frame)
	p.toLoomd.Lock()
	defer p.toLoomd.Unlock()
	p.mu.Lock()
	if p.openLocked(id) {
		p.mu.Unlock()
		p.reply(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "a request with id %s is in flight already", id)))
		return
	}
	link := p.link
	switch {
	case method == mcp.Listen:
		p.listens = append(p.listens, &listen{frame: frame, msg: m})
	case link != nil:
		p.sentLocked(frame, m, method)
	}
	p.mu.Unlock()
	switch {
	case link != nil:
		p.write(link, frame, m, method)
	case method != mcp.Listen: // which waits for as long as it takes
		p.hold(&held{frame: frame, msg: m, method: method})
	}
}

// sentLocked notes a request that goes to loomd now.
func (p *Proxy) sentLocked(frame []byte, m jsonrpc.Message, method string) {
	p.count++
	r := request{method: method, number: p.count}
	if again(method) {
		r.frame = frame
	}
	p.inFlight[string(m.ID.Of(frame))] = r
}

// openLocked reports whether a request of the client has that raw id and no answer.
func (p *Proxy) openLocked(id []byte) bool {
	if _, ok := p.inFlight[string(id)]; ok {
		return true
	}
	return p.listenLocked(id) != nil || slices.ContainsFunc(p.held, func(h *held) bool { return bytes.Equal(h.id(), id) })
}

// response hands on the answer to a request of loomd. One to a loomd that went
// away means nothing to the next.
func (p *Proxy) response(frame []byte, m jsonrpc.Message) {
	p.toLoomd.Lock()
	defer p.toLoomd.Unlock()
	id := string(m.ID.Of(frame))
	p.mu.Lock()
	link, asked := p.link, p.asked[id]
	delete(p.asked, id)
	p.mu.Unlock()
	if link != nil && asked {
		p.write(link, frame, m, "")
	}
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

// What is around a client's message on its way to loomd.
var (
	mcpHead  = []byte(`{"jsonrpc":"2.0","method":"` + loomrpc.MethodMCP + `","params":`)
	mcpTail  = []byte("}\n")
	callTail = []byte("}}\n")
)

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
		head := append(append(p.head[:0], `{"jsonrpc":"2.0","id":`...), m.ID.Of(frame)...)
		head = jsonrpc.AppendQuote(append(head, `,"method":"`+loomrpc.MethodCall+`","params":{"server":`...), route.Server)
		head = jsonrpc.AppendQuote(append(head, `,"tool":`...), route.Tool)
		if m.Params.Present() {
			head = append(head, `,"params":`...)
		}
		p.head = head
		err = p.loomd.add(head, m.Params.Of(frame), callTail)
	} else {
		err = p.loomd.add(mcpHead, frame, mcpTail)
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

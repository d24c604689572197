package trace

import (
	"strings"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/redact"
)

// maxName is the most that is shown of a name or an id.
const maxName = 100

// describe makes the line about a message, without its body, and returns the
// message itself: loomd's own envelopes are taken off.
func describe(e Event, secrets *redact.Set) (Line, []byte) {
	line := Line{Time: e.Time, Session: e.Session, Client: e.Client, Server: e.Server, Direction: e.Direction, Kind: "invalid"}
	frame := e.Frame
	m, err := jsonrpc.Scan(frame)
	method, _ := jsonrpc.Text(m.Method.Of(frame))
	if err == nil && method == loomrpc.MethodMCP {
		frame = m.Params.Of(frame)
		m, err = jsonrpc.Scan(frame)
		method, _ = jsonrpc.Text(m.Method.Of(frame))
	}
	line.Bytes = len(frame)
	if err != nil {
		return line, frame
	}
	short := func(text string) string { return shorten(secrets.Text(text), maxName) }
	text := func(path ...string) string {
		span, _ := jsonrpc.Find(frame, m.Params, path...)
		text, _ := jsonrpc.Text(span.Of(frame))
		return short(text)
	}
	switch m.Kind() {
	case jsonrpc.Request:
		line.Kind = "request"
	case jsonrpc.Notification:
		line.Kind = "notification"
	case jsonrpc.Response:
		line.Kind = "result"
		if m.Error.Present() {
			line.Kind = "error"
			code, _ := jsonrpc.Find(frame, m.Error, "code")
			n, _ := jsonrpc.Int(code.Of(frame))
			line.Code = int(n)
		}
	}
	switch method {
	case loomrpc.MethodCall:
		method, line.Tool = mcp.ToolsCall, text("tool")
		if line.Server == "" {
			line.Server = text("server")
		}
	case mcp.ToolsCall:
		line.Tool = text("name")
	}
	line.Method, line.ID = short(method), short(string(m.ID.Of(frame)))
	return line, frame
}

// request is how an answer finds its question. Ids towards a server are those
// of one process, and towards a client those of one session.
type request struct{ session, server, direction, id string }

type asked struct {
	method, tool, server string
	at                   time.Time
}

// maxOpen bounds the requests that never get an answer.
const maxOpen = 4096

// pair remembers a request, and completes the line of an answer.
func (t *Trace) pair(line *Line) {
	if line.ID == "" {
		return
	}
	key := request{session: line.Session, direction: line.Direction, id: line.ID}
	answer := line.Kind == "result" || line.Kind == "error"
	if answer {
		from, to, _ := strings.Cut(line.Direction, ">")
		key.direction = to + ">" + from
	}
	if strings.Contains(key.direction, "server") {
		key.server = line.Server
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case answer:
		if q, ok := t.open[key]; ok {
			delete(t.open, key)
			line.Method, line.Tool, line.Took = q.method, q.tool, line.Time.Sub(q.at)
			if line.Server == "" {
				line.Server = q.server
			}
		}
	case line.Kind == "request" && len(t.listeners) > 0:
		if len(t.open) >= maxOpen {
			clear(t.open)
		}
		t.open[key] = asked{line.Method, line.Tool, line.Server, line.Time}
	}
}

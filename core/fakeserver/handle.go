package fakeserver

import (
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// handle does what a message asks for. It reports whether the server ends.
func (s *server) handle(frame []byte, m jsonrpc.Message) (end bool) {
	r := &request{frame: frame, m: m, id: m.ID.Of(frame), ctx: s.ctx}
	r.method, _ = jsonrpc.Text(m.Method.Of(frame))
	switch m.Kind() {
	case jsonrpc.Notification:
		switch r.method {
		case mcp.Cancelled:
			s.takeBack(string(r.param("requestId")))
		case mcp.Initialized:
			s.askFirst()
		}
		return false
	case jsonrpc.Response:
		s.answered(frame, m)
		return false
	case jsonrpc.Request:
	default:
		return false
	}
	if s.modern() && r.method != mcp.Initialize && s.lacksMeta(r) {
		return false
	}
	switch r.method {
	case mcp.Discover:
		switch s.o.Era {
		case "silent":
			return false
		case "exit":
			return true
		case "modern":
			s.beforeHandshake()
			s.answer(jsonrpc.NewResult(r.id, s.discovered()))
			return false
		}
	case mcp.Initialize:
		if s.modern() {
			break
		}
		s.beforeHandshake()
		s.answer(jsonrpc.NewResult(r.id, s.initialized(r)))
		return false
	case mcp.Ping:
		if s.modern() && s.o.Surface {
			break // the modern era has none
		}
		s.result(r, []byte(`{}`))
		return false
	case mcp.ToolsList:
		s.page(r, "tools", s.tools())
		return false
	case mcp.ToolsCall:
		if s.o.Serial || s.o.Surface && r.text("name") == "slow_stdin" { // nothing is read meanwhile
			done := s.open(r)
			s.call(r)
			done()
			return false
		}
		s.aside(r, s.call)
		return false
	}
	if s.o.Surface && s.handleSurface(r) {
		return false
	}
	s.fail(r, jsonrpc.CodeMethodNotFound, "no method %s", r.method)
	return false
}

func (s *server) modern() bool { return s.o.Era == "modern" }

// beforeHandshake is what a client has to bear before it is answered.
func (s *server) beforeHandshake() {
	time.Sleep(s.o.StartWait)
	if !s.o.Early {
		return
	}
	s.notify(mcp.ToolsListChanged, `{"x-early":true}`)
	if s.o.Surface {
		s.notify("notifications/prompts/list_changed", `{"x-early":true}`)
		s.notify("notifications/resources/list_changed", `{"x-early":true}`)
	}
}

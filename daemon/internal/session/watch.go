package session

import (
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/audit"
	"github.com/loom-core/loom/daemon/internal/trace"
)

// record writes a call down. Neither arguments nor results are in it.
func (s *Session) record(c *call, outcome string, took time.Duration, size int) {
	r := audit.Record{
		Time: c.began, Session: s.id, Client: s.clientName(), Server: c.of, Method: c.method,
		Outcome: outcome, Duration: took, RequestBytes: len(c.params), ResultBytes: size,
	}
	if c.began.IsZero() {
		r.Time = time.Now()
	}
	if c.method == mcp.ToolsCall {
		r.Tool = c.name
	}
	s.svc.Audit.Record(r)
}

// emit shows a message to whoever watches.
func (s *Session) emit(direction, server string, frame []byte) {
	s.svc.Trace.Emit(trace.Event{Time: time.Now(), Session: s.id, Client: s.clientName(), Server: server, Direction: direction, Frame: frame})
}

// meant is the id of the server that a message of the client names, where that
// is not the name itself.
func (s *Session) meant(frame []byte, m jsonrpc.Message) string {
	if s.Project() == "" {
		return ""
	}
	view, err := s.view()
	if err != nil {
		return ""
	}
	name, _ := jsonrpc.Find(frame, m.Params, "server")
	server, ok := view.Server(text(frame, name))
	if !ok {
		return ""
	}
	return server.ID()
}

// clientName is what the client is called: by --client, else by itself.
func (s *Session) clientName() string {
	if s.hello.Client != "" {
		return s.hello.Client
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.client.name
}

package session

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/hub"
	"github.com/loom-core/loom/daemon/internal/pool"
)

// call is a tools/call in flight.
type call struct {
	id       []byte // the client's own, raw
	server   string
	tool     string
	began    time.Time
	instance *pool.Instance
	request  *child.Request
}

// call routes a tools/call. It does not wait: calls of one client reach a
// server in the order in which they came.
func (s *Session) call(ctx context.Context, frame []byte, m jsonrpc.Message) {
	id := m.ID.Of(frame)
	var c loomrpc.Call
	jsonrpc.Members(frame, m.Params, func(name string, value jsonrpc.Span) bool {
		switch name {
		case "server":
			c.Server, _ = jsonrpc.Text(value.Of(frame))
		case "tool":
			c.Tool, _ = jsonrpc.Text(value.Of(frame))
		case "params":
			c.Params = value.Of(frame)
		}
		return true
	})
	view, err := s.view()
	if err != nil {
		s.refuse(id, loomrpc.Errorf(loomrpc.CodeNotAllowed, loomrpc.ErrorData{}, "%v", err))
		return
	}
	tool, err := view.Find(c)
	if err == nil {
		s.start(id, view, tool, c.Params)
		return
	}
	// It may be a tool of a server that was never seen, or not since it was
	// changed a moment ago: learn first, then look again.
	unlearnt := s.svc.Learner.Unlearnt(view.Servers())
	if len(unlearnt) == 0 {
		s.lookAgain(id, c) // it may have been learnt just now
		return
	}
	s.background.Go(func() {
		select {
		case <-s.svc.Learner.Learn(unlearnt, s.sharing):
			s.lookAgain(id, c)
		case <-ctx.Done():
		}
	})
}

// lookAgain starts a call whose tool was unknown a moment ago, or refuses it.
func (s *Session) lookAgain(id []byte, c loomrpc.Call) {
	view, err := s.view()
	if err != nil {
		s.refuse(id, loomrpc.Errorf(loomrpc.CodeNotAllowed, loomrpc.ErrorData{}, "%v", err))
		return
	}
	tool, err := view.Find(c)
	if err != nil {
		s.refuse(id, s.whyUnknown(view, c.Tool, err))
		return
	}
	s.start(id, view, tool, c.Params)
}

// refuse answers a call that names no tool that the session may call.
func (s *Session) refuse(id []byte, e *loomrpc.Error) {
	s.svc.Observer.CallEnded("", "", outcomeRefused, 0)
	s.fail(id, e)
}

func (s *Session) start(id []byte, view *hub.View, tool hub.Exposed, params []byte) {
	if answer, ok := s.svc.Own[tool.Route.Tool]; ok && tool.Route.Server == loomrpc.ServerPrefix {
		s.send(jsonrpc.NewResult(id, answer()))
		return
	}
	server, ok := view.Server(tool.Route.Server)
	if !ok {
		s.refuse(id, loomrpc.Errorf(loomrpc.CodeUnknown, loomrpc.ErrorData{Server: tool.Route.Server}, "server %s is not in the registry any more", tool.Route.Server))
		return
	}
	c := &call{id: id, server: tool.Route.Server, tool: tool.Route.Tool, began: time.Now(), instance: s.svc.Servers.Instance(server, s.sharing(server))}
	c.request = &child.Request{
		Method: mcp.ToolsCall, Params: params, Tool: tool.Route.Tool, Timeout: server.Timeout,
		Progress: func(frame []byte) { s.out.push(true, frame) },
		Done:     func(a child.Answer) { s.finish(c, a) },
	}
	s.mu.Lock()
	_, twice := s.calls[string(id)]
	if !twice {
		s.calls[string(id)] = c
	}
	s.mu.Unlock()
	if twice {
		s.refuse(id, loomrpc.Errorf(jsonrpc.CodeInvalidRequest, loomrpc.ErrorData{}, "a request with id %s is in flight already", id))
		return
	}
	s.svc.Observer.CallBegan(c.server)
	c.instance.Send(c.request)
}

// finish sends the answer with the client's id in it. It runs on the server's
// reader.
func (s *Session) finish(c *call, a child.Answer) {
	if !s.forget(c) {
		return // cancelled: there must be no answer
	}
	if a.Err != nil {
		e := asError(c.server, a.Err)
		s.svc.Observer.CallEnded(c.server, c.tool, outcomeOf(e), time.Since(c.began))
		s.fail(c.id, e)
		return
	}
	outcome := outcomeOK
	if a.Message.Error.Present() {
		outcome = outcomeError
	} else if span, ok := jsonrpc.Find(a.Frame, a.Message.Result, "isError"); ok && string(span.Of(a.Frame)) == "true" {
		outcome = outcomeToolError
	}
	s.svc.Observer.CallEnded(c.server, c.tool, outcome, time.Since(c.began))
	s.send(a.Frame[:a.Message.ID.Start], c.id, a.Frame[a.Message.ID.End:])
}

// forget takes c from the calls in flight. Whoever does it answers.
func (s *Session) forget(c *call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls[string(c.id)] != c {
		return false
	}
	delete(s.calls, string(c.id))
	return true
}

// cancel gives up the call with that raw id, if it is in flight.
func (s *Session) cancel(id []byte, reason string) {
	s.mu.Lock()
	c := s.calls[string(id)]
	delete(s.calls, string(id))
	s.mu.Unlock()
	s.giveUp(c, reason)
}

// abandon gives up everything: the client is gone.
func (s *Session) abandon() {
	s.mu.Lock()
	calls := s.calls
	s.calls = map[string]*call{}
	s.mu.Unlock()
	for _, c := range calls {
		s.giveUp(c, "the client disconnected")
	}
}

func (s *Session) giveUp(c *call, reason string) {
	if c == nil {
		return
	}
	c.instance.Cancel(c.request, reason)
	s.svc.Observer.CallEnded(c.server, c.tool, outcomeCancelled, time.Since(c.began))
}

// whyUnknown says that the server is broken when the name is likely one of its
// tools. The name is compared, not taken apart.
func (s *Session) whyUnknown(view *hub.View, name string, err error) *loomrpc.Error {
	for _, server := range view.Unlearnt {
		if strings.HasPrefix(name, hub.Prefix(string(server.Name))) {
			if cause := s.svc.Servers.LastError(string(server.Name)); cause != nil {
				return asError(string(server.Name), cause)
			}
		}
	}
	return notFound(err)
}

func notFound(err error) *loomrpc.Error {
	var nf *hub.NotFoundError
	if errors.As(err, &nf) && nf.Off != "" {
		return loomrpc.Errorf(loomrpc.CodeNotAllowed, loomrpc.ErrorData{Hint: nf.Off}, "%v", err)
	}
	return loomrpc.Errorf(jsonrpc.CodeInvalidParams, loomrpc.ErrorData{Hint: "loom tools lists what there is"}, "%v", err)
}

package session

import (
	"context"
	"errors"
	"strings"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/core/toolname"
	"github.com/loom-core/loom/daemon/internal/hub"
	"github.com/loom-core/loom/registry"
)

// callTool routes a loom/call. It does not wait: calls of one client reach a
// server in the order in which they came.
func (s *Session) callTool(ctx context.Context, frame []byte, m jsonrpc.Message) {
	c := &call{id: m.ID.Of(frame), method: mcp.ToolsCall}
	var q loomrpc.Call
	var params jsonrpc.Span
	jsonrpc.Members(frame, m.Params, func(name string, value jsonrpc.Span) bool {
		switch name {
		case "server":
			q.Server = text(frame, value)
		case "tool":
			q.Tool = text(frame, value)
		case "params":
			params = value
		}
		return true
	})
	c.params = params.Of(frame)
	who, refused := s.asker(frame, params)
	if refused != nil {
		s.send(jsonrpc.NewError(c.id, refused))
		return
	}
	c.asker = who
	s.find(ctx, c, q)
}

// callByName is a tools/call that did not come as loom/call.
func (s *Session) callByName(ctx context.Context, c *call) {
	s.find(ctx, c, loomrpc.Call{Tool: c.member("name")})
}

// find looks the tool up and begins the call.
func (s *Session) find(ctx context.Context, c *call, q loomrpc.Call) {
	view, err := s.view()
	if err != nil {
		s.refuse(c, loomrpc.Errorf(loomrpc.CodeNotAllowed, loomrpc.ErrorData{}, "%v", err))
		return
	}
	tool, err := view.Find(q)
	if err == nil {
		s.begun(ctx, c, view, tool)
		return
	}
	// It may be a tool of a server that was never seen, or not since it was
	// changed a moment ago: learn first, then look again.
	unlearnt := s.svc.Learner.Unlearnt(view.Servers())
	if len(unlearnt) == 0 {
		s.lookAgain(ctx, c, q) // it may have been learnt just now
		return
	}
	if !s.hold(c) {
		return
	}
	s.learnAndFind(ctx, c, q, unlearnt)
}

func (s *Session) learnAndFind(ctx context.Context, c *call, q loomrpc.Call, unlearnt []registry.Server) {
	s.background.Go(func() {
		select {
		case <-s.svc.Learner.Learn(unlearnt, s.learnt):
			if s.forget(c) {
				s.lookAgain(ctx, c, q)
			}
		case <-ctx.Done():
		}
	})
}

// lookAgain begins a call whose tool was unknown a moment ago, or refuses it.
func (s *Session) lookAgain(ctx context.Context, c *call, q loomrpc.Call) {
	view, err := s.view()
	if err != nil {
		s.refuse(c, loomrpc.Errorf(loomrpc.CodeNotAllowed, loomrpc.ErrorData{}, "%v", err))
		return
	}
	tool, err := view.Find(q)
	if err != nil {
		s.refuse(c, s.whyUnknown(view, q.Tool, err))
		return
	}
	s.begun(ctx, c, view, tool)
}

// begun begins a call of a tool that the session may call.
func (s *Session) begun(ctx context.Context, c *call, view *hub.View, tool hub.Exposed) {
	if tool.Route.Server == loomrpc.ServerPrefix {
		s.own(ctx, c, view, tool.Route.Tool)
		return
	}
	c.name, c.exposed, c.definition = tool.Route.Tool, tool.Name, tool.Raw
	if c.modern && s.resumeParked(c) {
		return
	}
	s.begin(c, view, tool.Route.Server)
}

// whyUnknown says that the server is broken when the name is likely one of its
// tools. The name is compared, not taken apart.
func (s *Session) whyUnknown(view *hub.View, name string, err error) *loomrpc.Error {
	for _, server := range view.Unlearnt {
		if strings.HasPrefix(name, string(server.Name+toolname.Separator)) {
			if cause := s.svc.Servers.LastError(server.ID()); cause != nil {
				return asError(server.ID(), cause)
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

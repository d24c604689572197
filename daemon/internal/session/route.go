package session

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/daemon/internal/hub"
)

// request answers an MCP request of the client other than tools/call: itself
// what the catalog knows, so that nothing here starts a server that is known,
// and by its owner what belongs to one.
func (s *Session) request(ctx context.Context, frame []byte, m jsonrpc.Message, method string) {
	id := m.ID.Of(frame)
	if method == mcp.Initialize && !names(frame, m.Params) {
		s.initialize(id, m.Params.Of(frame))
		return
	}
	who, refused := s.asker(frame, m.Params)
	if refused != nil {
		s.send(jsonrpc.NewError(id, refused))
		return
	}
	view, err := s.view()
	if err != nil {
		s.fail(id, loomrpc.Errorf(loomrpc.CodeNotAllowed, loomrpc.ErrorData{}, "%v", err))
		return
	}
	if who.modern {
		switch method { // gone in the modern era
		case mcp.Initialize, mcp.Ping, mcp.SetLevel, mcp.ResourcesSubscribe, mcp.ResourcesUnsubscribe:
			s.unsupported(id, method)
			return
		}
	}
	c := &call{id: id, method: method, asker: who, params: m.Params.Of(frame)}
	switch method {
	case mcp.Discover:
		s.send(jsonrpc.NewResult(id, view.Discover(s.svc.Version)))
	case mcp.Ping:
		s.send(jsonrpc.NewResult(id, []byte("{}")))
	case mcp.ToolsList:
		s.list(ctx, catalog.Tools, c, view)
	case mcp.PromptsList:
		s.list(ctx, catalog.Prompts, c, view)
	case mcp.ResourcesList:
		s.list(ctx, catalog.Resources, c, view)
	case mcp.TemplatesList:
		s.list(ctx, catalog.Templates, c, view)
	case mcp.ToolsCall:
		s.callByName(ctx, c)
	case mcp.PromptsGet:
		s.learned(ctx, c, view, s.getPrompt)
	case mcp.ResourcesRead, mcp.ResourcesSubscribe, mcp.ResourcesUnsubscribe:
		s.learned(ctx, c, view, s.resource)
	case mcp.Complete:
		s.learned(ctx, c, view, s.complete)
	case mcp.SetLevel:
		s.setLevel(c)
	case mcp.Listen:
		s.listen(ctx, c, view)
	case mcp.TasksGet, mcp.TasksResult, mcp.TasksCancel, mcp.TasksUpdate:
		s.task(c, view)
	case mcp.TasksList:
		s.listTasks(ctx, c, view)
	default:
		s.unknown(c, view)
	}
}

// learned routes a request by what servers define. A view with servers that
// were never seen may lack the one that it is for, so they are learnt first.
func (s *Session) learned(ctx context.Context, c *call, view *hub.View, route func(*call, *hub.View) error) {
	err := route(c, view)
	if err == nil {
		return
	}
	if len(view.Unlearnt) == 0 {
		s.sendError(c, err)
		return
	}
	if !s.hold(c) {
		return
	}
	s.afterLearning(ctx, view, 0, func(now *hub.View) {
		if !s.forget(c) {
			return // cancelled meanwhile
		}
		if err := route(c, now); err != nil {
			s.sendError(c, err)
		}
	})
}

// afterLearning calls f with the view that there is once the servers that were
// never seen are learnt, or after limit if that is not 0.
func (s *Session) afterLearning(ctx context.Context, view *hub.View, limit time.Duration, f func(*hub.View)) {
	learnt := s.svc.Learner.Learn(view.Unlearnt, s.learnt)
	s.background.Go(func() {
		var over <-chan time.Time
		if limit > 0 {
			t := time.NewTimer(limit)
			defer t.Stop()
			over = t.C
		}
		select {
		case <-learnt:
		case <-over:
		case <-ctx.Done():
			return
		}
		if now, err := s.view(); err == nil {
			view = now
		}
		f(view)
	})
}

// sendError answers with an error of the protocol.
func (s *Session) sendError(c *call, err error) {
	var e *jsonrpc.Error
	if !errors.As(err, &e) {
		e = jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "%v", err)
	}
	s.send(jsonrpc.NewError(c.id, e))
}

func (s *Session) unsupported(id []byte, method string) {
	s.send(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeMethodNotFound, "method %s is not supported", method)))
}

// member is a member of the params, as text.
func (c *call) member(path ...string) string {
	span, _ := jsonrpc.Find(c.params, jsonrpc.Span{End: len(c.params)}, path...)
	return text(c.params, span)
}

func (s *Session) getPrompt(c *call, view *hub.View) error {
	route, err := view.FindPrompt(c.member("name"))
	if err != nil {
		return err
	}
	c.name = route.Tool
	s.begin(c, view, route.Server)
	return nil
}

// complete goes to the server of the prompt or the resource that it is about.
func (s *Session) complete(c *call, view *hub.View) error {
	switch c.member("ref", "type") {
	case "ref/prompt":
		route, err := view.FindPrompt(c.member("ref", "name"))
		if err != nil {
			return err
		}
		name, _ := jsonrpc.Find(c.params, jsonrpc.Span{End: len(c.params)}, "ref", "name")
		c.params = jsonrpc.Splice(nil, c.params, jsonrpc.Edit{Span: name, With: jsonrpc.Quote(route.Tool)})
		s.begin(c, view, route.Server)
	case "ref/resource":
		uri := c.member("ref", "uri")
		server, ok := s.owner(view, uri)
		if !ok {
			return notThere(c, uri)
		}
		s.begin(c, view, server)
	default:
		return jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "ref.type must be ref/prompt or ref/resource, this is %q", c.member("ref", "type"))
	}
	return nil
}

// resource reads or subscribes. URIs are the servers' own.
func (s *Session) resource(c *call, view *hub.View) error {
	uri := c.member("uri")
	if c.method == mcp.ResourcesRead {
		if result, ok, err := s.readOwn(c, view, uri); err != nil {
			return err
		} else if ok {
			s.send(jsonrpc.NewResult(c.id, result))
			return nil
		}
	}
	server, ok := s.owner(view, uri)
	if !ok {
		return notThere(c, uri)
	}
	c.uri = uri
	s.begin(c, view, server)
	return nil
}

// codeNoResource is what a legacy server answers for a resource that it does
// not have; the modern era says invalid params.
const codeNoResource = -32002

func notThere(c *call, uri string) error {
	code := codeNoResource
	if c.modern {
		code = jsonrpc.CodeInvalidParams
	}
	return &jsonrpc.Error{Code: code, Message: "no server has the resource " + uri, Data: []byte(`{"uri":` + string(jsonrpc.Quote(uri)) + `}`)}
}

// owner is the server of a resource: the one that lists it, else the one that
// gave it to this session, else the first with a template that it fits, else
// the only one that there is.
func (s *Session) owner(view *hub.View, uri string) (string, bool) {
	exact, ok := view.Owner(uri)
	s.mu.Lock()
	given, wasGiven := s.given[uri]
	s.mu.Unlock()
	if _, there := view.Server(given); wasGiven && there && !view.Lists(uri) {
		return given, true
	}
	if ok {
		return exact, true
	}
	if only, ok := view.Only(); ok && len(view.Unlearnt) == 0 {
		return string(only.Name), true
	}
	return "", false
}

// maxGiven bounds what is remembered of the resources that results named.
const maxGiven = 10000

// noteGiven remembers the resources that a result names: they are read from
// the server that named them.
func (s *Session) noteGiven(server string, result []byte) {
	if !bytes.Contains(result, []byte(`"uri"`)) {
		return
	}
	var uris []string
	whole := jsonrpc.Span{End: len(result)}
	note := func(item jsonrpc.Span) bool {
		for _, path := range [][]string{{"uri"}, {"resource", "uri"}} {
			if span, ok := jsonrpc.Find(result, item, path...); ok {
				uris = append(uris, text(result, span))
			}
		}
		return true
	}
	content, _ := jsonrpc.Find(result, whole, "content")
	jsonrpc.Elements(result, content, note)
	messages, _ := jsonrpc.Find(result, whole, "messages") // of a prompt
	jsonrpc.Elements(result, messages, func(message jsonrpc.Span) bool {
		inner, _ := jsonrpc.Find(result, message, "content")
		return note(inner)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, uri := range uris {
		if len(s.given) < maxGiven {
			s.given[uri] = server
		}
	}
}

// unknown is a request that this version of Loom has not heard of: it goes to
// the server that it is for, where that can be known.
func (s *Session) unknown(c *call, view *hub.View) {
	if uri := c.member("uri"); uri != "" {
		if server, ok := s.owner(view, uri); ok {
			s.begin(c, view, server)
			return
		}
	}
	if id := c.member("taskId"); id != "" {
		s.task(c, view)
		return
	}
	if only, ok := view.Only(); ok {
		s.begin(c, view, string(only.Name))
		return
	}
	if route, err := view.Find(loomrpc.Call{Tool: c.member("name")}); err == nil && route.Route.Server != loomrpc.ServerPrefix {
		c.name = route.Route.Tool
		s.begin(c, view, route.Route.Server)
		return
	}
	s.unsupported(c.id, c.method)
}

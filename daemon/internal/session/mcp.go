package session

import (
	"context"
	"encoding/json"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/daemon/internal/hub"
	"github.com/loom-core/loom/daemon/internal/pool"
)

// message handles an MCP message of the client other than tools/call.
func (s *Session) message(ctx context.Context, frame []byte, m jsonrpc.Message) {
	method, _ := jsonrpc.Text(m.Method.Of(frame))
	id := m.ID.Of(frame)
	kind := m.Kind()
	if kind == jsonrpc.Request && string(id) == "null" {
		kind = jsonrpc.Notification // as the proxy has it
	}
	switch kind {
	case jsonrpc.Notification: // never answered, known or not
		s.notified(frame, m, method)
	case jsonrpc.Request:
		s.request(ctx, frame, m, method)
	case jsonrpc.Response:
		s.answered(frame, m)
	default:
		s.send(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "neither a request nor a notification nor a response")))
	}
}

func (s *Session) notified(frame []byte, m jsonrpc.Message, method string) {
	switch method {
	case mcp.Initialized:
		s.mu.Lock()
		s.ready = true
		s.mu.Unlock()
		s.askRoots()
	case mcp.Cancelled:
		id, _ := jsonrpc.Find(frame, m.Params, "requestId")
		reason, _ := jsonrpc.Find(frame, m.Params, "reason")
		s.cancel(id.Of(frame), text(frame, reason))
	case mcp.Progress:
		s.progressed(frame, m)
	case mcp.RootsListChanged:
		s.askRoots()
		s.forward(frame, true)
	default:
		s.forward(frame, false)
	}
}

// forward passes a notification of the client on to the servers that it can
// only be for: those that nobody else uses, and, unless private, the only one
// of the view.
func (s *Session) forward(frame []byte, private bool) {
	view, err := s.view()
	if err != nil {
		return
	}
	_, only := view.Only()
	s.mu.Lock()
	var to []*pool.Instance
	for i := range s.used {
		if i.IsOf(s) || only && !private {
			to = append(to, i)
		}
	}
	s.mu.Unlock()
	for _, i := range to {
		i.Forward(frame)
	}
}

func (s *Session) initialize(id, params []byte) {
	var p struct {
		ProtocolVersion string          `json:"protocolVersion"`
		Capabilities    json.RawMessage `json:"capabilities"`
		ClientInfo      json.RawMessage `json:"clientInfo"`
	}
	if err := json.Unmarshal(params, &p); err != nil {
		s.send(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "reading the params of initialize: %v", err)))
		return
	}
	view, err := s.view()
	if err != nil {
		s.fail(id, loomrpc.Errorf(loomrpc.CodeNotAllowed, loomrpc.ErrorData{}, "%v", err))
		return
	}
	name, _ := jsonrpc.Find(p.ClientInfo, jsonrpc.Span{End: len(p.ClientInfo)}, "name")
	s.mu.Lock()
	s.client = client{
		legacy: true, name: text(p.ClientInfo, name), info: p.ClientInfo, capabilities: p.Capabilities,
		version: mcp.Negotiate(p.ProtocolVersion), level: s.client.level,
	}
	s.mu.Unlock()
	s.send(jsonrpc.NewResult(id, view.Initialize(p.ProtocolVersion, s.svc.Version)))
}

// list answers at once, unless a server was never seen: then it waits a moment
// for it to be learnt, since many clients ask only once.
func (s *Session) list(ctx context.Context, k catalog.Kind, c *call, view *hub.View) {
	if cursor, ok := jsonrpc.Find(c.params, jsonrpc.Span{End: len(c.params)}, "cursor"); ok && string(cursor.Of(c.params)) != "null" {
		s.send(jsonrpc.NewError(c.id, jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "unknown cursor: loom lists everything on one page")))
		return
	}
	if len(view.Unlearnt) == 0 {
		s.send(jsonrpc.NewResult(c.id, view.List(k, c.modern)))
		return
	}
	// At least a moment: with no wait at all there would be nothing to say.
	limit := max(s.svc.Hub.Registry().LearnWait, time.Nanosecond)
	s.afterLearning(ctx, view, limit, func(now *hub.View) { s.send(jsonrpc.NewResult(c.id, now.List(k, c.modern))) })
}

// view is what this session sees now.
func (s *Session) view() (*hub.View, error) {
	return s.svc.Hub.View(hub.Viewer{Client: s.hello.Client, Profile: s.hello.Profile, Server: s.hello.Server, Project: s.Project()})
}

// viewChanged tells the proxy the new names, and the client which lists changed.
func (s *Session) viewChanged() {
	s.telling.Lock()
	defer s.telling.Unlock()
	view, err := s.view()
	if err != nil {
		view = hub.NoView // the profile is gone: nothing is allowed
	}
	s.resettle(view)
	var changed [catalog.Kinds]bool
	s.mu.Lock()
	if s.tag == view.Tag {
		s.mu.Unlock()
		return
	}
	first := s.tag == ""
	s.tag = view.Tag
	for k := range catalog.Kinds {
		tag := view.ListTag(catalog.Kind(k))
		changed[k] = s.tags[k] != tag
		s.tags[k] = tag
	}
	s.mu.Unlock()
	if changed[catalog.Tools] {
		s.send(jsonrpc.NewNotification(loomrpc.NotifyMap, view.Map))
	}
	if !first {
		s.listsChanged(changed)
	}
}

// learn starts what was never seen, in the background.
func (s *Session) learn() {
	view, err := s.view()
	if err != nil {
		return
	}
	if unlearnt := s.svc.Learner.Unlearnt(view.Servers()); len(unlearnt) > 0 {
		s.svc.Learner.Learn(unlearnt, s.learnt)
	}
}

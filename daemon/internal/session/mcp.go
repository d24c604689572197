package session

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/hub"
)

// message handles an MCP message of the client other than tools/call. What it
// asks for is answered from the catalog, so nothing here starts a server that
// is known.
func (s *Session) message(ctx context.Context, frame []byte, m jsonrpc.Message) {
	method, _ := jsonrpc.Text(m.Method.Of(frame))
	id := m.ID.Of(frame)
	kind := m.Kind()
	if kind == jsonrpc.Request && string(id) == "null" {
		kind = jsonrpc.Notification // as the proxy has it
	}
	switch kind {
	case jsonrpc.Notification: // never answered, known or not
		switch method {
		case mcp.Initialized:
			s.initialized()
		case mcp.Cancelled:
			requestID, _ := jsonrpc.Find(frame, m.Params, "requestId")
			reason, _ := jsonrpc.Find(frame, m.Params, "reason")
			text, _ := jsonrpc.Text(reason.Of(frame))
			s.cancel(requestID.Of(frame), text)
		}
	case jsonrpc.Request:
		switch method {
		case mcp.Initialize:
			s.initialize(id, m.Params.Of(frame))
		case mcp.Ping:
			s.send(jsonrpc.NewResult(id, []byte("{}")))
		case mcp.ToolsList:
			cursor, ok := jsonrpc.Find(frame, m.Params, "cursor")
			if ok && string(cursor.Of(frame)) != "null" {
				s.send(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "unknown cursor: loom lists all tools on one page")))
				return
			}
			s.listTools(ctx, id)
		default:
			s.send(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeMethodNotFound, "method %s is not supported", method)))
		}
	case jsonrpc.Response: // loomd asked nothing
	default:
		s.send(jsonrpc.NewError(id, jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "neither a request nor a notification nor a response")))
	}
}

func (s *Session) initialize(id, params []byte) {
	var p struct {
		ProtocolVersion string `json:"protocolVersion"`
		ClientInfo      struct {
			Name string `json:"name"`
		} `json:"clientInfo"`
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
	s.mu.Lock()
	s.client = p.ClientInfo.Name
	s.mu.Unlock()
	raw, err := mcp.InitializeResult(p.ProtocolVersion, s.svc.Version, instructions(view))
	if err != nil {
		s.fail(id, loomrpc.Errorf(jsonrpc.CodeInternal, loomrpc.ErrorData{}, "encoding the answer to initialize: %v", err))
		return
	}
	s.send(jsonrpc.NewResult(id, raw))
}

// maxInstructions is what clients keep of a server's instructions without
// cutting them.
const maxInstructions = 2000

// instructions tells a model what stands behind the names.
func instructions(v *hub.View) string {
	var b strings.Builder
	b.WriteString("Loom serves several MCP servers as one. A tool is named server__tool.\n")
	for _, server := range v.Servers() {
		line := fmt.Sprintf("%s: %s\n", server.Name, server.Description)
		if server.Description == "" {
			line = fmt.Sprintf("%s\n", server.Name)
		}
		if b.Len()+len(line) > maxInstructions {
			break
		}
		b.WriteString(line)
	}
	return b.String()
}

func (s *Session) initialized() {
	s.mu.Lock()
	s.ready = true
	s.mu.Unlock()
}

// listTools answers at once, unless a server was never seen: then it waits a
// moment for it to be learnt, since many clients ask only once.
func (s *Session) listTools(ctx context.Context, id []byte) {
	view, err := s.view()
	if err != nil {
		s.fail(id, loomrpc.Errorf(loomrpc.CodeNotAllowed, loomrpc.ErrorData{}, "%v", err))
		return
	}
	if len(view.Unlearnt) == 0 {
		s.send(jsonrpc.NewResult(id, view.ToolsList))
		return
	}
	learnt := s.svc.Learner.Learn(view.Unlearnt, s.sharing)
	limit := s.svc.Hub.Registry().LearnWait
	s.background.Go(func() {
		t := time.NewTimer(limit)
		defer t.Stop()
		select {
		case <-learnt:
		case <-t.C:
		case <-ctx.Done():
			return
		}
		if now, err := s.view(); err == nil {
			view = now
		}
		s.send(jsonrpc.NewResult(id, view.ToolsList))
	})
}

// view is what this session sees now.
func (s *Session) view() (*hub.View, error) {
	return s.svc.Hub.View(hub.Viewer{Client: s.hello.Client, Profile: s.hello.Profile, Server: s.hello.Server})
}

// viewChanged tells the proxy the new names, and the client that there are some.
func (s *Session) viewChanged() {
	s.telling.Lock()
	defer s.telling.Unlock()
	view, err := s.view()
	if err != nil {
		view = hub.NoView // the profile is gone: nothing is allowed
	}
	s.mu.Lock()
	changed := s.tag != view.Tag
	first := s.tag == ""
	s.tag = view.Tag
	ready := s.ready
	s.mu.Unlock()
	if !changed {
		return
	}
	s.send(jsonrpc.NewNotification(loomrpc.NotifyMap, view.Map))
	if ready && !first {
		s.send(jsonrpc.NewNotification(mcp.ToolsListChanged, nil))
	}
}

// learn starts what was never seen, in the background.
func (s *Session) learn() {
	view, err := s.view()
	if err != nil {
		return
	}
	if unlearnt := s.svc.Learner.Unlearnt(view.Servers()); len(unlearnt) > 0 {
		s.svc.Learner.Learn(unlearnt, s.sharing)
	}
}

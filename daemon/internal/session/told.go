package session

import (
	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/pool"
)

// Told passes a notification of a server on to the client.
func (s *Session) Told(i *pool.Instance, frame []byte, m jsonrpc.Message, method string, alone bool) {
	s.mu.Lock()
	legacy := s.client.legacy
	s.mu.Unlock()
	switch method {
	case mcp.LogMessage:
		s.logged(i, frame, m, alone)
	case mcp.ResourcesUpdated:
		if legacy {
			s.send(frame)
			return
		}
		uri, _ := jsonrpc.Find(frame, m.Params, "uri")
		s.onListens(frame, m, func(l *listening) bool { return l.wants(text(frame, uri)) })
	case mcp.TasksNotice:
		if legacy {
			s.send(frame)
			return
		}
		task, _ := jsonrpc.Find(frame, m.Params, "taskId")
		s.onListens(frame, m, func(l *listening) bool { return l.tasks[text(frame, task)] })
	case mcp.ElicitationComplete:
		if legacy { // gone in the modern era
			s.send(frame)
		}
	default:
		s.send(frame)
	}
}

// logged passes a log message on if the client wants it, with the server's
// name before that of its logger.
func (s *Session) logged(i *pool.Instance, frame []byte, m jsonrpc.Message, alone bool) {
	span, _ := jsonrpc.Find(frame, m.Params, "level")
	level := text(frame, span)
	s.mu.Lock()
	wanted := s.client.level
	pass := wanted == "" && s.client.legacy && alone || wanted != "" && pool.AtLeast(level, wanted)
	for _, c := range s.calls {
		if c.instance == i && c.modern && c.level != "" && pool.AtLeast(level, c.level) {
			pass = true
		}
	}
	s.mu.Unlock()
	if !pass {
		return
	}
	if s.bare() || !m.Params.Present() || frame[m.Params.Start] != '{' {
		s.out.push(nil, true, frame)
		return
	}
	var edit jsonrpc.Edit
	if logger, ok := jsonrpc.Find(frame, m.Params, "logger"); ok {
		edit = jsonrpc.Edit{Span: logger, With: jsonrpc.Quote(i.Name() + "/" + text(frame, logger))}
	} else {
		edit = insert(frame, m.Params, append([]byte(`"logger":`), jsonrpc.Quote(i.Name())...))
	}
	s.out.push(nil, true, frame[:edit.Start], edit.With, frame[edit.End:])
}

// bare reports whether the client sees one server as it is.
func (s *Session) bare() bool {
	view, err := s.view()
	return err == nil && view.Bare
}

// setLevel says which log messages the client wants, of all servers.
func (s *Session) setLevel(c *call) {
	level := c.member("level")
	if !pool.IsLevel(level) {
		s.send(jsonrpc.NewError(c.id, jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "unknown level %q", level)))
		return
	}
	s.mu.Lock()
	s.client.level, s.client.meta = level, nil
	used := make([]*pool.Instance, 0, len(s.used))
	for i := range s.used {
		used = append(used, i)
	}
	s.mu.Unlock()
	for _, i := range used {
		i.SetLevel(s, level)
	}
	s.send(jsonrpc.NewResult(c.id, []byte("{}")))
}

package session

import (
	"context"
	"slices"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/daemon/internal/hub"
)

// listening is an open subscriptions/listen of a modern client (2026-07-28).
type listening struct {
	id    []byte // raw: the subscription's name
	kinds [catalog.Kinds]bool
	uris  []string
	tasks map[string]bool
}

func (l *listening) wants(uri string) bool {
	for _, wanted := range l.uris {
		if len(uri) >= len(wanted) && uri[:len(wanted)] == wanted {
			return true
		}
	}
	return false
}

// filters are the members of a filter that ask for changed lists.
var filters = []struct {
	member, method string
	kinds          []catalog.Kind
}{
	{"toolsListChanged", mcp.ToolsListChanged, []catalog.Kind{catalog.Tools}},
	{"promptsListChanged", mcp.PromptsListChanged, []catalog.Kind{catalog.Prompts}},
	{"resourcesListChanged", mcp.ResourcesListChanged, []catalog.Kind{catalog.Resources, catalog.Templates}},
}

// listen opens a subscription. It stays open until the client cancels it.
func (s *Session) listen(ctx context.Context, c *call, view *hub.View) {
	l := &listening{id: c.id}
	s.mu.Lock()
	_, twice := s.listens[string(c.id)]
	if !twice {
		s.listens[string(c.id)] = l
	}
	s.mu.Unlock()
	if twice {
		s.send(jsonrpc.NewError(c.id, jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "a request with id %s is in flight already", c.id)))
		return
	}
	if _, uris := jsonrpc.Find(c.params, jsonrpc.Span{End: len(c.params)}, "notifications", "resourceSubscriptions"); !uris || len(view.Unlearnt) == 0 {
		s.grant(l, c, view)
		return
	}
	// Whose the resources are is known when the servers have been learnt.
	s.afterLearning(ctx, view, 0, func(now *hub.View) { s.grant(l, c, now) })
}

// grant says what of a subscription can be had, and begins it.
func (s *Session) grant(l *listening, c *call, view *hub.View) {
	filter, _ := jsonrpc.Find(c.params, jsonrpc.Span{End: len(c.params)}, "notifications")
	f := listening{tasks: map[string]bool{}}
	var granted []byte
	grant := func(name string, raw []byte) {
		if granted != nil {
			granted = append(granted, ',')
		}
		granted = append(append(append(granted, jsonrpc.Quote(name)...), ':'), raw...)
	}
	jsonrpc.Members(c.params, filter, func(name string, value jsonrpc.Span) bool {
		raw := value.Of(c.params)
		for _, one := range filters {
			if one.member == name && string(raw) == "true" {
				for _, k := range one.kinds {
					f.kinds[k] = true
				}
				grant(name, raw)
			}
		}
		switch name {
		case "resourceSubscriptions":
			known := []byte("[")
			jsonrpc.Elements(c.params, value, func(item jsonrpc.Span) bool {
				uri := text(c.params, item)
				if _, ok := s.owner(view, uri); ok {
					if len(f.uris) > 0 {
						known = append(known, ',')
					}
					known = append(known, item.Of(c.params)...)
					f.uris = append(f.uris, uri)
				}
				return true
			})
			if len(f.uris) > 0 {
				grant(name, append(known, ']'))
			}
		case "taskIds":
			jsonrpc.Elements(c.params, value, func(item jsonrpc.Span) bool {
				f.tasks[text(c.params, item)] = true
				return true
			})
			grant(name, raw)
		}
		return true
	})
	s.mu.Lock()
	wanted := s.listens[string(c.id)] == l
	if wanted {
		l.kinds, l.uris, l.tasks = f.kinds, f.uris, f.tasks
	}
	if granted == nil {
		delete(s.listens, string(c.id))
	}
	s.mu.Unlock()
	if !wanted {
		return // cancelled meanwhile
	}
	meta := []byte(`{"_meta":{"` + mcp.MetaSubscriptionID + `":` + string(c.id) + `},"notifications":{` + string(granted) + `}}`)
	s.send(jsonrpc.NewNotification(mcp.Acknowledged, meta))
	if granted == nil { // there is nothing to wait for
		s.send(jsonrpc.NewResult(c.id, []byte(`{"resultType":"`+mcp.ResultComplete+`","_meta":{"`+mcp.MetaSubscriptionID+`":`+string(c.id)+`}}`)))
		return
	}
	for _, uri := range f.uris {
		s.follow(view, uri, c.asker)
	}
}

// unlisten ends a subscription, with what it followed.
func (s *Session) unlisten(l *listening) {
	for _, uri := range l.uris {
		s.mu.Lock()
		still := false
		for _, other := range s.listens {
			still = still || slices.Contains(other.uris, uri)
		}
		s.mu.Unlock()
		if !still {
			s.unfollow(uri)
		}
	}
}

// onListens sends a notification on each subscription that wants it, under its
// name.
func (s *Session) onListens(frame []byte, m jsonrpc.Message, wants func(*listening) bool) {
	s.mu.Lock()
	var ids [][]byte
	for _, l := range s.listens {
		if wants(l) {
			ids = append(ids, l.id)
		}
	}
	s.mu.Unlock()
	for _, id := range ids {
		s.sendEdited(nil, frame, subscribed(frame, m, id))
	}
}

// subscribed puts the name of a subscription into a notification, in the place
// of the server's own where it has one.
func subscribed(frame []byte, m jsonrpc.Message, id []byte) []jsonrpc.Edit {
	if !m.Params.Present() || frame[m.Params.Start] != '{' {
		return nil
	}
	if theirs, ok := jsonrpc.Find(frame, m.Params, "_meta", mcp.MetaSubscriptionID); ok {
		return []jsonrpc.Edit{{Span: theirs, With: id}}
	}
	named := append([]byte(`"`+mcp.MetaSubscriptionID+`":`), id...)
	if meta, ok := jsonrpc.Find(frame, m.Params, "_meta"); ok && frame[meta.Start] == '{' {
		return []jsonrpc.Edit{insert(frame, meta, named)}
	}
	return []jsonrpc.Edit{insert(frame, m.Params, append(append([]byte(`"_meta":{`), named...), '}'))}
}

// listsChanged tells the client which lists are not what they were.
func (s *Session) listsChanged(changed [catalog.Kinds]bool) {
	s.mu.Lock()
	ready := s.ready
	s.mu.Unlock()
	for _, f := range filters {
		if !slices.ContainsFunc(f.kinds, func(k catalog.Kind) bool { return changed[k] }) {
			continue
		}
		if ready {
			s.send(jsonrpc.NewNotification(f.method, nil))
			continue
		}
		frame := jsonrpc.NewNotification(f.method, []byte("{}"))
		m, err := jsonrpc.Scan(frame)
		if err != nil {
			continue // of our own making
		}
		s.onListens(frame, m, func(l *listening) bool { return l.kinds[f.kinds[0]] })
	}
}

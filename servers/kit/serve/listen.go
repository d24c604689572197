package serve

import (
	"encoding/json"
	"maps"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/mark3labs/mcp-go/mcp"
)

// listening is an open subscriptions/listen (2026-07-28, "Subscriptions").
// mcp-go knows of one for a session and does not say in a notification which it
// is for, so both is done here.
type listening struct {
	id     json.RawMessage // as the client wrote it
	filter mcp.SubscriptionFilter
	open   bool // acknowledged: nothing comes before that
}

// listen notes a subscription until the returned function is called.
func (s *session) listen(id []byte, frame []byte, params jsonrpc.Span) (end func()) {
	l := &listening{id: id}
	if raw, ok := jsonrpc.Find(frame, params, "notifications"); ok {
		json.Unmarshal(raw.Of(frame), &l.filter) // mcp-go refuses what is no filter
	}
	s.update(func() { s.listens[l] = true })
	return func() { s.update(func() { delete(s.listens, l) }) }
}

// SetSubscriptionFilter is called by mcp-go when a subscription begins and when
// it ends. What is open is known better here.
func (s *session) SetSubscriptionFilter(mcp.SubscriptionFilter) {}

// SubscriptionFilter is what any open subscription wants.
func (s *session) SubscriptionFilter() (all mcp.SubscriptionFilter, active bool) {
	s.update(func() {
		for l := range s.listens {
			all.ToolsListChanged = all.ToolsListChanged || l.filter.ToolsListChanged
			all.PromptsListChanged = all.PromptsListChanged || l.filter.PromptsListChanged
			all.ResourcesListChanged = all.ResourcesListChanged || l.filter.ResourcesListChanged
		}
	})
	return all, !all.IsEmpty()
}

// addressed are the notifications that are sent in the place of n: where there
// are subscriptions, a changed list is announced on each that wants it.
func (s *session) addressed(n mcp.JSONRPCNotification) (all []mcp.JSONRPCNotification) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wants := map[string]func(mcp.SubscriptionFilter) bool{
		mcp.MethodNotificationToolsListChanged:     func(f mcp.SubscriptionFilter) bool { return f.ToolsListChanged },
		mcp.MethodNotificationPromptsListChanged:   func(f mcp.SubscriptionFilter) bool { return f.PromptsListChanged },
		mcp.MethodNotificationResourcesListChanged: func(f mcp.SubscriptionFilter) bool { return f.ResourcesListChanged },
	}[n.Method]
	switch {
	case n.Method == mcp.MethodNotificationSubscriptionsAcknowledged:
		id, _ := json.Marshal(n.Params.Meta[mcp.MetaKeySubscriptionID]) // was JSON
		for l := range s.listens {
			l.open = l.open || string(l.id) == string(id)
		}
	case wants != nil && len(s.listens) > 0:
		for l := range s.listens {
			if l.open && wants(l.filter) {
				named := n
				named.Params.Meta = maps.Clone(n.Params.Meta)
				if named.Params.Meta == nil {
					named.Params.Meta = map[string]any{}
				}
				named.Params.Meta[mcp.MetaKeySubscriptionID] = l.id
				all = append(all, named)
			}
		}
		return all
	}
	return []mcp.JSONRPCNotification{n}
}

package hub

import (
	"maps"

	"github.com/loom-core/loom/registry"
)

// Scope is what the sessions in one project's folder have in place of the
// user's registry alone. The zero Scope is that registry alone.
type Scope struct {
	Registry *registry.Registry // the user's with the project's servers; nil: without them
	Note     string             // what those sessions are told of the project; empty: nothing
}

// Scope is that of the sessions in a project; no project is the zero Scope.
func (h *Hub) Scope(project string) Scope {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.scopes[project]
}

// In is the registry that serves the sessions in a project. It must not be
// changed.
func (h *Hub) In(project string) *registry.Registry {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.in(project).registry
}

// in is what the views of a project are made from.
func (h *Hub) in(project string) builder {
	b := h.builder
	if project == "" {
		return b
	}
	scope := h.scopes[project]
	b.note = scope.Note
	if scope.Registry != nil {
		b.registry = scope.Registry
	}
	return b
}

// SetScope swaps what the sessions of one project see, and tells the watchers.
func (h *Hub) SetScope(project string, s Scope) {
	h.mu.Lock()
	next := maps.Clone(h.scopes)
	if next == nil {
		next = map[string]Scope{}
	}
	next[project] = s
	h.scopes = next
	h.views = map[string]func() *View{}
	h.mu.Unlock()
	h.Changed()
}

// viewKey tells the views of two projects apart, and those of a project that
// changes nothing not from the user's own; and the views of clients that have other
// servers than the rest, for which client is empty.
func (h *Hub) viewKey(project, client string, p registry.Profile) string {
	key := p.Name
	if client != "" {
		key = client + "\x00\x00\x00" + key
	}
	if project == "" || h.scopes[project] == (Scope{}) {
		return key
	}
	return project + "\x00\x00" + key
}

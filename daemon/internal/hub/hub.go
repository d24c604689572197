// Package hub says what clients see: it joins the definitions of the catalog
// under one set of names, by registry and profile, and finds the server that a
// name stands for. It starts no process and reads no socket.
package hub

import (
	"sync"

	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/registry"
)

// Hub is safe for concurrent use.
type Hub struct {
	catalog *catalog.Catalog
	own     []catalog.Tool // Loom's own tools

	mu       sync.Mutex
	registry *registry.Registry
	views    map[string]*View // by profile, of the registry and of the catalog at that version
	version  int64
	watchers map[int]func()
	next     int
}

// New serves reg from cat. own are the tools that loomd itself answers.
func New(reg *registry.Registry, cat *catalog.Catalog, own []catalog.Tool) *Hub {
	return &Hub{catalog: cat, own: own, registry: reg, views: map[string]*View{}, watchers: map[int]func(){}}
}

// Registry returns the registry that serves now. It must not be changed.
func (h *Hub) Registry() *registry.Registry {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.registry
}

// Viewer says who looks. All fields may be empty.
type Viewer struct {
	Client  string // as given by --client
	Profile string // as given by --profile
	Server  string // as given by --server: that one alone, under its own names
}

// View returns what the viewer sees now. The error is that of a profile or
// server which the registry does not know: such a session sees nothing.
func (h *Hub) View(who Viewer) (*View, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p, err := h.registry.ProfileFor(who.Client, who.Profile)
	if err != nil {
		return nil, err
	}
	// Not only when Changed says so: whoever waited for a server to be learnt looks
	// as soon as the catalog has it, and that may be before.
	if now := h.catalog.Version(); now != h.version {
		h.views, h.version = map[string]*View{}, now
	}
	v := h.views[p.Name]
	if v == nil {
		v = newView(h.registry, p, h.catalog, h.own)
		h.views[p.Name] = v
	}
	return v, nil
}

// SetRegistry swaps the registry and tells the watchers.
func (h *Hub) SetRegistry(reg *registry.Registry) {
	h.mu.Lock()
	h.registry = reg
	h.mu.Unlock()
	h.Changed()
}

// Changed forgets the views and tells the watchers: the registry or the
// catalog is no longer what the views were made from.
func (h *Hub) Changed() {
	h.mu.Lock()
	h.views = map[string]*View{}
	calls := make([]func(), 0, len(h.watchers))
	for _, f := range h.watchers {
		calls = append(calls, f)
	}
	h.mu.Unlock()
	for _, f := range calls {
		f()
	}
}

// Watch calls f after each change until the returned function is called. f
// must not block.
func (h *Hub) Watch(f func()) (stop func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	id := h.next
	h.next++
	h.watchers[id] = f
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.watchers, id)
	}
}

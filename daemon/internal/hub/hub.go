// Package hub says what clients see: it joins the definitions of the catalog
// under one set of names, by registry and profile, and finds the server that a
// name stands for. It starts no process and reads no socket.
package hub

import (
	"fmt"
	"strings"
	"sync"

	"github.com/loom-core/loom/core/version"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/registry/pin"
)

// Hub is safe for concurrent use.
type Hub struct {
	mu       sync.Mutex
	builder  builder                 // of the views
	scopes   map[string]Scope        // by the folder of a project; never changed once set
	views    map[string]func() *View // by project, client and profile; each is made once, by the first who looks
	version  int64                   // of the catalog that they are made of
	watchers map[int]func()
	next     int
}

// New serves reg from cat. own are the tools that loomd itself answers, search
// those that profiles which search have as well.
func New(reg *registry.Registry, cat *catalog.Catalog, own, search []catalog.Tool) *Hub {
	b := builder{registry: reg, catalog: cat, own: own, search: search, pins: &pin.Pins{}, version: version.String()}
	return &Hub{builder: b, views: map[string]func() *View{}, watchers: map[int]func(){}}
}

// Registry returns the registry that serves now. It must not be changed.
func (h *Hub) Registry() *registry.Registry {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.builder.registry
}

// Viewer says who looks. All fields may be empty.
type Viewer struct {
	Client  string // as given by --client
	Profile string // as given by --profile
	Server  string // as given by --server: that one alone, under its own names
	Project string // folder of the project that the session is in
}

// View returns what the viewer sees now. The error is that of a profile or
// server which the registry does not know, or of a server that the profile does
// not have: such a session sees nothing.
func (h *Hub) View(who Viewer) (*View, error) {
	view, err := h.find(who)
	if err != nil {
		return nil, err
	}
	return view(), nil // made outside of the lock: hundreds of tools take milliseconds
}

func (h *Hub) find(who Viewer) (func() *View, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b := h.in(who.Project)
	p, err := profileOf(b.registry, who)
	if err != nil {
		return nil, err
	}
	// Not only when Changed says so: whoever waited for a server to be learnt looks
	// as soon as the catalog has it, and that may be before.
	if now := h.builder.catalog.Version(); now != h.version {
		h.views, h.version = map[string]func() *View{}, now
	}
	if b.registry.HasTargets(who.Client) {
		b.client = who.Client
	}
	key := h.viewKey(who.Project, b.client, p)
	view := h.views[key]
	if view == nil {
		view = b.lazily(p)
		h.views[key] = view
	}
	return view, nil
}

// lazily makes the view of a profile when it is first looked at.
func (b builder) lazily(p registry.Profile) func() *View {
	return sync.OnceValue(func() *View { return b.view(p) })
}

func profileOf(reg *registry.Registry, who Viewer) (registry.Profile, error) {
	p, err := reg.ProfileFor(who.Client, who.Profile)
	if err != nil || who.Server == "" {
		return p, err
	}
	s, ok := reg.Server(registry.ServerName(who.Server))
	if !ok {
		best, hint := -1, ""
		for _, s := range reg.Servers {
			if d := distance(who.Server, string(s.Name)); isNear(who.Server, d) && (best < 0 || d < best) {
				best, hint = d, fmt.Sprintf("; did you mean %s?", s.Name)
			}
		}
		return p, fmt.Errorf("unknown server %q%s", who.Server, hint)
	}
	if !p.Allows(s) {
		return p, fmt.Errorf("profile %s does not have server %s", shortName(p), s.Name)
	}
	return p.BareServer(s.Name), nil
}

// shortName is the profile's name in the registry. What stands behind the NUL
// byte tells apart those that were narrowed.
func shortName(p registry.Profile) string {
	name, _, _ := strings.Cut(p.Name, "\x00")
	return name
}

// SetPins swaps the approved definitions. Nobody is told: a registry that comes
// with them does that.
func (h *Hub) SetPins(pins *pin.Pins) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.builder.pins = pins
	h.views = map[string]func() *View{}
}

// SetRegistry swaps the registry, with what projects make of it, and tells the
// watchers. scopes must not be changed any more.
func (h *Hub) SetRegistry(reg *registry.Registry, scopes map[string]Scope) {
	h.mu.Lock()
	h.builder.registry, h.scopes = reg, scopes
	h.views = map[string]func() *View{}
	h.mu.Unlock()
	h.Changed()
}

// Changed forgets the views and tells the watchers: the registry or the
// catalog is no longer what the views were made from.
func (h *Hub) Changed() {
	h.mu.Lock()
	h.views = map[string]func() *View{}
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

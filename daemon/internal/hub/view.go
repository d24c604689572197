package hub

import (
	"maps"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/version"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/registry"
)

// View is what one profile sees. It is never changed.
type View struct {
	Profile   string
	Tools     []Exposed         // servers by name, each server's tools in its own order; in a profile that searches also those that are not listed
	ToolsList []byte            // the result of tools/list in the legacy era
	Map       []byte            // loomrpc.ToolMap
	Tag       string            // changes when what clients see changes
	Bare      bool              // one server, under its own names
	Unlearnt  []registry.Server // allowed servers without any definitions

	servers   map[string]registry.Server
	tools     namespace
	prompts   namespace
	resources resources
	lists     [catalog.Kinds]list
	extra     capabilities        // of the servers, over what Loom has anyway
	joined    string              // the instructions of all, in short
	own       map[string]resource // by URI: what Loom itself keeps of the view
	mirror    *mirror             // of a bare view: the server
	changed   []string
}

// Find looks a call up: by route when the proxy knew it, by name otherwise.
func (v *View) Find(c loomrpc.Call) (Exposed, error) {
	if c.Server != "" {
		return v.tools.route(loomrpc.Route{Server: c.Server, Tool: c.Tool})
	}
	return v.tools.find(c.Tool)
}

// FindPrompt looks a prompt up by the name that clients see.
func (v *View) FindPrompt(name string) (loomrpc.Route, error) {
	e, err := v.prompts.find(name)
	return e.Route, err
}

// Server returns the entry of a server that the view shows.
func (v *View) Server(name string) (registry.Server, bool) {
	s, ok := v.servers[name]
	return s, ok
}

// ByID returns the entry of a server that the view shows, by its id: another
// one of the same name is not it.
func (v *View) ByID(id string) (registry.Server, bool) {
	s, ok := v.servers[string(registry.NameOf(id))]
	return s, ok && s.ID() == id
}

// Servers returns the servers in the view, by name.
func (v *View) Servers() []registry.Server {
	return slices.SortedFunc(maps.Values(v.servers), func(a, b registry.Server) int { return strings.Compare(string(a.Name), string(b.Name)) })
}

// Only is the server of a view that has just one.
func (v *View) Only() (registry.Server, bool) {
	if len(v.servers) != 1 {
		return registry.Server{}, false
	}
	return v.Servers()[0], true
}

// Changed says which tools are not as they were when their server was pinned,
// one sentence each, whether they are held back or not.
func (v *View) Changed() []string { return v.changed }

// NoView allows nothing.
var NoView = (&builder{version: version.String()}).view(registry.Profile{})

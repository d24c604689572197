package hub

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/toolname"
	"github.com/loom-core/loom/daemon/internal/catalog"
)

// namespace is the exposed names of one kind. A tool and a prompt may have the
// same one.
type namespace struct {
	kind    string // "tool" or "prompt"
	bare    bool   // names are the servers' own
	all     []Exposed
	folded  map[string]bool // names in lower case: some clients fold them
	byName  map[string]int  // index into all
	byRoute map[loomrpc.Route]int
	hidden  map[loomrpc.Route]hidden
	shown   map[string]loomrpc.Route // exposed name that something hidden would have
	given   map[loomrpc.Route]given  // what the registry calls some of them

	collisions []string // names that the registry gives and that are not used, one sentence each
}

// hidden says why something that exists is not in the view.
type hidden struct {
	why string // empty: it is disabled
	off string // what mends it
}

func newNamespace(kind string, bare bool) namespace {
	return namespace{
		kind: kind, bare: bare, folded: map[string]bool{}, byName: map[string]int{}, byRoute: map[loomrpc.Route]int{},
		hidden: map[loomrpc.Route]hidden{}, shown: map[string]loomrpc.Route{}, given: map[loomrpc.Route]given{},
	}
}

func (n *namespace) name(route loomrpc.Route) string {
	own := cmp.Or(n.given[route].alias, route.Tool)
	if n.bare {
		return own
	}
	return toolname.Expose(route.Server, own)
}

// fold is what a name is told apart by. A server's own names are its own affair.
func (n *namespace) fold(name string) string {
	if n.bare {
		return name
	}
	return strings.ToLower(name)
}

func (n *namespace) add(server string, t catalog.Tool, reads bool) {
	route := loomrpc.Route{Server: server, Tool: t.Name}
	name := n.name(route)
	if n.folded[n.fold(name)] {
		name = toolname.Hashed(name, server, t.Name)
	}
	if _, twice := n.byRoute[route]; twice || n.folded[n.fold(name)] {
		return // the server lists one name twice: it could not tell them apart either
	}
	n.folded[n.fold(name)] = true
	n.byName[name], n.byRoute[route] = len(n.all), len(n.all)
	e := expose(server, t, name, n.given[route].description)
	e.Reads = reads
	n.all = append(n.all, e)
}

func (n *namespace) hide(server, own string, why hidden) {
	route := loomrpc.Route{Server: server, Tool: own}
	n.hidden[route], n.shown[n.name(route)] = why, route
}

func (n *namespace) hideAll(server string, defs []catalog.Tool, why hidden) {
	for _, d := range defs {
		n.hide(server, d.Name, why)
	}
}

// route finds what a server calls so. The proxy's map may have been of an
// earlier registry: then it is said what became of the name.
func (n *namespace) route(r loomrpc.Route) (Exposed, error) {
	if i, ok := n.byRoute[r]; ok {
		return n.all[i], nil
	}
	if why, ok := n.hidden[r]; ok {
		return Exposed{}, &NotFoundError{Kind: n.kind, Name: n.name(r), Why: why.why, Off: why.off}
	}
	return n.find(n.name(r))
}

// find finds what clients see under that name.
func (n *namespace) find(name string) (Exposed, error) {
	if i, ok := n.byName[name]; ok {
		return n.all[i], nil
	}
	if r, ok := n.shown[name]; ok {
		return Exposed{}, &NotFoundError{Kind: n.kind, Name: name, Why: n.hidden[r].why, Off: n.hidden[r].off}
	}
	return Exposed{}, &NotFoundError{Kind: n.kind, Name: name, Nearest: n.nearest(name)}
}

// NotFoundError is a tool or prompt that is not in the view.
type NotFoundError struct {
	Kind    string // "tool" or "prompt"
	Name    string
	Why     string   // what hides it, as the end of a sentence that begins with its name; empty with Off: it is disabled
	Off     string   // set when it exists and is hidden: what mends that, mostly a command
	Nearest []string // names that are like it
}

func (e *NotFoundError) Error() string {
	switch {
	case e.Off != "" && e.Why != "":
		return fmt.Sprintf("%s %s %s", e.Kind, e.Name, e.Why)
	case e.Off != "":
		return fmt.Sprintf("%s %s is disabled", e.Kind, e.Name)
	case len(e.Nearest) > 0:
		return fmt.Sprintf("unknown %s %s; did you mean %s?", e.Kind, e.Name, strings.Join(e.Nearest, " or "))
	}
	return fmt.Sprintf("unknown %s %s", e.Kind, e.Name)
}

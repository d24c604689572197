package hub

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/registry"
)

// Exposed is one tool as clients see it.
type Exposed struct {
	Name  string
	Route loomrpc.Route
	Raw   []byte // the server's definition with the exposed name in it
}

// View is what one profile sees. It is never changed.
type View struct {
	Profile   string
	Tools     []Exposed         // servers by name, each server's tools in its own order
	ToolsList []byte            // the result of tools/list
	Map       []byte            // loomrpc.ToolMap
	Tag       string            // changes when what clients see changes
	Bare      bool              // one server, under its own names
	Unlearnt  []registry.Server // allowed servers without any definitions
	servers   map[string]registry.Server
	byName    map[string]int // index into Tools
	byRoute   map[loomrpc.Route]int
	off       map[string]string // exposed name of a tool that is off -> how to turn it on
}

// NotFoundError is a call of a tool that is not in the view.
type NotFoundError struct {
	Name    string
	Off     string   // set when the tool exists and is off: the command that turns it on
	Nearest []string // names that are like it
}

func (e *NotFoundError) Error() string {
	switch {
	case e.Off != "":
		return fmt.Sprintf("tool %s is disabled", e.Name)
	case len(e.Nearest) > 0:
		return fmt.Sprintf("unknown tool %s; did you mean %s?", e.Name, strings.Join(e.Nearest, " or "))
	}
	return fmt.Sprintf("unknown tool %s", e.Name)
}

// Find looks a call up: by route when the proxy knew it, by name otherwise.
func (v *View) Find(c loomrpc.Call) (Exposed, error) {
	if c.Server != "" {
		if i, ok := v.byRoute[loomrpc.Route{Server: c.Server, Tool: c.Tool}]; ok {
			return v.Tools[i], nil
		}
		// The proxy's map was of an earlier registry: say what became of the name.
		c.Tool = Expose(c.Server, c.Tool)
	}
	if i, ok := v.byName[c.Tool]; ok {
		return v.Tools[i], nil
	}
	if how, ok := v.off[c.Tool]; ok {
		return Exposed{}, &NotFoundError{Name: c.Tool, Off: how}
	}
	return Exposed{}, &NotFoundError{Name: c.Tool, Nearest: v.nearest(c.Tool)}
}

// Server returns the entry of a server that the view shows.
func (v *View) Server(name string) (registry.Server, bool) {
	s, ok := v.servers[name]
	return s, ok
}

// Servers returns the names and descriptions of the servers in the view.
func (v *View) Servers() []registry.Server {
	return slices.SortedFunc(maps.Values(v.servers), func(a, b registry.Server) int { return strings.Compare(string(a.Name), string(b.Name)) })
}

func newView(reg *registry.Registry, profile registry.Profile, cat *catalog.Catalog, own []catalog.Tool) *View {
	v := &View{Profile: profile.Name, servers: map[string]registry.Server{}, byName: map[string]int{}, byRoute: map[loomrpc.Route]int{}, off: map[string]string{}}
	folded := map[string]bool{} // names in lower case: some clients fold them
	for _, s := range reg.Servers {
		if !profile.Allows(s) {
			continue
		}
		entry, known := cat.Get(string(s.Name))
		if !s.Enabled {
			if known {
				for _, t := range entry.Tools {
					v.off[Expose(string(s.Name), t.Name)] = fmt.Sprintf("loom enable %s", s.Name)
				}
			}
			continue
		}
		v.servers[string(s.Name)] = s
		if !known {
			v.Unlearnt = append(v.Unlearnt, s)
			continue
		}
		for _, t := range entry.Tools {
			if !s.ToolEnabled(t.Name) {
				v.off[Expose(string(s.Name), t.Name)] = fmt.Sprintf("it is turned off under servers.%s.tools in %s", s.Name, reg.Path)
				continue
			}
			v.add(folded, string(s.Name), t)
		}
	}
	for _, t := range own {
		v.add(folded, loomrpc.ServerPrefix, t)
	}
	v.finish()
	return v
}

func (v *View) add(folded map[string]bool, server string, t catalog.Tool) {
	name := Expose(server, t.Name)
	if folded[strings.ToLower(name)] {
		name = hashed(name, server, t.Name)
	}
	route := loomrpc.Route{Server: server, Tool: t.Name}
	if _, twice := v.byRoute[route]; twice || folded[strings.ToLower(name)] {
		return // the server lists one name twice: it could not tell them apart either
	}
	folded[strings.ToLower(name)] = true
	v.byName[name], v.byRoute[route] = len(v.Tools), len(v.Tools)
	v.Tools = append(v.Tools, Exposed{Name: name, Route: route, Raw: rename(t.Raw, name)})
}

// rename puts the exposed name into a definition and leaves the rest.
func rename(raw []byte, name string) []byte {
	span, ok := jsonrpc.Find(raw, jsonrpc.Span{End: len(raw)}, "name")
	if !ok {
		return raw
	}
	return jsonrpc.Splice(make([]byte, 0, len(raw)+len(name)), raw, jsonrpc.Edit{Span: span, With: jsonrpc.Quote(name)})
}

func (v *View) finish() {
	list := []byte(`{"tools":[`)
	routes := loomrpc.ToolMap{Tools: make(map[string]loomrpc.Route, len(v.Tools))}
	for i, t := range v.Tools {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, t.Raw...)
		routes.Tools[t.Name] = t.Route
	}
	v.ToolsList = append(list, "]}"...)
	v.Map, _ = json.Marshal(routes) // strings only
	sum := sha256.Sum256(v.ToolsList)
	v.Tag = hex.EncodeToString(sum[:8])
}

// nearest returns up to three names that resemble name: the same tool of
// another server first, then few edits.
func (v *View) nearest(name string) []string {
	type scored struct {
		name  string
		score int
	}
	var all []scored
	_, tool, _ := strings.Cut(name, separator)
	for _, t := range v.Tools {
		d := distance(name, t.Name)
		if t.Route.Tool == name || tool != "" && t.Route.Tool == tool {
			d = 0
		}
		if d <= 2+len(name)/6 {
			all = append(all, scored{t.Name, d})
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].score < all[j].score })
	var out []string
	for _, s := range all[:min(3, len(all))] {
		out = append(out, s.name)
	}
	return out
}

// distance is the Levenshtein distance of a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// NoView allows nothing.
var NoView = func() *View {
	v := &View{}
	v.finish()
	return v
}()

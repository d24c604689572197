package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/proxy/internal/snippet"
	"github.com/loom-core/loom/registry"
)

// Options are what an inventory is compared with.
type Options struct {
	Registry *registry.Registry
	Project  bool                                            // the entries go into a project's file, where the names of shipped servers are not free
	Env      func(name string) (value string, ok bool)       // of this shell
	Secret   func(name string) (value secret.Value, ok bool) // of the keyring
}

// Plan is what would have to be done.
type Plan struct {
	Servers []Server
	Left    []Left
}

// Server is an entry of the registry for what clients have.
type Server struct {
	Name    registry.ServerName
	New     registry.New // what is to be added; nothing if Known
	Known   bool         // the registry has it, as it is
	Reason  string       // of its share
	Items   []Item       // what it stands for, in the order of the clients
	Secrets []Secret
	Lost    []string // keys that mean nothing to Loom, sorted

	variants []variant
}

// variant is what one client has.
type variant struct {
	item  Item
	entry entry
}

// Secret is a value that belongs into the keyring.
type Secret struct {
	Name   string
	For    string // the variable or header
	Value  secret.Value
	There  bool // the keyring has it
	Places []Place
}

// Place is where a secret stands in plaintext.
type Place struct {
	Path string
	Line int
}

func (p Place) String() string { return fmt.Sprintf("%s:%d", p.Path, p.Line) }

// Left is a server that stays with its client.
type Left struct {
	Item  Item
	Why   string
	Plain []string // variables and headers whose values are secrets in plaintext
}

// Gather makes a plan of what clients have. Loom's own entries are no part of it.
func Gather(files []*File, opts Options) Plan {
	g := gatherer{Options: opts}
	for _, f := range files {
		for _, i := range f.Items {
			if i.isLoom() {
				continue
			}
			e, err := read(i, opts.Env)
			if err != nil {
				g.plan.Left = append(g.plan.Left, Left{i, err.Error(), plain(i)})
				continue
			}
			g.add(variant{i, e})
		}
	}
	for n := range g.plan.Servers {
		g.finish(&g.plan.Servers[n])
	}
	return g.plan
}

// isLoom reports an entry that starts loom proxy.
func (i Item) isLoom() bool {
	line := append([]string{i.Found.Command}, i.Found.Args...)
	at := slices.IndexFunc(line, func(word string) bool { return word == "loom" || strings.HasSuffix(word, "/loom") })
	return at >= 0 && at+1 < len(line) && (line[at+1] == "proxy" || line[at+1] == "run")
}

type gatherer struct {
	Options
	plan Plan
}

// add finds the server that a variant is one of. Two entries of one name in two
// clients are one server. So are two of different names that say the same; two that
// differ in their variables alone are not, like two instances of a forge.
func (g *gatherer) add(v variant) {
	name := serverName(v.item.Name)
	same := slices.IndexFunc(g.plan.Servers, func(s Server) bool { return s.variants[0].entry.equal(v.entry) })
	if same < 0 {
		same = slices.IndexFunc(g.plan.Servers, func(s Server) bool {
			if _, there := g.there(name); there || !v.entry.mergeable(s.variants[0].entry) {
				return false // the registry's entry stays as it is
			}
			return s.Name == name && !slices.ContainsFunc(s.variants, func(o variant) bool { return o.item.File.Target.ID == v.item.File.Target.ID })
		})
	}
	if same < 0 {
		g.plan.Servers = append(g.plan.Servers, Server{Name: g.free(name, v), variants: []variant{v}})
		return
	}
	g.plan.Servers[same].variants = append(g.plan.Servers[same].variants, v)
}

// serverName is a name that the registry takes.
func serverName(text string) registry.ServerName {
	name := cmp.Or(snippet.Name(text), "server")
	if name == "loom" {
		name = "loom-server"
	}
	return registry.ServerName(name)
}

// free is the name, or one that begins like it, that no other server has. One that
// the registry has for the very same is not taken.
func (g *gatherer) free(name registry.ServerName, v variant) registry.ServerName {
	for n := 1; ; n++ {
		try := name
		if n > 1 {
			end := fmt.Sprintf("-%d", n)
			try = registry.ServerName(strings.TrimRight(string(name[:min(len(name), 20-len(end))]), "-") + end)
		}
		if slices.ContainsFunc(g.plan.Servers, func(s Server) bool { return s.Name == try }) || g.Project && isShipped(try) {
			continue
		}
		if there, ok := g.there(try); !ok || g.says(there, v.entry) {
			return try
		}
	}
}

func isShipped(name registry.ServerName) bool {
	return slices.ContainsFunc(registry.Shipped(), func(s registry.Server) bool { return s.Name == name })
}

// there is a server of the registry. A shipped one that nobody asked for is none.
func (g *gatherer) there(name registry.ServerName) (registry.Server, bool) {
	if g.Registry == nil {
		return registry.Server{}, false
	}
	s, ok := g.Registry.Server(name)
	return s, ok && (s.Enabled || !s.Pos.Shipped())
}

// says reports that a server of the registry is what a client has.
func (g *gatherer) says(s registry.Server, e entry) bool {
	return s.Command == e.Command && slices.Equal(s.Args, e.Args) && s.Dir == e.Dir && s.URL == e.URL &&
		g.sayVars(s.Env, e.Env) && g.sayVars(s.Headers, e.Headers)
}

func (g *gatherer) sayVars(have []registry.EnvVar, want []variable) bool {
	if len(have) != len(want) {
		return false
	}
	for _, w := range want {
		i := slices.IndexFunc(have, func(h registry.EnvVar) bool { return h.Name == w.name })
		if i < 0 {
			return false
		}
		if !w.isSecret {
			if have[i].Value != w.value {
				return false
			}
			continue
		}
		name, ok := strings.CutPrefix(have[i].Value, w.value+"${secret:")
		if name, found := strings.CutSuffix(name, "}"); ok && found {
			if now, ok := g.Secret(name); ok && now.Equal(w.secret) {
				continue
			}
		}
		return false
	}
	return true
}

func (e entry) equal(o entry) bool {
	return e.sameProgram(o) && sameVars(e.Env, o.Env) && sameVars(e.Headers, o.Headers)
}

func (e entry) sameProgram(o entry) bool {
	return e.Command == o.Command && slices.Equal(e.Args, o.Args) && e.Dir == o.Dir && e.URL == o.URL
}

func sameVars(a, b []variable) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(v variable) bool {
		return !slices.ContainsFunc(b, v.equal)
	})
}

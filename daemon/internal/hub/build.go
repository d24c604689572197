package hub

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/registry/pin"
)

// builder is what views are made from. All fields may be empty.
type builder struct {
	registry *registry.Registry
	catalog  *catalog.Catalog
	own      []catalog.Tool // Loom's own tools
	search   []catalog.Tool // those of a profile that searches
	pins     *pin.Pins      // not nil where there is a registry
	version  string         // of Loom
	note     string         // what sessions are told first; may be empty
	client   string         // whose view it is; empty for all that have the same servers as the rest
}

// learnt is a server that the view shows, and what is known of it.
type learnt struct {
	server registry.Server
	entry  *catalog.Entry
}

func (b *builder) view(profile registry.Profile) *View {
	v := &View{Profile: shortName(profile), Bare: profile.Bare, servers: map[string]registry.Server{}}
	v.tools, v.prompts = newNamespace("tool", profile.Bare), newNamespace("prompt", profile.Bare)
	known := b.choose(v, profile)
	rules := policy{profile: profile, pins: b.pins}
	if b.registry != nil {
		rules.registry = b.registry.Path
		rules.rules = b.registry.Policy
		for _, f := range b.registry.Files {
			if f.Layer == registry.LayerProject {
				rules.project = f.Path
			}
		}
	}
	for _, k := range known {
		server := string(k.server.Name)
		for _, t := range k.entry.Tools {
			why, changed := rules.hides(k.server, t)
			if why != nil {
				v.tools.hide(server, t.Name, *why)
			} else {
				v.tools.add(server, t, rules.reads(k.server, t))
			}
			if changed != "" {
				v.changed = append(v.changed, fmt.Sprintf("tool %s of %s: %s; loom pin --diff %s shows how", t.Name, server, changed, k.server.ID()))
			}
		}
		for _, p := range k.entry.Prompts {
			v.prompts.add(server, p, true)
		}
		v.resources.add(server, k.entry)
		v.extra.merge(k.entry.Capabilities)
	}
	if !profile.Bare {
		own := b.own
		if profile.Search {
			own = append(own[:len(own):len(own)], b.search...)
		}
		for _, t := range own {
			v.tools.add(loomrpc.ServerPrefix, t, true)
		}
	}
	v.instruct(known, profile, b.note)
	if profile.Bare && len(v.servers) == 1 && len(known) == 1 {
		v.mirror = newMirror(known[0].entry)
	}
	v.finish(profile, b.version)
	v.tag()
	return v
}

// choose puts the servers of the profile into v and returns those with
// definitions. They come by name, as the registry has them, the user's own
// before those of a project: what an earlier one has, like a resource, a later
// one cannot take.
func (b *builder) choose(v *View, profile registry.Profile) (known []learnt) {
	if b.registry == nil {
		return nil
	}
	for _, s := range b.registry.Servers {
		if !profile.Allows(s) || !s.IsFor(b.client) {
			continue
		}
		entry, ok := b.catalog.Get(s.ID())
		if !ok && !s.Enabled { // what others have under that name
			entry, ok = b.catalog.Get(registry.BaseOf(s.ID()))
		}
		if ok {
			v.tools.give(s, entry.Tools)
		}
		if !s.Enabled {
			if ok {
				off := b.off(s)
				v.tools.hideAll(string(s.Name), entry.Tools, off)
				v.prompts.hideAll(string(s.Name), entry.Prompts, off)
			}
			continue
		}
		v.servers[string(s.Name)] = s
		if !ok {
			v.Unlearnt = append(v.Unlearnt, s)
			continue
		}
		known = append(known, learnt{s, entry})
	}
	slices.SortStableFunc(known, func(a, b learnt) int {
		return cmp.Compare(min(1, len(a.server.Project)), min(1, len(b.server.Project)))
	})
	return known
}

// off is why a server is not on, and what mends that.
func (b *builder) off(s registry.Server) hidden {
	base, _ := b.registry.Server(s.Name)
	switch {
	case s.Denied != "":
		return hidden{why: "is not to be had: its server is " + s.Denied, off: forbidden}
	case s.Client != "" && base.Enabled:
		return hidden{why: "is not for " + s.Client, off: "its entry says so: " + s.Pos.String()}
	case s.Project != "":
		return hidden{off: "its entry says so: " + s.Pos.String()}
	}
	return hidden{off: fmt.Sprintf("loom enable %s", s.Name)}
}

// finish makes what is sent from what is in v.
func (v *View) finish(profile registry.Profile, version string) {
	v.Tools = v.tools.all
	routes := loomrpc.ToolMap{Tools: make(map[string]loomrpc.Route, len(v.Tools))}
	for _, t := range v.Tools {
		routes.Tools[t.Name] = t.Route
	}
	v.Map, _ = json.Marshal(routes) // strings only

	info := mcp.ServerInfo(version)
	if v.mirror != nil && v.mirror.info != nil {
		info = v.mirror.info
	}
	for k := range catalog.Kind(catalog.Kinds) {
		var defs [][]byte
		switch k {
		case catalog.Tools:
			defs = raws(v.Tools, func(t Exposed) bool { return !profile.Search || t.Route.Server == loomrpc.ServerPrefix })
		case catalog.Prompts:
			defs = raws(v.prompts.all, func(Exposed) bool { return true })
		case catalog.Resources:
			defs = v.resources.listed
		case catalog.Templates:
			defs = v.resources.templates
		}
		v.lists[k] = newList(k, defs, info)
	}
	v.ToolsList = v.lists[catalog.Tools].legacy
}

func raws(all []Exposed, listed func(Exposed) bool) (out [][]byte) {
	for _, e := range all {
		if listed(e) {
			out = append(out, e.Raw)
		}
	}
	return out
}

// tag sums up all that clients are told of the servers.
func (v *View) tag() {
	h := sha256.New()
	for _, l := range v.lists {
		h.Write([]byte(l.tag))
	}
	h.Write(v.Map)
	h.Write(v.Initialize("", ""))
	v.Tag = hex.EncodeToString(h.Sum(nil)[:8])
}

package registry

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// file is what a registry.yaml says, shipped entries merged, before defaults.
type file struct {
	defaults defaults
	servers  []entry
	profiles map[string]Profile
	clients  map[string]string
}

type defaults struct{ timeout, idleTimeout, learnWait time.Duration }

// file reads the document. Profiles and clients come last, whatever the order
// in the file, since they name what comes before them.
func (r *reader) file(root *yaml.Node) *file {
	f := &file{
		defaults: defaults{timeout: defaultTimeout, idleTimeout: defaultIdleTimeout, learnWait: defaultLearnWait},
		profiles: map[string]Profile{},
		clients:  map[string]string{},
	}
	values := map[string]*yaml.Node{}
	r.fields(root, "a registry", fileKeys, func(key string, v *yaml.Node) { values[key] = v })
	if v := values["version"]; v != nil {
		r.version(v)
	}
	if v := values["defaults"]; v != nil {
		r.defaults(v, &f.defaults)
	}
	if v := values["servers"]; v != nil {
		r.servers(v, f)
	}
	if v := values["profiles"]; v != nil {
		r.profiles(v, f)
	}
	if v := values["clients"]; v != nil {
		r.clients(v, f)
	}
	return f
}

// version is 1 and may be left out, as it is in a file that was just begun.
func (r *reader) version(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!int" && n.Value != "1" {
		r.problem(n, "", "version %s is not understood by this version of loom, which knows 1", n.Value)
		return
	}
	r.number(n, "version", 1, 1)
}

func (r *reader) defaults(n *yaml.Node, d *defaults) {
	targets := map[string]*time.Duration{"timeout": &d.timeout, "idle_timeout": &d.idleTimeout, "learn_wait": &d.learnWait}
	r.fields(n, "defaults", defaultsKeys, func(key string, v *yaml.Node) {
		if got, ok := r.duration(v, key, key != "timeout"); ok {
			*targets[key] = got
		}
	})
}

func (r *reader) servers(n *yaml.Node, f *file) {
	r.entries(n, "servers", func(key, v *yaml.Node) {
		r.serverName(key)
		e := r.entry(key, v)
		base, found := shipped()[e.name]
		switch {
		case e.shipped && !found:
			r.problem(key, "shipped are: "+strings.Join(shippedNames(), ", "), "no server %q is shipped with this version of loom", e.name)
		case e.shipped:
			e = e.over(base)
		case e.command == nil && v.Kind != yaml.AliasNode && (v.Kind == yaml.MappingNode || isNull(v)):
			hint := ""
			if found {
				hint = "write {from: shipped} for the one that comes with loom"
			}
			// With a url the missing command is no news.
			if !hasKey(v, "url") {
				r.problem(key, hint, "server %q has no command", e.name)
			}
		}
		f.servers = append(f.servers, e)
	})
}

func (r *reader) serverName(key *yaml.Node) {
	name := key.Value
	switch {
	case name == reservedName:
		r.problem(key, "choose another name", "the name %q is taken: loom's own tools have it", name)
	case len(name) > maxServerName:
		r.problem(key, "clients cut longer names", "the name %q has %d characters, at most %d are allowed", name, len(name), maxServerName)
	case !serverName.MatchString(name):
		hint := ""
		if better := strings.ReplaceAll(strings.ToLower(name), "_", "-"); serverName.MatchString(better) {
			hint = fmt.Sprintf("write %q", better)
		}
		r.problem(key, hint, "invalid name of a server %q: use a-z, 0-9 and -, not - first", name)
	}
}

func (r *reader) profiles(n *yaml.Node, f *file) {
	known := f.names()
	r.entries(n, "profiles", func(key, v *yaml.Node) {
		r.label(key, key.Value, "profile")
		p, chooses := Profile{Name: key.Value, Pos: r.pos(key)}, false
		before := len(r.problems)
		r.fields(v, "a profile", profileKeys, func(field string, v *yaml.Node) {
			chooses = true
			if field == "categories" {
				p.Categories = r.categories(v)
				return
			}
			r.list(v, field, func(n *yaml.Node, text string) {
				p.Servers = append(p.Servers, text)
				if err := checkGlob(text); err != nil {
					r.problem(n, "", "%v", err)
				} else if !isGlob(text) && !slices.Contains(known, text) {
					r.problem(n, didYouMean(text, known), "unknown server %q", text)
				}
			})
		})
		if !chooses && len(r.problems) == before && v.Kind != yaml.AliasNode {
			r.problem(key, `write {servers: ["*"]} for everything that is enabled`, "profile %q allows nothing", key.Value)
		}
		f.profiles[p.Name] = p
	})
}

// names are the servers that a profile can name. A shipped one that is off is
// known too: a profile stays valid when its owner removes the entry.
func (f *file) names() []string {
	names := shippedNames()
	for _, e := range f.servers {
		names = append(names, string(e.name))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (r *reader) clients(n *yaml.Node, f *file) {
	known := slices.Sorted(maps.Keys(f.profiles))
	if !slices.Contains(known, DefaultProfile) {
		known = append(known, DefaultProfile)
	}
	r.entries(n, "clients", func(key, v *yaml.Node) {
		r.label(key, key.Value, "client")
		if text, ok := r.scalar(v, "the profile of "+key.Value); ok {
			if !slices.Contains(known, text) {
				r.problem(v, didYouMean(text, known), "unknown profile %q", text)
			}
			f.clients[key.Value] = text
		}
	})
}

func hasKey(n *yaml.Node, key string) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return true
		}
	}
	return false
}

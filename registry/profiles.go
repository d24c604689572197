package registry

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

func (r *reader) profiles(n *yaml.Node, f *file) {
	known := f.names()
	r.entries(n, "profiles", func(key, v *yaml.Node) {
		r.label(key, key.Value, "profile")
		p, chooses := Profile{Name: key.Value, Pos: r.pos(key)}, false
		before := len(r.problems)
		at := map[string]*yaml.Node{}
		r.fields(v, "a profile", profileKeys, func(field string, v *yaml.Node) {
			at[field] = v
			switch field {
			case "servers":
				chooses, p.Servers = true, r.serverGlobs(v, known)
			case "categories":
				chooses, p.Categories = true, r.categories(v)
			case "allow":
				p.Allow = r.allow(v, known)
			case "deny":
				p.Deny = r.toolGlobs(v, field, known)
			case "read_only":
				p.ReadOnly, _ = r.boolean(v, field)
			case "tools":
				text, _ := r.word(v, field, "all", "search")
				p.Search = text == "search"
			case "names":
				text, _ := r.word(v, field, "prefixed", "bare")
				p.Bare = text == "bare"
			case "pinned":
				text, _ := r.word(v, field, "show", "enforce")
				p.Enforce = text == "enforce"
			}
		})
		if len(r.problems) == before && v.Kind != yaml.AliasNode {
			if !chooses {
				r.problem(key, `write {servers: ["*"]} for everything that is enabled`, "profile %q allows nothing", key.Value)
			} else if p.Bare {
				r.bare(at, p)
			}
		}
		f.profiles[p.Name] = p
	})
}

// bare checks a profile whose tools have no prefix: two servers could have a
// tool of the same name. Whether the one is enabled does not count, so that
// turning it off leaves the file valid.
func (r *reader) bare(at map[string]*yaml.Node, p Profile) {
	switch {
	case len(p.Categories) > 0, len(p.Servers) != 1, isGlob(p.Servers[0]):
		r.problem(at["names"], "write servers: [NAME] and no categories", "names: bare is for a profile that names one server")
	case p.Search:
		r.problem(at["names"], "remove one of the two", "names: bare and tools: search exclude each other: search shows Loom's own tools in place of the server's")
	}
}

// serverGlobs reads the servers of a profile.
func (r *reader) serverGlobs(n *yaml.Node, known []string) []string {
	var globs []string
	r.list(n, "servers", func(n *yaml.Node, text string) {
		globs = append(globs, text)
		if err := checkGlob(text); err != nil {
			r.problem(n, "", "%v", err)
		} else if !isGlob(text) && !slices.Contains(known, text) && !r.partial {
			r.problem(n, didYouMean(text, known), "unknown server %q", text)
		}
	})
	return globs
}

// allow reads one list of what is allowed. An empty one could mean all and
// could mean nothing, and what is left when its last entry was commented out
// must not be all.
func (r *reader) allow(n *yaml.Node, known []string) [][]string {
	before := len(r.problems)
	globs := r.toolGlobs(n, "allow", known)
	if len(globs) == 0 && len(r.problems) == before && n.Kind != yaml.AliasNode {
		r.problem(n, `remove the key to allow all, or write deny: ["*"]`, "allow names nothing")
	}
	return [][]string{globs}
}

// toolGlobs reads patterns of server__tool.
func (r *reader) toolGlobs(n *yaml.Node, what string, known []string) []string {
	var globs []string
	r.list(n, what, func(n *yaml.Node, text string) {
		globs = append(globs, text)
		if err := checkGlob(text); err != nil {
			r.problem(n, "", "%v", err)
			return
		}
		r.toolGlob(n, text, what, known)
	})
	return globs
}

// toolGlob reports a pattern that can match no tool: a deny that does nothing
// allows everything. No server has _ in its name, so what stands before the
// first one is a server, unless it is wild: then it may be any, also one that is
// not there yet.
func (r *reader) toolGlob(n *yaml.Node, text, what string, known []string) {
	server, tool, found := strings.Cut(text, "_")
	write := func(pattern string) string { return fmt.Sprintf("write %q", pattern) }
	anywhere := write("*" + separator + strings.TrimLeft(text, "_"))
	switch isKnown := slices.Contains(known, server); {
	case isGlob(server):
	case server == reservedName:
		r.problem(n, "remove it", "%q: Loom's own tools are not chosen by %s", text, what)
	case isKnown && !found:
		r.problem(n, write(text+separator+"*"), "%q matches no tool: %s has patterns of server%stool", text, what, separator)
	case found && (tool == "" || !strings.ContainsAny(tool[:1], "_*?")), !found, server == "":
		hint := anywhere
		if isKnown {
			hint = write(server + separator + cmp.Or(tool, "*"))
		}
		r.problem(n, hint, "%q matches no tool: %s has patterns of server%stool", text, what, separator)
	case !isKnown && !r.partial:
		hint := didYouMean(server, known)
		if hint == "" && tool[0] != '_' {
			hint = anywhere
		}
		r.problem(n, hint, "unknown server %q in %q", server, text)
	}
}

func (r *reader) clients(n *yaml.Node, f *file) {
	profiles := slices.Sorted(maps.Keys(f.profiles))
	if !slices.Contains(profiles, DefaultProfile) {
		profiles = append(profiles, DefaultProfile)
	}
	servers := f.names()
	profile := func(n *yaml.Node, what string) string {
		text, ok := r.scalar(n, what)
		if ok && !slices.Contains(profiles, text) && !r.partial {
			r.problem(n, didYouMean(text, profiles), "unknown profile %q", text)
		}
		return text
	}
	r.entries(n, "clients", func(key, v *yaml.Node) {
		r.label(key, key.Value, "client")
		if v.Kind != yaml.MappingNode {
			f.clients[key.Value] = Client{Profile: profile(v, "the profile of "+key.Value)}
			return
		}
		c, says := Client{Profile: DefaultProfile}, false
		r.fields(v, "a client", clientKeys, func(field string, v *yaml.Node) {
			says = true
			switch field {
			case "profile":
				c.Profile = profile(v, field)
			case "allow":
				c.Allow = r.allow(v, servers)
			case "deny":
				c.Deny = r.toolGlobs(v, field, servers)
			}
		})
		if !says && len(v.Content) == 0 {
			r.problem(key, "write the name of a profile", "client %q says nothing", key.Value)
		}
		f.clients[key.Value] = c
	})
}

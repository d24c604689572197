package registry

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// file is what the layers say, merged, before defaults.
type file struct {
	defaults defaults
	servers  []entry
	profiles map[string]Profile
	clients  map[string]Client
	backend  string
}

// defaults hold for every server that does not say otherwise.
type defaults struct {
	timeout, idleTimeout, learnWait, drain time.Duration
	limits                                 limits
	results                                results
}

func newDefaults() defaults {
	return defaults{timeout: defaultTimeout, idleTimeout: defaultIdleTimeout, learnWait: defaultLearnWait, drain: defaultDrain}
}

// values are the top keys of a document.
func (r *reader) values(root *yaml.Node) map[string]*yaml.Node {
	values := map[string]*yaml.Node{}
	r.fields(root, "a registry", fileKeys, func(key string, v *yaml.Node) { values[key] = v })
	return values
}

// begin reads what stands alone, and returns the servers of this one file.
func (r *reader) begin(values map[string]*yaml.Node, f *file) []entry {
	if v := values["version"]; v != nil {
		r.version(v)
	}
	if v := values["defaults"]; v != nil {
		r.defaults(v, &f.defaults)
	}
	if v := values["secrets"]; v != nil {
		f.backend = cmp.Or(r.secrets(v), f.backend)
	}
	if v := values["servers"]; v != nil {
		return r.servers(v)
	}
	return nil
}

// finish reads profiles and clients. They come last, whatever the order in the
// file, since they name what comes before them, here and in other layers.
func (r *reader) finish(values map[string]*yaml.Node, f *file) {
	if v := values["profiles"]; v != nil {
		r.profiles(v, f)
	}
}

// finishClients comes when the profiles of every layer are known.
func (r *reader) finishClients(values map[string]*yaml.Node, f *file) {
	if v := values["clients"]; v != nil {
		r.clients(v, f)
	}
}

// version is 1 and may be left out, as it is in a file that was just begun.
func (r *reader) version(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!int" && n.Value != "1" {
		r.problem(n, "", "version %s is not understood by this version of loom, which knows 1", n.Value)
	}
	if n.Kind != yaml.AliasNode && (n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int") {
		r.wrongType(n, "version must be 1")
	}
}

func (r *reader) defaults(n *yaml.Node, d *defaults) {
	durations := map[string]*time.Duration{"timeout": &d.timeout, "idle_timeout": &d.idleTimeout, "learn_wait": &d.learnWait, "drain": &d.drain}
	r.fields(n, "defaults", defaultsKeys, func(key string, v *yaml.Node) {
		switch key {
		case "limits":
			d.limits = r.limits(v).over(d.limits)
		case "max_result_bytes":
			d.results.text = cmp.Or(r.bound(v, key), d.results.text)
		case "max_structured_bytes":
			d.results.structured = cmp.Or(r.bound(v, key), d.results.structured)
		default:
			if got, ok := r.duration(v, key, key == "idle_timeout" || key == "learn_wait"); ok {
				*durations[key] = got
			}
		}
	})
}

func (r *reader) servers(n *yaml.Node) (entries []entry) {
	r.entries(n, "servers", func(key, v *yaml.Node) {
		r.serverName(key)
		e := r.entry(key, v)
		e.explained = explained(v)
		if isNull(v) || v.Kind == yaml.MappingNode && len(v.Content) == 0 { // not even a change of what another layer has
			e.explained = true
			r.problem(key, hintShipped(e.name), "server %q has neither a command nor a url", e.name)
		}
		if _, found := shipped()[e.name]; e.shipped && !found {
			r.problem(key, "shipped are: "+strings.Join(shippedNames(), ", "), "no server %q is shipped with this version of loom", e.name)
		}
		entries = append(entries, e)
	})
	return entries
}

// hintShipped is for an entry with nothing to run under a name of Loom's own.
func hintShipped(name ServerName) string {
	if _, found := shipped()[name]; found {
		return "write {from: shipped} for the one that comes with loom"
	}
	return ""
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

// explained reports whether an entry without a command has been found wrong
// already: it is no mapping, or says from.
func explained(n *yaml.Node) bool {
	if n.Kind != yaml.MappingNode {
		return !isNull(n)
	}
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == "from" {
			return true
		}
	}
	return false
}

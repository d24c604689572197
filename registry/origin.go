package registry

import (
	"maps"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// Origin is where a value was written.
type Origin struct {
	Layer Layer
	Pos   Position
}

// String is like "user /home/me/.config/loom/registry.yaml:3".
func (o Origin) String() string {
	place, _, _ := cutLast(o.Pos.String(), ":") // the column says little
	if o.Layer == LayerShipped {                // its name says so
		return place
	}
	return string(o.Layer) + " " + place
}

func cutLast(text, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(text, sep); i >= 0 {
		return text[:i], text[i+len(sep):], true
	}
	return text, "", false
}

// Origin is where the value at a path of keys was written, like servers, git,
// env, NAME. ok is false for one that nobody wrote: a default.
func (r *Registry) Origin(path ...string) (o Origin, ok bool) {
	o, ok = r.origins[pathOf(path...)]
	return o, ok
}

// origins are the places of values by path. A list is one value.
type origins map[string]Origin

// pathOf joins keys by what no key can hold.
func pathOf(keys ...string) string { return strings.Join(keys, "\x00") }

// record notes the places of all values of a file, over those of the files
// before it. Profiles and clients are replaced whole.
func (o origins) record(r *reader, root *yaml.Node) {
	eachKey(root, func(key, v *yaml.Node) {
		if key.Value == "profiles" || key.Value == "clients" {
			eachKey(v, func(name, _ *yaml.Node) { o.forget(key.Value, name.Value) })
		}
		o.walk(r, v, key.Value)
	})
}

func (o origins) walk(r *reader, n *yaml.Node, path ...string) {
	if n.Kind == yaml.MappingNode && len(n.Content) > 0 {
		eachKey(n, func(key, v *yaml.Node) { o.walk(r, v, append(path[:len(path):len(path)], key.Value)...) })
		return
	}
	o[pathOf(path...)] = Origin{r.layer, r.pos(n)}
}

func (o origins) forget(path ...string) {
	whole := pathOf(path...)
	maps.DeleteFunc(o, func(key string, _ Origin) bool {
		return key == whole || strings.HasPrefix(key, whole+"\x00")
	})
}

// under adds those of base below a path, where there are none.
func (o origins) under(base origins, path ...string) {
	prefix := pathOf(path...) + "\x00"
	for key, origin := range base {
		if _, there := o[key]; !there && strings.HasPrefix(key, prefix) {
			o[key] = origin
		}
	}
}

// shippedOrigins are those of the embedded file.
var shippedOrigins = sync.OnceValue(func() origins {
	o := origins{}
	r := &reader{layer: LayerShipped, path: shippedPath, data: shippedFile}
	if root, ok := r.document(); ok {
		o.record(r, root)
	}
	return o
})

// eachKey calls visit for each key of a mapping; anything else has none.
func eachKey(n *yaml.Node, visit func(key, value *yaml.Node)) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		visit(n.Content[i], n.Content[i+1])
	}
}

package registry

import (
	"cmp"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/loom-core/loom/core/secret"
)

// SecretRefs are the secrets that the server is given, each name once, by name.
// One of them is optional only if every reference to it is.
func (s Server) SecretRefs() []secret.Ref {
	var refs []secret.Ref
	for _, v := range slices.Concat(s.Env, s.Headers) {
		refs = append(refs, secretRefs(v.Value)...)
	}
	slices.SortStableFunc(refs, func(a, b secret.Ref) int {
		if a.Name == b.Name && a.Optional != b.Optional {
			if a.Optional {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return slices.CompactFunc(refs, func(a, b secret.Ref) bool { return a.Name == b.Name })
}

func secretRefs(text string) (refs []secret.Ref) {
	template, err := secret.Parse(text)
	if err != nil {
		return nil // a registry that was read has none of these
	}
	for _, ref := range template.Refs() {
		if ref.Kind != secret.Env {
			refs = append(refs, ref)
		}
	}
	return refs
}

// SecretUse is a place in a file that refers to a secret.
type SecretUse struct {
	Server ServerName
	Ref    secret.Ref
	Pos    Position
}

// SecretUses are the places in the text of a registry, in the order of the file.
// It makes the most of a file with mistakes: whoever renames a secret wants to
// know where to look.
func SecretUses(path string, data []byte) []SecretUse {
	r := &reader{path: path, data: data}
	root, ok := r.document()
	if !ok {
		return nil
	}
	var uses []SecretUse
	e := &editor{root: root}
	_, servers := e.find(root, "servers")
	in := func(server ServerName, entry *yaml.Node) {
		for _, key := range []string{"env", "headers"} {
			_, values := e.find(entry, key)
			pairs(values, func(_, v *yaml.Node) {
				if v.Kind != yaml.ScalarNode {
					return
				}
				for _, ref := range secretRefs(v.Value) {
					uses = append(uses, SecretUse{server, ref, r.pos(v)})
				}
			})
		}
	}
	pairs(servers, func(server, entry *yaml.Node) {
		in(ServerName(server.Value), entry)
		_, targets := e.find(entry, "targets")
		pairs(targets, func(_, target *yaml.Node) { in(ServerName(server.Value), target) })
	})
	slices.SortStableFunc(uses, func(a, b SecretUse) int { return cmp.Compare(a.Pos.Line, b.Pos.Line) })
	return uses
}

func pairs(n *yaml.Node, visit func(key, value *yaml.Node)) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		visit(n.Content[i], n.Content[i+1])
	}
}

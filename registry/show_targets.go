package registry

import (
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
)

// targets are what clients have in place of a server: the keys that are written,
// and whether they have it at all where that is another thing than for the rest.
func (s *shower) targets(m *yaml.Node, base Server, at []string) {
	targets := s.mapping()
	for _, v := range s.r.Servers {
		if v.Name == base.Name && v.Client != "" {
			s.target(targets, base, v, append(at[:len(at):len(at)], v.Client))
		}
	}
	s.section(m, targets, "targets")
}

func (s *shower) target(targets *yaml.Node, base, v Server, at []string) {
	t, m := s.r.targets[v.Name][v.Client], s.mapping()
	add := func(n *yaml.Node, key string) { s.add(m, n, append(at[:len(at):len(at)], key)...) }
	text := func(value *string, key string) {
		if value != nil {
			add(s.text(*value), key)
		}
	}
	text(t.command, "command")
	if t.args != nil {
		add(s.list(t.args), "args")
	}
	text(t.dir, "cwd")
	if t.env != nil {
		s.put(m, "env", s.changes(t.env, append(at, "env")))
	}
	text(t.url, "url")
	if t.headers != nil {
		s.put(m, "headers", s.changes(t.headers, append(at, "headers")))
	}
	if t.enabled != nil || v.Enabled != base.Enabled {
		enabled := s.bool(v.Enabled)
		add(enabled, "enabled")
		if v.Denied != "" {
			enabled.LineComment = "# " + v.Denied
		}
	}
	s.put(targets, v.Client, m)
}

func (s *shower) changes(changes map[string]*string, at []string) *yaml.Node {
	m := s.mapping()
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		value := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
		if text := changes[name]; text != nil {
			value = s.text(*text)
		}
		s.add(m, value, append(at[:len(at):len(at)], name)...)
	}
	return m
}

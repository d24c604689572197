package registry

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// View says what [Registry.Show] shows.
type View struct {
	Origins bool              // each value with where it was written, in a comment
	Only    func(Server) bool // nil: all servers
}

// Show is the registry as it is after all layers were merged, as the text of a
// registry.yaml: read alone it means the same, except that the policy is a
// comment. No reference is expanded.
func (r *Registry) Show(v View) ([]byte, error) {
	s := shower{r: r, view: v}
	root := s.mapping()
	s.add(root, s.int(1), "version")
	if r.SecretBackend != "" {
		secrets := s.mapping()
		s.add(secrets, s.text(r.SecretBackend), "secrets", "backend")
		s.section(root, secrets, "secrets")
	}
	servers := s.mapping()
	for _, server := range r.Servers {
		if server.Client == "" && (v.Only == nil || v.Only(server)) {
			s.server(servers, server)
		}
	}
	s.section(root, servers, "servers")
	profiles := s.mapping()
	for _, name := range slices.Sorted(maps.Keys(r.Profiles)) {
		s.profile(profiles, name)
	}
	s.section(root, profiles, "profiles")
	clients := s.mapping()
	for _, name := range slices.Sorted(maps.Keys(r.Clients)) {
		s.client(clients, name)
	}
	s.section(root, clients, "clients")
	var b bytes.Buffer
	b.WriteString(s.head())
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(root); err != nil {
		return nil, fmt.Errorf("writing the registry as YAML: %w", err)
	}
	return b.Bytes(), encoder.Close()
}

// Data is what Show shows, as values for JSON, and the origins by path.
func (r *Registry) Data(v View) (data map[string]any, origins map[string]string, err error) {
	origins = map[string]string{}
	if v.Origins {
		for path, o := range r.origins {
			origins[strings.ReplaceAll(path, "\x00", ".")] = o.String()
		}
	}
	v.Origins = false
	text, err := r.Show(v)
	if err == nil {
		err = yaml.Unmarshal(text, &data)
	}
	return data, origins, err
}

// shower makes nodes of values.
type shower struct {
	r    *Registry
	view View
}

// head says which files there were, and what the policy takes away.
func (s *shower) head() string {
	var b strings.Builder
	for _, f := range s.r.Files {
		if f.Layer != LayerPolicy {
			fmt.Fprintf(&b, "# %s: %s\n", f.Layer, f.Path)
		}
	}
	p := s.r.Policy
	if p == nil {
		return b.String()
	}
	fmt.Fprintf(&b, "# under %s:\n", p.Path)
	line := func(key string, value any) {
		text, _ := yaml.Marshal(map[string]any{key: value}) // strings and lists of strings
		var n yaml.Node
		if yaml.Unmarshal(text, &n) == nil {
			n.Content[0].Content[1].Style = yaml.FlowStyle
			text, _ = yaml.Marshal(&n)
		}
		fmt.Fprintf(&b, "#   %s", text)
		if s.view.Origins {
			fmt.Fprintf(&b, "#     %s\n", Origin{LayerPolicy, p.pos(key)})
		}
	}
	for key, list := range orderedLists(p) {
		if list != nil {
			line(key, list)
		}
	}
	if p.ReadOnly {
		line("read_only", true)
	}
	if p.Enforce {
		line("pinned", "enforce")
	}
	if p.NoProjects {
		line("projects", "deny")
	}
	return b.String()
}

func orderedLists(p *Policy) func(func(string, []string) bool) {
	var allow []string
	if len(p.Allow) > 0 {
		allow = p.Allow[0]
	}
	return func(yield func(string, []string) bool) {
		_ = yield("servers", p.Servers) && yield("allow", allow) && yield("deny", p.Deny) && yield("commands", p.Commands) && yield("urls", p.URLs)
	}
}

func (s *shower) server(servers *yaml.Node, v Server) {
	at := []string{"servers", string(v.Name)}
	m := s.mapping()
	add := func(n *yaml.Node, keys ...string) { s.add(m, n, append(at[:2:2], keys...)...) }
	text := func(key, value string) {
		if value != "" {
			add(s.text(value), key)
		}
	}
	text("from", v.From)
	text("description", v.Description)
	text("command", v.Command)
	if len(v.Args) > 0 {
		add(s.list(v.Args), "args")
	}
	text("cwd", v.Dir)
	s.variables(m, v.Env, append(at, "env"))
	text("url", v.URL)
	s.variables(m, v.Headers, append(at, "headers"))
	if len(v.ClientEnv) > 0 {
		add(s.list(v.ClientEnv), "client_env")
	}
	if v.Limits != (Limits{}) {
		l := s.mapping()
		s.add(l, s.int(v.Limits.Memory), at[0], at[1], "limits", "memory")
		s.add(l, s.int(int64(v.Limits.Processes)), at[0], at[1], "limits", "processes")
		s.section(m, l, "limits")
	}
	if len(v.Categories) > 0 {
		add(s.list(v.Categories), "categories")
	}
	text("share", string(v.Share))
	add(s.int(int64(v.Concurrency)), "concurrency")
	add(s.duration(v.Timeout), "timeout")
	add(s.duration(v.IdleTimeout), "idle_timeout")
	add(s.duration(v.Drain), "drain")
	add(s.int(v.MaxResult), "max_result_bytes")
	add(s.int(v.MaxStructured), "max_structured_bytes")
	if len(v.ReadOnlyTools) > 0 {
		add(s.list(v.ReadOnlyTools), "read_only_tools")
	}
	tools := s.mapping()
	for _, rule := range v.Tools {
		s.rule(tools, rule, append(at, "tools", rule.Pattern))
	}
	s.section(m, tools, "tools")
	enabled := s.bool(v.Enabled)
	add(enabled, "enabled")
	if v.Denied != "" {
		enabled.LineComment = "# " + v.Denied
	}
	s.targets(m, v, append(at, "targets"))
	s.put(servers, string(v.Name), m)
}

func (s *shower) variables(m *yaml.Node, vars []EnvVar, at []string) {
	n := s.mapping()
	for _, v := range vars {
		s.add(n, s.text(v.Value), append(at[:len(at):len(at)], v.Name)...)
	}
	s.section(m, n, at[len(at)-1])
}

func (s *shower) rule(tools *yaml.Node, rule ToolRule, at []string) {
	m := s.mapping()
	add := func(n *yaml.Node, key string) { s.add(m, n, append(at[:len(at):len(at)], key)...) }
	if rule.Enabled != nil {
		add(s.bool(*rule.Enabled), "enabled")
	}
	if rule.AlwaysAllow != nil {
		add(s.bool(*rule.AlwaysAllow), "always_allow")
	}
	if rule.Alias != "" {
		add(s.text(rule.Alias), "alias")
	}
	if rule.Description != "" {
		add(s.text(rule.Description), "description")
	}
	if rule.MaxResult != nil {
		add(s.int(*rule.MaxResult), "max_result_bytes")
	}
	if rule.MaxStructured != nil {
		add(s.int(*rule.MaxStructured), "max_structured_bytes")
	}
	s.put(tools, rule.Pattern, m)
}

// profile shows what the layers say; what the policy adds is in the head.
func (s *shower) profile(profiles *yaml.Node, name string) {
	p, rules := s.r.Profiles[name], s.r.Policy
	if rules == nil {
		rules = &Policy{}
	}
	m := s.mapping()
	add := func(n *yaml.Node, key string) { s.add(m, n, "profiles", name, key) }
	if p.Servers != nil || p.Categories == nil {
		add(s.list(p.Servers), "servers")
	}
	if p.Categories != nil {
		add(s.list(p.Categories), "categories")
	}
	for _, list := range p.Allow[len(rules.Allow):] {
		add(s.list(list), "allow")
	}
	if deny := p.Deny[len(rules.Deny):]; len(deny) > 0 {
		add(s.list(deny), "deny")
	}
	if p.ReadOnly && !rules.ReadOnly {
		add(s.bool(true), "read_only")
	}
	if p.Search {
		add(s.text("search"), "tools")
	}
	if p.Bare {
		add(s.text("bare"), "names")
	}
	if p.Enforce && !rules.Enforce {
		add(s.text("enforce"), "pinned")
	}
	s.put(profiles, name, m)
}

func (s *shower) client(clients *yaml.Node, name string) {
	c := s.r.Clients[name]
	if len(c.Allow) == 0 && len(c.Deny) == 0 {
		n := s.text(c.Profile)
		s.add(clients, n, "clients", name)
		return
	}
	m := s.mapping()
	s.add(m, s.text(c.Profile), "clients", name, "profile")
	for _, list := range c.Allow {
		s.add(m, s.list(list), "clients", name, "allow")
	}
	if len(c.Deny) > 0 {
		s.add(m, s.list(c.Deny), "clients", name, "deny")
	}
	s.put(clients, name, m)
}

// add puts a value under the last key of its path, with its origin.
func (s *shower) add(m, value *yaml.Node, path ...string) {
	if s.view.Origins && len(path) > 1 {
		value.LineComment = "# default"
		if o, ok := s.r.Origin(path...); ok {
			value.LineComment = "# " + o.String()
		}
	}
	s.put(m, path[len(path)-1], value)
}

func (s *shower) put(m *yaml.Node, key string, value *yaml.Node) {
	m.Content = append(m.Content, s.text(key), value)
}

// section adds a mapping unless it is empty.
func (s *shower) section(m, value *yaml.Node, key string) {
	if len(value.Content) > 0 {
		s.put(m, key, value)
	}
}

func (s *shower) mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"} }

func (s *shower) text(text string) *yaml.Node {
	var n yaml.Node
	n.SetString(text) // in quotes where it would be read as something else
	return &n
}

func (s *shower) list(texts []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle}
	for _, text := range texts {
		n.Content = append(n.Content, s.text(text))
	}
	return n
}

func (s *shower) int(i int64) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.FormatInt(i, 10)}
}

func (s *shower) bool(b bool) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(b)}
}

// duration is written as a person would: 10m for 10m0s.
func (s *shower) duration(d time.Duration) *yaml.Node {
	if d == 0 {
		return s.int(0)
	}
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return s.text(text)
}

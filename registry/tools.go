package registry

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

func (r *reader) tools(n *yaml.Node, server ServerName) []ToolRule {
	var rules []ToolRule
	aliases := map[int]*yaml.Node{} // by index into rules
	r.entries(n, "tools", func(key, v *yaml.Node) {
		if err := checkGlob(key.Value); err != nil {
			r.problem(key, "", "%v", err)
		}
		rule, says, before := ToolRule{Pattern: key.Value, Pos: r.pos(key)}, false, len(r.problems)
		r.fields(v, "a tool rule", toolKeys, func(key string, v *yaml.Node) {
			says = true
			switch key {
			case "enabled":
				if on, ok := r.boolean(v, key); ok {
					rule.Enabled = &on
				}
			case "always_allow":
				rule.AlwaysAllow = r.alwaysAllow(v, rule.Pattern)
			case "alias":
				rule.Alias = r.alias(v, rule.Pattern, server)
				aliases[len(rules)] = v
			case "description":
				rule.Description = r.toolDescription(v, rule.Pattern)
			case "max_result_bytes":
				rule.MaxResult = r.bound(v, key)
			case "max_structured_bytes":
				rule.MaxStructured = r.bound(v, key)
			}
		})
		if !says && len(r.problems) == before && v.Kind != yaml.AliasNode {
			r.problem(key, "write {enabled: false}", "the rule for %q says nothing", key.Value)
		}
		rules = append(rules, rule)
	})
	r.sameAliases(rules, aliases)
	return rules
}

// alwaysAllow reads whether clients may call a tool unasked. Their own lists have
// names and no globs. What a project brings along it cannot wave through as well.
func (r *reader) alwaysAllow(n *yaml.Node, pattern string) *bool {
	on, ok := r.boolean(n, "always_allow")
	switch {
	case !ok:
		return nil
	case isGlob(pattern):
		r.problem(n, "write a rule for each tool: clients need names", "%q stands for many tools, and always_allow is for one", pattern)
	case on && r.layer == LayerProject:
		r.problem(n, "remove it: who wants that writes it into a registry of their own", "a project may not approve its own tools")
	default:
		return &on
	}
	return nil
}

// AlwaysAllowed are the tools that clients need not ask about, by the server's own
// names, sorted. One that the registry turns off is not among them.
func (s Server) AlwaysAllowed() (tools []string) {
	for _, rule := range s.Tools {
		if rule.AlwaysAllow != nil && *rule.AlwaysAllow && s.ToolEnabled(rule.Pattern) {
			tools = append(tools, rule.Pattern)
		}
	}
	slices.Sort(tools)
	return tools
}

var aliasName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// alias reads another name for one tool. What clients could not take is refused
// here, where there is a place to show.
func (r *reader) alias(n *yaml.Node, pattern string, server ServerName) string {
	text, ok := r.scalar(n, "alias")
	longest := maxExposed - len(separator) - len(server)
	switch {
	case !ok:
		return ""
	case isGlob(pattern):
		r.problem(n, "write a rule for each tool", "%q stands for many tools, and an alias is the name of one", pattern)
	case !aliasName.MatchString(text):
		r.problem(n, "use letters, digits, _ and -", "invalid alias %q", text)
	case strings.HasPrefix(text, string(server)+separator):
		r.problem(n, "write "+strings.TrimPrefix(text, string(server)+separator), "the alias %q begins with %s%s, which is put in front of it anyway", text, server, separator)
	case len(text) > longest:
		r.problem(n, "clients cut longer names", "the alias %q has %d characters, at most %d are left beside %s%s", text, len(text), longest, server, separator)
	default:
		return text
	}
	return ""
}

func (r *reader) toolDescription(n *yaml.Node, pattern string) string {
	text, ok := r.scalar(n, "description")
	switch {
	case !ok:
		return ""
	case isGlob(pattern):
		r.problem(n, "write a rule for each tool", "%q stands for many tools, which no model could tell apart by one description", pattern)
	case strings.TrimSpace(text) == "":
		r.problem(n, "remove it to keep what the server says", "a description must not be empty")
	default:
		return text
	}
	return ""
}

// sameAliases reports an alias that another tool of the server has, as far as
// the file shows it: as its alias, or as its own name, unless that tool is off.
// Names that differ in case alone are the same to some clients.
func (r *reader) sameAliases(rules []ToolRule, at map[int]*yaml.Node) {
	for i, rule := range rules {
		if rule.Alias == "" {
			continue
		}
		for j, other := range rules {
			off := other.Enabled != nil && !*other.Enabled
			switch {
			case i == j || off:
			case j < i && strings.EqualFold(other.Alias, rule.Alias):
				r.problem(at[i], "choose another alias", "%q is the alias of %s already", rule.Alias, other.Pattern)
			case other.Alias == "" && strings.EqualFold(other.Pattern, rule.Alias):
				r.problem(at[i], "choose another alias, give that one an alias too, or turn it off", "the server has another tool %q", other.Pattern)
			}
		}
	}
}

// ToolAs is the name and the description that the registry gives to a tool in
// place of the server's own; empty where it gives none.
func (s Server) ToolAs(tool string) (alias, description string) {
	for _, rule := range s.Tools {
		if rule.Pattern == tool {
			alias, description = rule.Alias, rule.Description
		}
	}
	return alias, description
}

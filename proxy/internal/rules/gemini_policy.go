package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// policy is a file of policies. Its rules are not rewritten: one that denies without a
// condition becomes a limit of the registry, and the others need one beside them that is
// for loom, which the user writes.
func (c *mcpWork) policy(s *sheet) {
	for _, key := range []string{"rule", "safety_checker"} {
		var rules []configfile.Object
		elements := s.list(key)
		for _, e := range elements {
			o, _ := e.Value.(configfile.Object)
			rules = append(rules, o)
		}
		for i, o := range rules {
			for _, m := range c.moves {
				if tools, whole := m.ruled(o); whole || len(tools) > 0 {
					c.ruled(s, m, s.at(elements[i].Pos), key, o, rules, tools, whole)
				}
			}
		}
	}
}

// ruled are the tools that a rule is about, by name, or all of the server. One that is
// about every server's is about Loom's too.
func (m mcpMove) ruled(o configfile.Object) (tools []string, whole bool) {
	var named []string
	value, has := o.Get("toolName")
	switch value := value.(type) {
	case string:
		named = []string{value}
	case []any:
		named, _ = stringsOf(o, "toolName")
	}
	server := text(o, "mcpName")
	for _, name := range named {
		rest, full := strings.CutPrefix(name, m.old)
		switch {
		case server == m.From && name == "*", server == "" && full && rest == "*":
			whole = true
		case server == m.From && full:
			tools = append(tools, rest)
		case server == m.From, server == "*" && slices.Contains(m.Tools, name):
			tools = append(tools, name)
		case server == "" && full:
			tools = append(tools, rest)
		case server == "" && strings.HasPrefix(name, "mcp_*_"):
			tools = append(tools, strings.TrimPrefix(name, "mcp_*_"))
		}
	}
	return tools, whole || server == m.From && !has
}

func (c *mcpWork) ruled(s *sheet, m mcpMove, at Place, key string, o configfile.Object, rules []configfile.Object, tools []string, whole bool) {
	decision := text(o, "decision")
	shown := fmt.Sprintf("%s %s", key, strings.TrimSpace(decision+" "+strings.Join(m.names(tools), ", ")))
	switch {
	case !whole && m.hasTwin(o, rules, tools):
	case key == "rule" && decision == "allow":
		c.note(m.Move, at, shown, "Gemini CLI will ask again: a rule would have to have mcpName = \"loom\" and the names of tools in Loom")
	case key == "rule" && decision == "deny" && s.Owner == User && !conditional(o) && !(whole && m.hasOther(o, rules)):
		if whole {
			c.offWhole(m.Move, at, shown)
		} else {
			c.deny(m.Move, at, shown, tools...)
		}
	case whole:
		c.block(m.Move, at, shown, "Gemini CLI has no pattern for a part of Loom, so this rule cannot be carried over")
	default:
		c.block(m.Move, at, shown, fmt.Sprintf("in Loom this rule would not count any more: put the same beside it with mcpName = \"loom\" and toolName = [%s]", quoted(m.names(tools))))
	}
}

// conditional reports a rule that is not about every call.
func conditional(o configfile.Object) bool {
	return slices.ContainsFunc(o, func(m configfile.Member) bool {
		return !slices.Contains([]string{"toolName", "mcpName", "decision", "priority", "denyMessage", "deny_message"}, m.Key)
	})
}

// hasOther reports another rule about the server, which may be an exception.
func (m mcpMove) hasOther(o configfile.Object, rules []configfile.Object) bool {
	return slices.ContainsFunc(rules, func(r configfile.Object) bool {
		tools, whole := m.ruled(r)
		return (whole || len(tools) > 0) && !equal(r, o)
	})
}

// hasTwin reports a rule that says the same of the tools in Loom.
func (m mcpMove) hasTwin(o configfile.Object, rules []configfile.Object, tools []string) bool {
	want := configfile.Plain(with(with(o, "mcpName", "loom"), "toolName", nil))
	return slices.ContainsFunc(rules, func(r configfile.Object) bool {
		have := names(first(r, "toolName"))
		missing := slices.ContainsFunc(m.names(tools), func(name string) bool { return !slices.Contains(have, name) })
		return text(r, "mcpName") == "loom" && !missing && equal(configfile.Plain(with(r, "toolName", nil)), want)
	})
}

// first is a value of an object, nil if there is none.
func first(o configfile.Object, key string) any {
	v, _ := o.Get(key)
	return v
}

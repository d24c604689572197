package rules

import (
	"slices"
	"strings"
)

// Clients call a tool by one name, made of the server's and its own: mcp__SERVER__TOOL in
// most, mcp_SERVER_TOOL in Gemini CLI. What Claude Code 2.1.330 makes of a rule, as
// measured: it is compared with the whole name, case counts, and * alone is special and
// stands for any text. mcp__SERVER is the whole server. In names every character but
// letters, digits, _ and - is _. A rule in parentheses matches no tool of a server. To
// allow, a rule has to begin with mcp__SERVER__, spelt out.

// spelling is how a client makes the name.
type spelling struct{ lead, between string }

var (
	underscores = spelling{"mcp__", "__"}
	underscore  = spelling{"mcp_", "_"}
)

// loom is what comes before the names that Loom gives.
func (s spelling) loom() string { return s.lead + "loom" + s.between }

// plainName is a name as clients write it.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return '_'
	}, name)
}

// mcpMove is a server, with the names that a client has for it.
type mcpMove struct {
	Move
	spelling
	whole string // mcp__github
	old   string // mcp__github__, before a tool's own name
	new   string // mcp__loom__github__
}

func mcpMoves(s spelling, moves []Move) []mcpMove {
	var out []mcpMove
	for _, m := range moves {
		whole := s.lead + plainName(m.From)
		out = append(out, mcpMove{m, s, whole, whole + s.between, s.loom() + m.Server + "__"})
	}
	return out
}

func (m mcpMove) before(tool string) string { return m.old + plainName(tool) }
func (m mcpMove) after(tool string) string  { return m.loom() + plainName(m.Name(tool)) }

// strict are the rules that deny, or ask, in Loom what a rule denies or asks of the
// server now. There are none if the rule is not about it.
func (m mcpMove) strict(rule string) []string {
	rule = strings.TrimSuffix(strings.TrimSpace(rule), "()") // Qwen Code does not mind
	if strings.ContainsAny(rule, "()") {
		return nil
	}
	// An entry a__b may also be meant by mcp__a: Claude takes names apart at __.
	if rule == m.whole || strings.Count(rule, "__") > 0 && strings.HasPrefix(m.whole, rule+"__") {
		return m.rules("*")
	}
	var out []string
	for _, rest := range residues(rule, m.old) {
		if rest != "" {
			out = append(out, m.rules(rest)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// allowing are the rules that allow in Loom what a rule allows of the server now.
func (m mcpMove) allowing(rule string) []string {
	rest, ok := strings.CutPrefix(rule, m.old)
	switch {
	case rule == m.whole && !strings.Contains(plainName(m.From), "__"):
		return m.rules("*")
	case !ok || rest == "" || strings.ContainsAny(rest, "()"):
		return nil
	}
	return m.rules(rest)
}

// rules are those for a tool's name, or for a glob of names. A tool that Loom calls
// otherwise, since its name is too long, has a rule of its own; one that comes later is
// met by a glob as far as the beginning of its name tells.
func (m mcpMove) rules(name string) []string {
	var out []string
	if strings.ContainsAny(name, "*"+string(rune(anyByte))) {
		glob := m.new + name
		out = append(out, glob)
		for _, tool := range m.Tools {
			if covers(name, plainName(tool)) && !covers(glob, m.after(tool)) {
				out = append(out, m.after(tool))
			}
		}
		return out
	}
	for _, tool := range m.Tools {
		if plainName(tool) == name {
			out = append(out, m.after(tool))
		}
	}
	if out == nil { // one that the server does not have now
		out = []string{m.after(name)}
	}
	return out
}

// covered are the rules that others do not cover already.
func uncovered(rules, by []string) []string {
	return slices.DeleteFunc(slices.Clone(rules), func(rule string) bool {
		return slices.ContainsFunc(by, func(b string) bool { return b != rule && claudeCovers(b, rule) || b == rule })
	})
}

// claudeCovers reports that a rule that denies or asks is about all that another is.
func claudeCovers(rule, other string) bool {
	switch {
	case strings.ContainsAny(rule, "()"):
		return false
	case rule == "mcp__loom":
		return strings.HasPrefix(other, underscores.loom())
	}
	return covers(rule, other)
}

package rules

import (
	"slices"
	"strings"
)

// strictNames carries over a list of names that denies or asks. whole is what to do
// about a whole server.
func (c *mcpWork) strictNames(s *sheet, path []string, whole func(m mcpMove, at Place, rule string)) {
	all := s.list(path...)
	there := texts(all)
	for i, e := range all {
		rule, _ := e.Value.(string)
		var add []string
		for _, m := range c.moves {
			rest, ok := strings.CutPrefix(rule, m.old)
			switch {
			case !ok || rest == "":
				continue
			case rest == "*":
				whole(m, s.at(e.Pos), rule)
				continue
			case strings.Contains(rest, "*"):
				continue // it matches nothing
			}
			missing := absent(m.rules(rest), there)
			switch {
			case len(missing) == 0:
			case c.writable(s.Owner):
				add, there = append(add, missing...), append(there, missing...)
			default:
				c.block(m.Move, s.at(e.Pos), rule, whose(s.Owner)+"in Loom this would not count any more: put "+quoted(missing)+" beside it")
			}
		}
		if len(add) > 0 {
			s.replace(path, i, append(list(rule), list(add...)...), Line{Pos: e.Pos, Key: strings.Join(path, "."), Old: rule, New: add, Kept: true})
		}
	}
}

// allowedNames carries over a list of names that are allowed.
func (c *mcpWork) allowedNames(s *sheet, path []string) {
	all := s.list(path...)
	there := texts(all)
	for i, e := range all {
		rule, _ := e.Value.(string)
		for _, m := range c.moves {
			rest, ok := strings.CutPrefix(rule, m.old)
			if !ok || rest == "" || rest != "*" && strings.Contains(rest, "*") {
				continue
			}
			now := m.rules(rest)
			if rest == "*" {
				now = nil
				for _, tool := range m.Tools {
					now = append(now, m.after(tool))
				}
			}
			now = absent(now, there)
			switch {
			case !c.writable(s.Owner) && len(now) > 0:
				c.note(m.Move, s.at(e.Pos), rule, whose(s.Owner)+"it would have to say "+quoted(now))
				continue
			case !c.writable(s.Owner):
				continue
			case rest == "*":
				c.note(m.Move, s.at(e.Pos), rule, "it is said for each tool that the server has now, and not for those that come later")
			}
			there = append(there, now...)
			if s.Owner == Project || c.Project {
				if len(now) > 0 {
					s.replace(path, i, append(list(rule), list(now...)...), Line{Pos: e.Pos, Key: strings.Join(path, "."), Old: rule, New: now, Kept: true})
				}
			} else {
				s.replace(path, i, list(now...), Line{Pos: e.Pos, Key: strings.Join(path, "."), Old: rule, New: now})
			}
			break // an exact name is one server's
		}
	}
}

// absent are the names that are not in a list.
func absent(names, there []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(there, name) })
}

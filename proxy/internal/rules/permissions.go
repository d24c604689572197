package rules

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// strictList carries over what denies, or asks. The old rule stays.
func (c *mcpWork) strictList(s *sheet, kind string, path ...string) {
	all := s.list(path...)
	there := texts(all)
	for i, e := range all {
		rule, _ := e.Value.(string)
		var add []string
		for _, m := range c.moves {
			// What another rule happens to cover counts only where nothing can be
			// written: that rule may go some day.
			own := slices.DeleteFunc(slices.Clone(there), func(r string) bool { return !strings.HasPrefix(r, m.new) })
			missing := uncovered(m.strict(rule), append(own, rule))
			switch {
			case len(missing) == 0:
			case c.writable(s.Owner):
				add = append(add, missing...)
				there = append(there, missing...)
			default:
				if missing = uncovered(missing, append(c.elsewhere(s, kind), there...)); len(missing) > 0 {
					c.block(m.Move, s.at(e.Pos), rule, whose(s.Owner)+fmt.Sprintf("in Loom the rule would not %s any more: put %s beside it", kind, quoted(missing)))
				}
			}
		}
		if len(add) > 0 {
			s.replace(path, i, append(list(rule), list(add...)...), Line{Pos: e.Pos, Key: strings.Join(path, "."), Old: rule, New: add, Kept: true})
		}
	}
}

// elsewhere are the rules that deny, and for ask those that ask too, of other files that
// count where s does and that nobody else can take away.
func (c *mcpWork) elsewhere(s *sheet, kind string) []string {
	var out []string
	for _, o := range c.sheets {
		counts := o.Owner == Managed || s.Owner == Project && (o.Owner == User || o.Owner == Local && o.Dir == s.Dir)
		if !counts || o.Format == "" || filepath.Base(o.Path) == ".claude.json" {
			continue
		}
		out = append(out, texts(o.list("permissions", "deny"))...)
		if kind == "ask" {
			out = append(out, texts(o.list("permissions", "ask"))...)
		}
		for _, l := range o.lines {
			if l.Key == "permissions.deny" || l.Key == "permissions.ask" && kind == "ask" {
				out = append(out, l.New...)
			}
		}
	}
	return out
}

// whose begins a sentence about a file that is not to be written.
func whose(o Owner) string {
	if o == Managed {
		return "the file belongs to whoever looks after this machine; "
	}
	return "the file is shared in the project; "
}

func quoted(rules []string) string {
	var out []string
	for _, r := range rules {
		out = append(out, fmt.Sprintf("%q", r))
	}
	return strings.Join(out, ", ")
}

// allowList carries over what allows. The old rule goes, unless the file is shared with
// people who have the server still, or the server is only one project's.
func (c *mcpWork) allowList(s *sheet, client string, path ...string) {
	all := s.list(path...)
	there := slices.DeleteFunc(texts(all), func(rule string) bool { return !allowsLoom(rule) })
	for i, e := range all {
		rule, _ := e.Value.(string)
		kept := s.Owner == Project || c.Project
		var add []string
		about := false
		for _, m := range c.moves {
			c.wide(s, m, e, rule, client)
			now := m.allowing(rule)
			if len(now) == 0 {
				continue
			}
			missing := uncovered(now, there)
			if !c.writable(s.Owner) {
				if len(missing) > 0 {
					c.note(m.Move, s.at(e.Pos), rule, client+" will ask again: "+whose(s.Owner)+"it would have to say "+quoted(missing))
				}
				continue
			}
			about = true
			add = append(add, missing...)
			there = append(there, missing...)
		}
		switch {
		case about && !kept:
			s.replace(path, i, list(add...), Line{Pos: e.Pos, Key: strings.Join(path, "."), Old: rule, New: add})
		case len(add) > 0:
			s.replace(path, i, append(list(rule), list(add...)...), Line{Pos: e.Pos, Key: strings.Join(path, "."), Old: rule, New: add, Kept: true})
		}
	}
}

// allowsLoom reports that a rule allows something of Loom's.
func allowsLoom(rule string) bool {
	return rule == "mcp__loom" || strings.HasPrefix(rule, underscores.loom()) && !strings.ContainsAny(rule, "()")
}

// wide notes a rule that allows all of Loom's tools, or some of every server's, and with
// them some of a server's that was asked about so far.
func (c *mcpWork) wide(s *sheet, m mcpMove, e configfile.Entry, rule, client string) {
	if !allowsLoom(rule) || strings.HasPrefix(rule, m.new) {
		return
	}
	allowed := func(tool string) bool {
		return slices.ContainsFunc(c.sheets, func(o *sheet) bool {
			return slices.ContainsFunc(texts(o.list("permissions", "allow")), func(a string) bool {
				return a == m.whole || strings.HasPrefix(a, m.old) && covers(a, m.before(tool))
			})
		})
	}
	for _, tool := range m.Tools {
		if claudeCovers(rule, m.after(tool)) && !allowed(tool) {
			c.note(m.Move, s.at(e.Pos), rule, fmt.Sprintf("this allows tools that %s asks about now, such as %s; put %q into permissions.ask if it is to go on", client, tool, m.new+"*"))
			return
		}
	}
}

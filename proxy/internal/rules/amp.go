package rules

import (
	"fmt"
	"strings"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// What Amp documents: amp.tools.disable is a list of globs of mcp__SERVER__TOOL,
// amp.permissions a list of rules with such a glob, of which the first that matches
// counts, and includeTools of an entry a list of globs of its own tools.
func ampLocations(f finder) []Location {
	return append([]Location{f.config(configfile.JSONC, "amp", "settings.json")}, f.each(configfile.JSONC, Project, ".amp", "settings.json")...)
}

func carryAmp(w *work) {
	c := mcpWork{w, mcpMoves(underscores, w.Moves), dialect{}}
	for _, m := range w.Moves {
		var globs []string
		tools, _ := stringsOf(m.Entry, "includeTools")
		for _, tool := range tools {
			globs = append(globs, m.exposed(tool)...)
		}
		if globs != nil {
			w.limit(m, Limit{Only: globs, Rule: "includeTools"})
		}
	}
	for _, s := range w.sheets {
		c.strictList(s, "deny", "amp.tools.disable")
		for _, e := range s.list("amp.permissions") {
			o, _ := e.Value.(configfile.Object)
			c.ampRule(s, e, text(o, "tool"), text(o, "action"))
		}
		if s.err != nil {
			w.unreadable(s)
		}
	}
}

// ampRule blocks a server that a rule is about, unless the rule is about Loom as well.
func (c *mcpWork) ampRule(s *sheet, e configfile.Entry, rule, action string) {
	for _, m := range c.moves {
		missing := uncovered(m.strict(rule), []string{rule})
		switch {
		case len(missing) == 0, c.ampHas(s, missing, action):
		case action == "allow":
			c.note(m.Move, s.at(e.Pos), rule, "Amp will ask again: a rule would have to be about "+quoted(missing))
		default:
			c.block(m.Move, s.at(e.Pos), rule, fmt.Sprintf("in Loom this rule would not count any more: put the same beside it for %s", strings.ReplaceAll(quoted(missing), `", "`, `" and "`)))
		}
	}
}

// ampHas reports that there are rules that do the same about others.
func (c *mcpWork) ampHas(s *sheet, rules []string, action string) bool {
	var there []string
	for _, e := range s.list("amp.permissions") {
		if o, _ := e.Value.(configfile.Object); text(o, "action") == action {
			there = append(there, text(o, "tool"))
		}
	}
	return len(uncovered(rules, there)) == 0
}

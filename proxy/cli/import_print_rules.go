package cli

import (
	"fmt"
	"strings"

	"github.com/loom-core/loom/proxy/internal/rules"
)

// printRules shows which rules follow their servers, and what the registry has to say
// where a client's own files cannot.
func printRules(io *IO, p *importPlan) {
	head := "\nRules that follow their servers:"
	line := func(format string, args ...any) {
		if head != "" {
			fmt.Fprintln(io.Out, head)
			head = ""
		}
		fmt.Fprintf(io.Out, "  "+format+"\n", args...)
	}
	for _, c := range p.carried {
		for _, r := range c.Rewrites {
			for _, l := range r.Lines {
				at := rules.Place{Path: r.File.Path, Pos: l.Pos}
				switch now := visible(strings.Join(l.New, ", ")); {
				case l.Old == "":
					line("%s  %s: %s, since %s", at, l.Key, now, l.Why)
				case l.Kept:
					line("%s  %s: %s stays, and %s beside it", at, l.Key, visible(l.Old), now)
				case now == "":
					line("%s  %s: %s goes", at, l.Key, visible(l.Old))
				default:
					line("%s  %s: %s becomes %s", at, l.Key, visible(l.Old), now)
				}
			}
		}
		for _, l := range c.Limits {
			from := c.file.Target.Name + "'s entry"
			if l.From.Path != "" {
				from = l.From.String()
			}
			if len(l.Deny) > 0 {
				line("registry, clients.%s.deny: %s, since %s says %s", c.file.Target.ID, strings.Join(l.Deny, ", "), from, visible(l.Rule))
			}
			if l.Only != nil {
				line("registry, clients.%s.allow: of %s only %s, since %s says %s", c.file.Target.ID, l.Server, strings.Join(l.Only, ", "), from, visible(l.Rule))
			}
		}
	}
	for _, c := range p.carried {
		for _, n := range c.Notes {
			at := ""
			if n.Place.Path != "" {
				at = n.Place.String() + ": "
			}
			io.Note("%s in %s: %s%s: %s", visible(n.From), c.file.Target.Name, at, visible(n.Rule), n.Text)
		}
	}
}

package main

import (
	"context"
	"fmt"
	"net/url"

	"github.com/loom-core/loom/servers/kit"
)

// rulesResource is a group of rules, for a user who attaches it.
func (p *prometheus) rulesResource() kit.Resource {
	type groupArgs struct {
		Group string `arg:"group,required"`
	}
	return kit.NewResource(kit.ResourceDef{
		URI: "prom://rules/{group}", Name: "rules", Title: "Rules of a group",
		Description: "Alerting and recording rules of one group, with their state and health.",
	}, func(ctx context.Context, a groupArgs) (*kit.Result, error) {
		rules, notes, err := p.fetchRules(ctx, url.Values{"exclude_alerts": {"true"}})
		if err != nil {
			return nil, err
		}
		var rows []ruleRow
		var groups []string
		for _, r := range rules {
			groups = append(groups, r.group)
			if r.group == a.Group {
				rows = append(rows, r.row())
			}
		}
		if rows == nil {
			e := kit.Errorf(kit.NotFound, "no group of rules is named %q", a.Group).WithHint("list_rules has the groups")
			if near := kit.Nearest(a.Group, groups); near != "" {
				e.Hint = fmt.Sprintf("did you mean prom://rules/%s?", url.PathEscape(near))
			}
			return nil, e
		}
		head := rulesAbout{Warnings: notes.Warnings}
		return kit.Records(head, kit.Slice(kit.Paging{Page: 1, PerPage: len(rows)}, rows)).
			Narrow("list_rules group=" + a.Group + " has the rest").Untrusted(), nil
	})
}

// explainAlertPrompt is what a user who was woken asks first.
func explainAlertPrompt() kit.Prompt {
	type alertArgs struct {
		Name string `arg:"name" doc:"of the alert; all that fire without it"`
	}
	return kit.NewPrompt(kit.PromptDef{
		Name: "explain_alert", Title: "Explain an alert",
		Description: "What an alert means, why it fires, since when, and what to look at next.",
	}, func(_ context.Context, a alertArgs) (string, error) {
		first := "Call list_alerts state=firing. Take the alert that matters most by its severity and how long it has fired, and call explain_alert for it."
		if a.Name != "" {
			first = fmt.Sprintf("Call explain_alert name=%q.", a.Name)
		}
		return first + `
Then find out what moved: query_range of the left side of the threshold over the last 6 hours, and compare_query of it with a day before.
If series are missing or a target is down, call list_targets errors_only=true. If a recording rule is behind it, look at its expression as well.

Answer in this order: what the alert says in plain words; whether it fires now and for which series; since when and what changed then, with numbers;
the likely cause, and what would prove it; what to do next. Say what you did not find out. Do not guess numbers.`, nil
	})
}

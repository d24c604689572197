package main

import (
	"cmp"
	"context"
	"net/url"
	"slices"

	"github.com/loom-core/loom/servers/kit"
)

type rulesArgs struct {
	Type          string `arg:"type" enum:"alert,record"`
	Name          string `arg:"name" doc:"regex or words, like group and file" alias:"filter,pattern,query"`
	State         string `arg:"state" enum:"firing,pending,inactive"`
	Group         string `arg:"group" alias:"rule_group"`
	File          string `arg:"file"`
	ExcludeAlerts bool   `arg:"exclude_alerts" default:"true"`
	kit.Paging
}

type rulesAbout struct {
	Unhealthy int      `json:"unhealthy,omitempty"`
	File      string   `json:"file,omitempty"` // of all
	Warnings  []string `json:"warnings,omitempty"`
	Hints     []string `json:"hints,omitempty"`
}

// ruleRow is a rule in a list.
type ruleRow struct {
	Name      string            `json:"name"`
	Type      string            `json:"type"`
	State     string            `json:"state,omitempty"`
	Health    string            `json:"health"`
	LastError string            `json:"last_error,omitempty"`
	Expr      string            `json:"expr"`
	For       string            `json:"for,omitempty"`
	Labels    map[string]string `json:"labels,omitempty"`
	Seconds   num               `json:"eval_s"`
	Group     string            `json:"group"`
	File      string            `json:"file,omitempty"`
	Alerts    []map[string]any  `json:"alerts,omitempty"`
}

func (p *prometheus) listRules() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "list_rules",
		Title:       "List rules",
		Description: "Alerting and recording rules, failing and slow ones first.",
		Hints:       kit.ReadLocal,
		ListName:    "rules",
		PerPage:     20, MaxPerPage: 200,
	}, p.runListRules)
}

func (p *prometheus) runListRules(ctx context.Context, a rulesArgs) (*kit.Result, error) {
	params := url.Values{}
	if a.Type != "" {
		params.Set("type", a.Type)
	}
	if a.ExcludeAlerts {
		params.Set("exclude_alerts", "true")
	}
	rules, notes, err := p.fetchRules(ctx, params)
	if err != nil {
		return nil, err
	}
	kept := a.choose(rules)
	head := rulesAbout{Warnings: notes.Warnings}
	head.File = commonFile(kept)
	for _, r := range kept {
		if failing(r) {
			head.Unhealthy++
		}
	}
	if len(kept) == 0 {
		head.Hints = ruleHints(a.Name, rules)
	}
	slices.SortStableFunc(kept, func(x, y rule) int {
		return cmp.Or(-cmp.Compare(bit(failing(x)), bit(failing(y))), -cmp.Compare(x.EvaluationTime, y.EvaluationTime))
	})
	page, err := mapPage(kit.Slice(a.Paging, kept), func(r rule) (ruleRow, error) {
		row := r.row()
		if head.File != "" {
			row.File = ""
		}
		if !a.ExcludeAlerts {
			row.Alerts = briefly(r.Alerts)
		}
		return row, nil
	})
	if err != nil {
		return nil, err
	}
	return kit.Records(head, page).Narrow("use name, group or type").Untrusted(), nil
}

func (a rulesArgs) choose(rules []rule) []rule {
	rules = slices.DeleteFunc(slices.Clone(rules), func(r rule) bool {
		return a.Type != "" && (a.Type == "alert") != (r.Type == alerting) || a.State != "" && r.State != a.State
	})
	rules = filter(rules, a.Name, func(r rule) []string { return []string{r.Name} })
	rules = filter(rules, a.Group, func(r rule) []string { return []string{r.group} })
	return filter(rules, a.File, func(r rule) []string { return []string{r.file} })
}

// failing is a rule whose last evaluation went wrong.
func failing(r rule) bool { return r.Health == "err" || r.LastError != "" }

func commonFile(rules []rule) string {
	if len(rules) == 0 || slices.ContainsFunc(rules, func(r rule) bool { return r.file != rules[0].file }) {
		return ""
	}
	return rules[0].file
}

func (r rule) row() ruleRow {
	kind := "record"
	if r.Type == alerting {
		kind = "alert"
	}
	return ruleRow{
		Name: r.Name, Type: kind, State: r.State, Health: cmp.Or(r.Health, "unknown"), LastError: r.LastError,
		Expr: r.Query, For: seconds(r.Duration), Labels: r.Labels, Seconds: num(r.EvaluationTime), Group: r.group, File: r.file,
	}
}

// briefly is what fits into a row of the alerts of a rule; list_alerts has the rest.
func briefly(alerts []alert) []map[string]any {
	const most = 5
	var list []map[string]any
	for i, a := range alerts {
		if i == most {
			return append(list, map[string]any{"more": len(alerts) - most})
		}
		list = append(list, map[string]any{"state": a.State, "since": kit.FormatTime(a.ActiveAt), "value": number(a.Value), "labels": a.Labels})
	}
	return list
}

func ruleHints(name string, rules []rule) []string {
	if len(rules) == 0 {
		return []string{"this server has no rules of that type"}
	}
	names := make([]string, len(rules))
	for i, r := range rules {
		names[i] = r.Name
	}
	if near := kit.Nearest(name, names); near != "" {
		return []string{"did you mean " + near + "?"}
	}
	return []string{"no rule is like that; ask with fewer filters"}
}

package main

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"slices"

	"github.com/loom-core/loom/servers/kit"
)

type alertsArgs struct {
	Name     string            `arg:"name" doc:"regex or words" alias:"alertname,filter,query"`
	State    string            `arg:"state" enum:"firing,pending"`
	Severity string            `arg:"severity"`
	Labels   map[string]string `arg:"labels"`
	kit.Paging
}

type alertsAbout struct {
	Names    []alertCount      `json:"by_name,omitempty"`
	More     int               `json:"more_names,omitempty"`
	Common   map[string]string `json:"common_labels,omitempty"`
	Warnings []string          `json:"warnings,omitempty"`
	Hints    []string          `json:"hints,omitempty"`
}

type alertCount struct {
	Name    string `json:"alertname"`
	Firing  int    `json:"firing"`
	Pending int    `json:"pending"`
}

type alertRow struct {
	Name    string            `json:"alertname"`
	State   string            `json:"state"`
	Since   string            `json:"since"`
	Value   num               `json:"value"`
	Labels  map[string]string `json:"labels,omitempty"`
	Summary string            `json:"summary,omitempty"`
}

func (p *prometheus) listAlerts() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "list_alerts",
		Title:       "List active alerts",
		Description: "Alerts that are firing or pending, with counts by name. Silences are not known here.",
		Hints:       kit.ReadLocal,
		ListName:    "alerts",
		PerPage:     50, MaxPerPage: 500,
	}, p.runListAlerts)
}

func (p *prometheus) runListAlerts(ctx context.Context, a alertsArgs) (*kit.Result, error) {
	var data struct {
		Alerts []alert `json:"alerts"`
	}
	notes, err := p.client.call(ctx, "alerts", url.Values{}, &data)
	if err != nil {
		return nil, optional(err, "list of alerts", "query ALERTS has those that are pending or firing, and query ALERTS_FOR_STATE since when")
	}
	kept := slices.DeleteFunc(data.Alerts, func(x alert) bool {
		return a.State != "" && x.State != a.State || a.Severity != "" && x.Labels["severity"] != a.Severity || !carries(x.Labels, a.Labels)
	})
	kept = filter(kept, a.Name, func(x alert) []string { return []string{x.Labels["alertname"]} })
	slices.SortStableFunc(kept, func(x, y alert) int {
		return cmp.Or(cmp.Compare(x.State, y.State), // firing, pending
			cmp.Compare(x.Labels["alertname"], y.Labels["alertname"]), x.ActiveAt.Compare(y.ActiveAt), cmp.Compare(labelText(x.Labels), labelText(y.Labels)))
	})
	head := alertsAbout{Warnings: notes.Warnings}
	head.Names, head.More = countAlerts(kept)
	if len(kept) == 0 {
		head.Hints = []string{"no alert is active like that; list_rules type=alert has those that could be"}
	}
	sets := make([]series, len(kept))
	for i, x := range kept {
		sets[i].Metric = maps.Clone(x.Labels)
		delete(sets[i].Metric, "alertname")
	}
	head.Common = hoist(sets)
	rows := make([]alertRow, len(kept))
	for i, x := range kept {
		rows[i] = alertRow{
			Name: x.Labels["alertname"], State: x.State, Since: kit.FormatTime(x.ActiveAt), Value: number(x.Value),
			Labels: sets[i].Metric, Summary: kit.Shorten(cmp.Or(x.Annotations["summary"], x.Annotations["description"], x.Annotations["message"]), 200),
		}
	}
	return kit.Records(head, kit.Slice(a.Paging, rows)).Narrow("use name, state or severity").Untrusted(), nil
}

// carries reports whether the labels have all those of want.
func carries(labels, want map[string]string) bool {
	for name, value := range want {
		if labels[name] != value {
			return false
		}
	}
	return true
}

// maxCounted is how many names are counted: a storm of alerts has few, and what
// comes before the list has to fit into the smallest answer.
const maxCounted = 12

// countAlerts counts by name, those with most first. more is how many names
// are left out.
func countAlerts(alerts []alert) (counts []alertCount, more int) {
	for _, a := range alerts {
		name := a.Labels["alertname"]
		i := slices.IndexFunc(counts, func(c alertCount) bool { return c.Name == name })
		if i < 0 {
			i, counts = len(counts), append(counts, alertCount{Name: name})
		}
		if a.State == "firing" {
			counts[i].Firing++
		} else {
			counts[i].Pending++
		}
	}
	slices.SortStableFunc(counts, func(x, y alertCount) int {
		return cmp.Or(cmp.Compare(y.Firing, x.Firing), cmp.Compare(y.Pending, x.Pending), cmp.Compare(x.Name, y.Name))
	})
	shown := min(len(counts), maxCounted)
	return counts[:shown], len(counts) - shown
}

// number is a value that the API writes as text.
func number(text string) num { return num(parse(text)) }

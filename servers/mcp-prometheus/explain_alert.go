package main

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-prometheus/internal/promql"
)

type explainArgs struct {
	Name   string            `arg:"name,required" alias:"alertname,alert"`
	Labels map[string]string `arg:"labels" doc:"of the rule or the alert"`
}

// explanation is why an alert is in the state that it is in.
type explanation struct {
	Name          string            `json:"name"`
	State         string            `json:"state"`
	Verdict       string            `json:"verdict"` // in a sentence
	Expr          string            `json:"expr"`
	For           string            `json:"for,omitempty"`
	KeepFiringFor string            `json:"keep_firing_for,omitempty"`
	Labels        map[string]string `json:"labels,omitempty"`
	Annotations   map[string]string `json:"annotations,omitempty"`
	Group         string            `json:"group"`
	File          string            `json:"file,omitempty"`
	Health        string            `json:"health"`
	LastError     string            `json:"last_error,omitempty"`
	Evaluated     string            `json:"last_evaluation,omitempty"`
	Active        []activeAlert     `json:"active"`
	ActiveTotal   int               `json:"active_total"`
	TrueNow       *int              `json:"series_true_now,omitempty"`
	Hour          []line            `json:"last_hour,omitempty"` // of the expression: when it was true
	Compared      string            `json:"compared,omitempty"`  // left side of the threshold
	Nearest       []line            `json:"nearest_to_threshold,omitempty"`
	Recorded      []recorded        `json:"recording_rules,omitempty"`
	Findings      []string          `json:"findings,omitempty"`
	Warnings      []string          `json:"warnings,omitempty"`
	Hints         []string          `json:"hints,omitempty"`
}

type activeAlert struct {
	State  string            `json:"state"`
	Since  string            `json:"since"`
	Fires  string            `json:"fires_in,omitempty"`
	Value  num               `json:"value"`
	Labels map[string]string `json:"labels,omitempty"`
}

// recorded is a rule whose result the alert reads.
type recorded struct {
	Name   string `json:"name"`
	Expr   string `json:"expr"`
	Health string `json:"health"`
	Error  string `json:"last_error,omitempty"`
}

const (
	maxActive  = 20
	maxHour    = 10
	maxNearest = 5
)

func (p *prometheus) explainAlert() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "explain_alert",
		Title:       "Explain an alert",
		Description: "Why an alerting rule is or is not firing: its expression now and over the last hour, active alerts, time to fire, distance to the threshold, recording rules behind it.",
		Hints:       kit.ReadLocal,
		Output:      struct{}{},
	}, p.runExplainAlert)
}

func (p *prometheus) runExplainAlert(ctx context.Context, a explainArgs) (*kit.Result, error) {
	// All rules without their alerts, which are most of a large server's answer,
	// and then those of that name with theirs.
	rules, _, err := p.fetchRules(ctx, url.Values{"exclude_alerts": {"true"}})
	if err != nil {
		return nil, err
	}
	named := rules
	if i := slices.IndexFunc(rules, func(r rule) bool { return r.Type == alerting && strings.EqualFold(r.Name, a.Name) }); i >= 0 {
		if named, _, err = p.fetchRules(ctx, url.Values{"type": {"alert"}, "rule_name[]": {rules[i].Name}}); err != nil {
			return nil, err
		}
	}
	r, others, err := chooseRule(named, a)
	if err != nil {
		return nil, err
	}
	e := p.explain(r, a.Labels)
	e.Recorded = recordedIn(r, rules)
	e.Hints = others
	if err := p.evaluate(ctx, r, &e); err != nil {
		return nil, err
	}
	e.Verdict = e.verdict(r)
	return kit.Record(e).Narrow("choose among the alerts with labels").Untrusted(), nil
}

// chooseRule finds the rule that is meant. Several may have a name, one for
// each severity: labels choose, and then the one that is worst off.
func chooseRule(rules []rule, a explainArgs) (rule, []string, error) {
	var named, fitting []rule
	var names []string
	for _, r := range rules {
		if r.Type != alerting {
			continue
		}
		names = append(names, r.Name)
		if !strings.EqualFold(r.Name, a.Name) {
			continue
		}
		named = append(named, r)
		if carries(r.Labels, a.Labels) || slices.ContainsFunc(r.Alerts, func(x alert) bool { return carries(x.Labels, a.Labels) }) {
			fitting = append(fitting, r)
		}
	}
	switch {
	case len(named) == 0:
		e := kit.Errorf(kit.NotFound, "no alerting rule is named %s", a.Name).WithHint("list_rules type=alert has the names of all %d", len(names))
		if near := kit.Nearest(a.Name, names); near != "" {
			e.Hint = "did you mean " + near + "? " + e.Hint
		}
		return rule{}, nil, e
	case len(fitting) == 0:
		return rule{}, nil, kit.Errorf(kit.NotFound, "no rule or active alert %s has these labels", named[0].Name).
			WithHint("list_alerts name=%s has the labels of its alerts, without labels this explains the rule itself", named[0].Name)
	}
	order := map[string]int{"firing": 0, "pending": 1}
	slices.SortStableFunc(fitting, func(x, y rule) int {
		rank := func(r rule) int {
			if n, ok := order[r.State]; ok {
				return n
			}
			return len(order)
		}
		return cmp.Compare(rank(x), rank(y))
	})
	var others []string
	if len(fitting) > 1 {
		for _, r := range fitting[1:] {
			others = append(others, fmt.Sprintf("another rule of that name is %s: group %s, labels %v", r.State, r.group, r.Labels))
		}
	}
	return fitting[0], others[:min(len(others), 5)], nil
}

// explain says what the rules API knows.
func (p *prometheus) explain(r rule, labels map[string]string) explanation {
	e := explanation{
		Name: r.Name, State: cmp.Or(r.State, "unknown"), Expr: r.Query, For: seconds(r.Duration), KeepFiringFor: seconds(r.KeepFiringFor),
		Labels: r.Labels, Annotations: r.Annotations, Group: r.group, File: r.file, Health: cmp.Or(r.Health, "unknown"),
		LastError: r.LastError, Evaluated: wholeSecond(r.LastEvaluation), Active: []activeAlert{},
	}
	alerts := slices.DeleteFunc(slices.Clone(r.Alerts), func(x alert) bool { return !carries(x.Labels, labels) && !carries(r.Labels, labels) })
	slices.SortStableFunc(alerts, func(x, y alert) int { return cmp.Or(cmp.Compare(x.State, y.State), x.ActiveAt.Compare(y.ActiveAt)) })
	e.ActiveTotal = len(alerts)
	for _, x := range alerts[:min(len(alerts), maxActive)] {
		row := activeAlert{State: x.State, Since: kit.FormatTime(x.ActiveAt), Value: number(x.Value), Labels: map[string]string{}}
		for name, value := range x.Labels {
			if name != "alertname" && r.Labels[name] != value {
				row.Labels[name] = value
			}
		}
		if x.State == "pending" {
			row.Fires = fires(x.ActiveAt, r.Duration, p.now())
		}
		e.Active = append(e.Active, row)
	}
	return e
}

// fires is how long a pending alert has to stay so.
func fires(active time.Time, duration float64, now time.Time) string {
	left := time.Duration(duration*float64(time.Second)) - now.Sub(active)
	if left <= 0 {
		return "the next evaluation"
	}
	return kit.FormatDuration(left.Round(time.Second))
}

// recordedIn are the recording rules whose results the expression reads.
func recordedIn(r rule, rules []rule) []recorded {
	q, err := promql.Parse(r.Query)
	if err != nil {
		return nil
	}
	names := q.Names()
	var list []recorded
	for _, other := range rules {
		if other.Type != alerting && slices.Contains(names, other.Name) {
			list = append(list, recorded{other.Name, other.Query, cmp.Or(other.Health, "unknown"), other.LastError})
		}
	}
	return list
}

// verdict is the answer in a sentence.
func (e explanation) verdict(r rule) string {
	firing, pending := 0, 0
	for _, a := range r.Alerts {
		if a.State == "firing" {
			firing++
		} else {
			pending++
		}
	}
	switch {
	case failing(r):
		return "the rule cannot be evaluated, so it fires for nothing: " + cmp.Or(r.LastError, "see the server's log")
	case firing > 0 && pending > 0:
		return fmt.Sprintf("firing for %d series, pending for %d", firing, pending)
	case firing > 0:
		return fmt.Sprintf("firing: the expression is true for %d series", firing)
	case pending > 0:
		return fmt.Sprintf("pending for %d series: the expression is true, and has to stay so for %s", pending, e.For)
	case e.TrueNow != nil && *e.TrueNow > 0:
		return "the expression became true after the last evaluation of the rule"
	case e.Compared != "" && len(e.Nearest) == 0 && e.TrueNow != nil:
		return "not firing, and cannot: what it compares has no series now"
	case len(e.Hour) > 0 && e.For != "":
		return "not firing: the expression was true in the last hour, and is not now"
	case e.TrueNow == nil:
		return "not firing at the last evaluation; the expression could not be evaluated now"
	}
	return "not firing: the expression is true for no series"
}

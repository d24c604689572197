package main

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

// ruleGroup, rule and alert are what the API answers.
type ruleGroup struct {
	Name  string `json:"name"`
	File  string `json:"file"`
	Rules []rule `json:"rules"`
}

type rule struct {
	Type           string            `json:"type"` // alerting or recording
	Name           string            `json:"name"`
	Query          string            `json:"query"`
	State          string            `json:"state"`
	Duration       float64           `json:"duration"`
	KeepFiringFor  float64           `json:"keepFiringFor"`
	Labels         map[string]string `json:"labels"`
	Annotations    map[string]string `json:"annotations"`
	Alerts         []alert           `json:"alerts"`
	Health         string            `json:"health"`
	LastError      string            `json:"lastError"`
	EvaluationTime float64           `json:"evaluationTime"`
	LastEvaluation time.Time         `json:"lastEvaluation"`

	group, file string
}

type alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	State       string            `json:"state"`
	ActiveAt    time.Time         `json:"activeAt"`
	Value       string            `json:"value"`
}

// alerting is the type of rules that alert.
const alerting = "alerting"

const (
	// groupLimit bounds one answer of the API where it has pages; one of all
	// the rules of a large server is over any limit.
	groupLimit = 100
	// maxRuleCalls ends a list that never ends.
	maxRuleCalls = 100
)

// fetchRules reads all rules, page by page where the server has pages. Servers
// that have none answer with all of them at once.
func (p *prometheus) fetchRules(ctx context.Context, params url.Values) ([]rule, notes, error) {
	params.Set("group_limit", strconv.Itoa(groupLimit))
	var rules []rule
	var all notes
	for calls := 0; ; calls++ {
		var page struct {
			Groups []ruleGroup `json:"groups"`
			Next   string      `json:"groupNextToken"`
		}
		n, err := p.client.call(ctx, "rules", params, &page)
		if e := new(kit.Error); errors.As(err, &e) && e.Code == kit.InvalidArgument && params.Has("group_limit") {
			// It does not take pages, or the groups changed between two of them.
			params.Del("group_limit")
			params.Del("group_next_token")
			rules, all = nil, notes{}
			continue
		}
		if err != nil {
			return nil, notes{}, optional(err, "list of rules", `query ALERTS has the alerts that are pending or firing, query {__name__=~".+:.+"} what is recorded`)
		}
		for _, g := range page.Groups {
			for _, r := range g.Rules {
				r.group, r.file = g.Name, g.File
				rules = append(rules, r)
			}
		}
		for _, w := range n.Warnings {
			if !slices.Contains(all.Warnings, w) {
				all.Warnings = append(all.Warnings, w)
			}
		}
		if page.Next == "" || page.Next == params.Get("group_next_token") {
			return rules, all, nil
		}
		if calls == maxRuleCalls {
			all.Warnings = append(all.Warnings, "there are more rule groups than the "+strconv.Itoa(groupLimit*maxRuleCalls)+" that were read")
			return rules, all, nil
		}
		params.Set("group_next_token", page.Next)
	}
}

// seconds is a duration of the API as a reader writes it, empty for none.
func seconds(s float64) string {
	if s <= 0 {
		return ""
	}
	return kit.FormatDuration(time.Duration(s * float64(time.Second)))
}

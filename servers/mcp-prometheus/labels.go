package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/common/model"

	"github.com/loom-core/loom/servers/kit"
)

// among chooses series, of which names, values or labels are listed.
type among struct {
	Match []string `arg:"match,nosplit" doc:"series selectors" alias:"match[],matchers,selector"`
	Start string   `arg:"start,loose" doc:"default 1h before end"`
	End   string   `arg:"end,loose"`
}

// params are those of the API, and the range that they stand for.
func (a among) params(now time.Time, limit int) (url.Values, kit.Range, error) {
	r, err := kit.ParseRange(a.Start, a.End, now, time.Hour, 0)
	return url.Values{"match[]": a.Match, "start": {unix(r.Start)}, "end": {unix(r.End)}, "limit": {strconv.Itoa(limit)}}, r, err
}

type labelsAbout struct {
	Start    string   `json:"start"`
	End      string   `json:"end"`
	Warnings []string `json:"warnings,omitempty"`
	Hints    []string `json:"hints,omitempty"`
}

func newLabelsAbout(r kit.Range, n notes) labelsAbout {
	return labelsAbout{Start: kit.FormatTime(r.Start), End: kit.FormatTime(r.End), Warnings: n.Warnings}
}

// listLimit is the most names that are fetched; over it the server says so in
// a warning and the total is not known.
const listLimit = 50_000

func (p *prometheus) listLabels() kit.Tool {
	type labelsArgs struct {
		among
		kit.Paging
	}
	return kit.NewTool(kit.Def{
		Name:        "list_labels",
		Title:       "List label names",
		Description: "Names of the labels in use, of all series or of those that match.",
		Hints:       kit.ReadLocal,
		ListName:    "labels",
		PerPage:     100, MaxPerPage: 500,
	}, func(ctx context.Context, a labelsArgs) (*kit.Result, error) {
		params, r, err := a.params(p.now(), listLimit)
		if err != nil {
			return nil, err
		}
		var names []string
		notes, err := p.client.call(ctx, "labels", params, &names)
		if err != nil {
			return nil, err
		}
		head := newLabelsAbout(r, notes)
		if len(names) == 0 {
			head.Hints = []string{"no series match in this range; an earlier start may have some, list_metrics has the names"}
		}
		return nameList(head, a.Paging, names), nil
	})
}

func nameList(head labelsAbout, paging kit.Paging, names []string) *kit.Result {
	page := kit.Slice(paging, names)
	page.TotalIsEstimate = len(names) >= listLimit
	return kit.Records(head, page).Pin("start", head.Start).Pin("end", head.End).Untrusted()
}

type labelValuesArgs struct {
	Label  string `arg:"label,required" alias:"name,label_name"`
	Filter string `arg:"filter" doc:"regex or words in the value" alias:"pattern,search,query"`
	among
	kit.Paging
}

func (p *prometheus) listLabelValues() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "list_label_values",
		Title:       "List values of a label",
		Description: "Values of one label, of all series or of those that match.",
		Hints:       kit.ReadLocal,
		ListName:    "values",
		PerPage:     100, MaxPerPage: 500,
	}, p.runListLabelValues)
}

func (p *prometheus) runListLabelValues(ctx context.Context, a labelValuesArgs) (*kit.Result, error) {
	params, r, err := a.params(p.now(), listLimit)
	if err != nil {
		return nil, err
	}
	var values []string
	notes, err := p.client.call(ctx, "label/"+labelPath(a.Label)+"/values", params, &values)
	if err != nil {
		return nil, err
	}
	head := newLabelsAbout(r, notes)
	all := len(values)
	values = filter(values, a.Filter, func(v string) []string { return []string{v} })
	switch {
	case len(values) > 0:
	case all > 0:
		head.Hints = []string{fmt.Sprintf("none of %d values match filter; leave it out, or try one word", all)}
	default:
		head.Hints = p.labelHints(ctx, a.Label, params)
	}
	return nameList(head, a.Paging, values), nil
}

// labelPath is a label as the API wants it in a path: names that only UTF-8
// allows are escaped in a way of their own.
func labelPath(name string) string {
	if !model.LegacyValidation.IsValidLabelName(name) {
		name = model.EscapeName(name, model.ValueEncodingEscaping)
	}
	return url.PathEscape(name)
}

// labelHints are the next steps when a label has no values.
func (p *prometheus) labelHints(ctx context.Context, label string, params url.Values) []string {
	var names []string
	if _, err := p.client.call(ctx, "labels", params, &names); err != nil || len(names) == 0 {
		return []string{"no series match in this range; an earlier start may have some"}
	}
	if slices.Contains(names, label) {
		return []string{"the label exists, without a value in this range"}
	}
	hint := fmt.Sprintf("no series has a label %s; list_labels has the %d names", label, len(names))
	if near := kit.Nearest(label, names); near != "" {
		hint = fmt.Sprintf("no series has a label %s, did you mean %s?", label, near)
	}
	return []string{hint}
}

package main

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/table"
	"github.com/loom-core/loom/servers/kit/upstream"
	"github.com/loom-core/loom/servers/mcp-loki/internal/logql"
)

// outline is what tools/list says of an answer over a range. What is there at
// times only is left out: each member rides in every prompt.
type outline struct {
	Start string `json:"start"`
}

// about is what is said of a list over a range.
type about struct {
	Start    string            `json:"start"`
	End      string            `json:"end"`
	Labels   map[string]string `json:"labels,omitempty"`
	Warnings []string          `json:"warnings,omitempty"`
	Hints    []string          `json:"hints,omitempty"`
}

func aboutRange(r kit.Range) about {
	return about{Start: kit.FormatTime(r.Start), End: kit.FormatTime(r.End)}
}

// selectorOf is the selector of a query, for the parts of the API that take
// no more: they know of streams, not of lines.
func selectorOf(text string, head *about) (logql.Selector, error) {
	q, err := scanned(text)
	if err != nil {
		return logql.Selector{}, err
	}
	switch {
	case len(q.Selectors) == 0:
		return logql.Selector{}, kit.Errorf(kit.InvalidArgument, "%s has no selector", kit.Shorten(text, 200)).WithHint(`for example {app="api"}`)
	case q.Metric || q.Selectors[0].Pipeline() || len(q.Selectors) > 1:
		head.Warnings = append(head.Warnings, "this knows of streams, not of lines: only the selector "+q.Selectors[0].Text+" is used")
	}
	return q.Selectors[0], nil
}

// streamsIn is the parameters that ask for the streams of a range, those of a
// query if there is one.
func streamsIn(r kit.Range, query string, head *about) (url.Values, error) {
	params := span(r)
	if query == "" {
		return params, nil
	}
	s, err := selectorOf(query, head)
	if err != nil {
		return nil, err
	}
	params.Set("query", s.Text)
	return params, nil
}

type labelsArgs struct {
	Query  string `arg:"query" doc:"only of streams that match {…}" alias:"match,selector"`
	Start  string `arg:"start,loose" doc:"default 1h before end"`
	End    string `arg:"end,loose"`
	Counts bool   `arg:"with_counts"`
	kit.Paging
}

type labelRow struct {
	Name   string `json:"name"`
	Values *int   `json:"values,omitempty"`
}

func (l *loki) listLabels() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "list_labels",
		Title:       "List labels",
		Description: "Names of the labels of streams.",
		Hints:       kit.ReadLocal,
		Output:      outline{},
		ListName:    "names",
		PerPage:     100, MaxPerPage: 500,
	}, l.runListLabels)
}

func (l *loki) runListLabels(ctx context.Context, a labelsArgs) (*kit.Result, error) {
	r, err := l.rangeOf(a.Start, a.End)
	if err != nil {
		return nil, err
	}
	head := aboutRange(r)
	params, err := streamsIn(r, a.Query, &head)
	if err != nil {
		return nil, err
	}
	var names []string
	if err := l.client.data(ctx, "labels", params, &names); err != nil {
		return nil, pointAt(err, a.Query)
	}
	slices.Sort(names)
	if len(names) == 0 {
		head.Hints = []string{"no stream in this range; an earlier start may have some"}
	}
	page := kit.Slice(a.Paging, names)
	rows := make([]labelRow, len(page.Items))
	tasks := make([]upstream.Task, 0, len(rows))
	for i, name := range page.Items {
		rows[i].Name = name
		tasks = append(tasks, upstream.Task{Name: "the values of " + name, Do: func(ctx context.Context) error {
			var values []string
			if err := l.client.data(ctx, "label/"+url.PathEscape(name)+"/values", params, &values); err != nil {
				return err
			}
			n := len(values)
			rows[i].Values = &n
			return nil
		}})
	}
	if a.Counts && len(tasks) > 0 {
		warnings, err := upstream.Together(ctx, tasks...)
		if err != nil {
			return nil, err
		}
		head.Warnings = append(head.Warnings, warnings...)
	}
	return kit.Records(head, kit.WithItems(page, rows)).Pin("start", head.Start).Pin("end", head.End).Untrusted(), nil
}

type valuesArgs struct {
	Label string `arg:"label,required" alias:"name"`
	Query string `arg:"query" alias:"selector"`
	Match string `arg:"match" doc:"regex, anywhere in the value" alias:"filter,pattern"`
	Start string `arg:"start,loose"`
	End   string `arg:"end,loose"`
	kit.Paging
}

func (l *loki) listLabelValues() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "list_label_values",
		Title:       "List label values",
		Description: "Values of one label of streams.",
		Hints:       kit.ReadLocal,
		Output:      outline{},
		ListName:    "values",
		PerPage:     100, MaxPerPage: 1000,
		Example: `{"label":"app"}`,
	}, l.runListLabelValues)
}

func (l *loki) runListLabelValues(ctx context.Context, a valuesArgs) (*kit.Result, error) {
	r, err := l.rangeOf(a.Start, a.End)
	if err != nil {
		return nil, err
	}
	var re *regexp.Regexp
	if a.Match != "" {
		if re, err = regexp.Compile(a.Match); err != nil {
			return nil, kit.Errorf(kit.InvalidArgument, "argument \"match\": %w", err)
		}
	}
	head := aboutRange(r)
	params, err := streamsIn(r, a.Query, &head)
	if err != nil {
		return nil, err
	}
	var values []string
	if err := l.client.data(ctx, "label/"+url.PathEscape(a.Label)+"/values", params, &values); err != nil {
		return nil, pointAt(err, a.Query)
	}
	slices.Sort(values)
	all := len(values)
	if re != nil {
		values = slices.DeleteFunc(values, func(v string) bool { return !re.MatchString(v) })
	}
	switch {
	case len(values) > 0:
	case all > 0:
		head.Hints = []string{fmt.Sprintf("none of %d values match", all)}
	default:
		head.Hints = l.noLabel(ctx, a.Label, r)
	}
	return kit.Records(head, kit.Slice(a.Paging, values)).Pin("start", head.Start).Pin("end", head.End).Untrusted(), nil
}

func (l *loki) noLabel(ctx context.Context, label string, r kit.Range) []string {
	var names []string
	if l.client.data(ctx, "labels", span(r), &names) != nil || slices.Contains(names, label) || len(names) == 0 {
		return []string{"no stream has it in this range; an earlier start may have some"}
	}
	hint := fmt.Sprintf("no stream has the label %s; the labels are %s", label, some(names))
	if near := kit.Nearest(label, names); near != "" {
		hint += fmt.Sprintf(": did you mean %s?", near)
	}
	return []string{hint, "if it is a field of lines, list_detected_fields has it"}
}

type seriesArgs struct {
	Match []string `arg:"match,required,nosplit" doc:"selectors" alias:"match[],query,selector,matchers"`
	Start string   `arg:"start,loose"`
	End   string   `arg:"end,loose"`
	kit.Paging
}

func (l *loki) listSeries() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "list_series",
		Title:       "List streams",
		Description: "The streams that match: labels all have are said once, the others in columns.",
		Hints:       kit.ReadLocal,
		Output:      outline{},
		ListName:    "streams",
		PerPage:     50, MaxPerPage: 500,
		Example: `{"match":["{app=\"api\"}"]}`,
	}, l.runListSeries)
}

// maxSeries keeps a page of streams from costing what all of them do.
const maxSeries = 50_000

func (l *loki) runListSeries(ctx context.Context, a seriesArgs) (*kit.Result, error) {
	r, err := l.rangeOf(a.Start, a.End)
	if err != nil {
		return nil, err
	}
	head := aboutRange(r)
	params := span(r)
	for _, text := range a.Match {
		s, err := selectorOf(text, &head)
		if err != nil {
			return nil, err
		}
		params.Add("match[]", s.Text)
	}
	var all []map[string]string
	if err := l.client.data(ctx, "series", params, &all); err != nil {
		return nil, pointAt(err, strings.Join(a.Match, " "))
	}
	if len(all) > maxSeries {
		return nil, kit.Errorf(kit.TooLarge, "%d streams match", len(all)).WithHint("name another label in match; get_volume group_by shows which label splits them")
	}
	slices.SortFunc(all, func(a, b map[string]string) int { return strings.Compare(streamKey(a), streamKey(b)) })
	if len(all) == 0 {
		q, err := logql.Scan(a.Match[0])
		if err == nil {
			head.Hints = l.absent(ctx, q, r)
		}
	}
	head.Labels = table.Hoist(all)
	rows := make([]row, len(all))
	for i, labels := range all {
		rows[i] = row{labels: labels}
	}
	return kit.Records(head, kit.Slice(a.Paging, rows)).Pin("start", head.Start).Pin("end", head.End).Untrusted(), nil
}

package main

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/table"
	"github.com/loom-core/loom/servers/mcp-loki/internal/logql"
)

type metricArgs struct {
	Query     string `arg:"query,required" doc:"such as sum by (level) (count_over_time({…}[$__auto]))"`
	Start     string `arg:"start,loose" doc:"default 1h before end"`
	End       string `arg:"end,loose"`
	Time      string `arg:"time,loose" doc:"for one value, at this time"`
	Step      string `arg:"step,loose" default:"auto"`
	MaxPoints int    `arg:"max_points,clamp" default:"60" min:"2" max:"1000"`
	MaxSeries int    `arg:"max_series,clamp" alias:"limit" default:"20" min:"1" max:"200"`
	Override  bool   `arg:"override"`
	kit.Resume
}

// metricHead is what is said of all series. A field less is a schema shorter.
type metricHead struct {
	Query    string            `json:"query"`
	Start    string            `json:"start"`
	End      string            `json:"end"`
	Step     string            `json:"step,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`
	Sort     string            `json:"sort,omitempty"`
	Warnings []string          `json:"warnings,omitempty"`
	Hints    []string          `json:"hints,omitempty"`
}

func (l *loki) queryMetric() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "query_metric",
		Title:       "Query numbers from logs",
		Description: "LogQL that gives numbers. Each series: last, min, max, avg, and points from start, one per step, null for none. Highest first. $__auto is the step.",
		Hints:       kit.ReadLocal,
		Output:      outline{},
		ListName:    "series",
		Example:     `{"query":"sum by (pod) (rate({app=\"api\"} |= \"timeout\" [$__auto]))","start":"now-6h"}`,
	}, l.runQueryMetric)
}

// macros are what dashboards write for the step.
var macros = []string{"$__auto", "$__interval", "$__rate_interval", "${__auto}", "${__interval}"}

func withStep(query string, step time.Duration) string {
	text := kit.FormatDuration(max(step, time.Second))
	for _, m := range macros {
		query = strings.ReplaceAll(query, m, text)
	}
	return query
}

// metricQuery reads a query that has to give numbers.
func metricQuery(text string) (logql.Query, error) {
	q, err := scanned(text)
	if err != nil {
		return q, err
	}
	if !q.Metric {
		return q, kit.Errorf(kit.InvalidArgument, "the query gives lines, not numbers: %s", kit.Shorten(text, 200)).
			WithHint("count them with sum(count_over_time(%s[$__auto])), or use query_logs", kit.Shorten(text, 200))
	}
	return q, nil
}

func (l *loki) runQueryMetric(ctx context.Context, a metricArgs) (*kit.Result, error) {
	if a.Time != "" {
		return l.runInstant(ctx, a)
	}
	asked, err := l.rangeOf(a.Start, a.End)
	if err != nil {
		return nil, err
	}
	step, err := parseStep(a.Step, asked.End.Sub(asked.Start), a.MaxPoints-1)
	if err != nil {
		return nil, err
	}
	q, err := metricQuery(withStep(a.Query, step))
	if err != nil {
		return nil, err
	}
	r := aligned(asked, step)
	passed, err := l.check(ctx, q, r, a.Override)
	if err != nil {
		return nil, err
	}
	params := span(r)
	params.Set("query", q.Text)
	params.Set("step", strconv.FormatFloat(step.Seconds(), 'f', -1, 64))
	list, err := l.matrix(ctx, "query_range", params)
	if err != nil {
		return nil, pointAt(err, q.Text)
	}
	head := metricHead{Query: q.Text, Start: kit.FormatTime(r.Start), End: kit.FormatTime(r.End), Step: kit.FormatDuration(step), Warnings: passed.Warnings}
	for _, s := range q.Selectors {
		if s.Range > 0 && s.Range < step {
			head.Warnings = append(head.Warnings, "the range ["+kit.FormatDuration(s.Range)+"] is shorter than the step: lines between are in no value; [$__auto] fits")
			break
		}
	}
	rows := make([]row, len(list))
	order := make([]float64, len(list))
	for i, s := range list {
		values := grid(s.samples(), r, step)
		sum := summary(values)
		points, index := thin(values, a.MaxPoints)
		rows[i] = row{s.Metric, []field{{"last", num(sum.last)}, {"min", num(sum.min)}, {"max", num(sum.max)}, {"avg", num(sum.avg)}, {"points", nums(points)}}}
		if len(points) < len(values) {
			at := make([]string, len(index))
			for j, k := range index {
				at[j] = r.Start.Add(time.Duration(k) * step).Format("15:04:05")
			}
			rows[i].fields = append(rows[i].fields, field{"at", at})
		}
		order[i] = sum.max
	}
	return l.metricAnswer(ctx, a, q, kit.Range{Start: r.Start, End: r.End}, head, rows, order)
}

func (l *loki) runInstant(ctx context.Context, a metricArgs) (*kit.Result, error) {
	at, err := kit.ParseTime(a.Time, l.now())
	if err != nil {
		return nil, kit.Errorf(kit.InvalidArgument, "argument \"time\": %w", err)
	}
	q, err := metricQuery(withStep(a.Query, defaultRange))
	if err != nil {
		return nil, err
	}
	r := kit.Range{Start: at, End: at}
	passed, err := l.check(ctx, q, r, a.Override)
	if err != nil {
		return nil, err
	}
	list, err := l.vector(ctx, map[string][]string{"query": {q.Text}, "time": {nanos(at)}})
	if err != nil {
		return nil, pointAt(err, q.Text)
	}
	rows := make([]row, len(list))
	order := make([]float64, len(list))
	for i, s := range list {
		if samples := s.samples(); len(samples) > 0 {
			order[i] = samples[0].v
		}
		rows[i] = row{s.Metric, []field{{"value", num(order[i])}}}
	}
	head := metricHead{Query: q.Text, Start: kit.FormatTime(at), End: kit.FormatTime(at), Warnings: passed.Warnings}
	return l.metricAnswer(ctx, a, q, kit.Range{Start: at.Add(-max(q.Reach(), time.Minute)), End: at}, head, rows, order)
}

func (l *loki) metricAnswer(ctx context.Context, a metricArgs, q logql.Query, r kit.Range, head metricHead, rows []row, order []float64) (*kit.Result, error) {
	index := make([]int, len(rows))
	for i := range index {
		index[i] = i
	}
	slices.SortStableFunc(index, func(i, j int) int {
		if n := -compareNaN(order[i], order[j]); n != 0 {
			return n
		}
		return strings.Compare(streamKey(rows[i].labels), streamKey(rows[j].labels))
	})
	labels := make([]map[string]string, len(rows))
	sorted := make([]row, len(rows))
	for i, j := range index {
		sorted[i], labels[i] = rows[j], rows[j].labels
	}
	head.Labels = table.Hoist(labels)
	for i := range sorted {
		sorted[i].labels = labels[i]
	}
	if len(rows) == 0 {
		head.Hints = l.absent(ctx, q, r)
	}
	if len(rows) > a.MaxSeries {
		head.Sort = "highest first, by max of the range; topk or sum by (…) in the query leaves fewer"
	}
	page := kit.Slice(a.Paging(a.MaxSeries), sorted)
	result := kit.Records(head, page).Untrusted().Narrow("set max_series or max_points lower, or aggregate with sum by (…)")
	if a.Time != "" {
		return result.Pin("time", head.End), nil
	}
	return result.Pin("start", head.Start).Pin("end", head.End).Pin("step", head.Step), nil
}

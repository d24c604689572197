package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

type histogramArgs struct {
	Metric    string            `arg:"metric,required" doc:"with or without _bucket" alias:"name,query"`
	Quantiles []string          `arg:"quantiles" default:"0.5,0.9,0.99"`
	Labels    map[string]string `arg:"labels"`
	By        []string          `arg:"by" alias:"group_by"`
	Start     string            `arg:"start,loose" doc:"default 1h before end"`
	End       string            `arg:"end,loose"`
	kit.Paging
}

type histogramAbout struct {
	Start    string      `json:"start"`
	End      string      `json:"end"`
	Kind     string      `json:"kind"` // classic or native
	Queries  []string    `json:"queries"`
	Buckets  []bucketRow `json:"buckets,omitempty"` // of all groups together
	Warnings []string    `json:"warnings,omitempty"`
	Hints    []string    `json:"hints,omitempty"`
}

// bucketRow counts the observations over the bound of the row before.
type bucketRow struct {
	UpTo  num `json:"up_to"`
	Count num `json:"count"`
}

func (p *prometheus) queryHistogram() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "query_histogram",
		Title:       "Query quantiles of a histogram",
		Description: "Count, average and quantiles of what a histogram, classic or native, observed in a range, with the PromQL for it.",
		Hints:       kit.ReadLocal,
		ListName:    "groups",
	}, p.runQueryHistogram)
}

// distribution is a histogram and what is asked of it.
type distribution struct {
	metric    string
	labels    map[string]string
	by        []string
	quantiles []float64
	span      string
	native    bool
}

func (p *prometheus) runQueryHistogram(ctx context.Context, a histogramArgs) (*kit.Result, error) {
	r, err := kit.ParseRange(a.Start, a.End, p.now(), time.Hour, 0)
	if err != nil {
		return nil, err
	}
	d := distribution{metric: histogramName(a.Metric), labels: a.Labels, by: a.By, span: kit.FormatDuration(r.End.Sub(r.Start))}
	if d.quantiles, err = quantiles(a.Quantiles); err != nil {
		return nil, err
	}
	found, err := p.findHistogram(ctx, &d, r.End)
	if err != nil {
		return nil, err
	}
	head := histogramAbout{Start: kit.FormatTime(r.Start), End: kit.FormatTime(r.End), Kind: "classic"}
	if !found {
		head.Kind = "none"
		head.Hints = []string{fmt.Sprintf("no histogram %s has samples in this range with these labels; list_metrics type=histogram has the names, an earlier start may have some", d.metric)}
		return kit.Records(head, kit.Slice(a.Paging, []line{})), nil
	}
	if d.native {
		head.Kind = "native"
	}
	rows, err := p.distribute(ctx, d, r.End, &head)
	if err != nil {
		return nil, err
	}
	return kit.Records(head, kit.Slice(a.Paging, rows)).Pin("start", head.Start).Pin("end", head.End).Narrow("use fewer labels in by").Untrusted(), nil
}

func histogramName(text string) string {
	text = strings.TrimSpace(text)
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		if base, ok := strings.CutSuffix(text, suffix); ok {
			return base
		}
	}
	return text
}

// quantiles reads 0.99, 99 and p99.
func quantiles(texts []string) ([]float64, error) {
	var list []float64
	for _, text := range texts {
		q, err := strconv.ParseFloat(strings.TrimPrefix(strings.ToLower(text), "p"), 64)
		if err == nil && q > 1 {
			q /= 100
		}
		if err != nil || !(0 <= q && q <= 1) {
			return nil, kit.Errorf(kit.InvalidArgument, "argument \"quantiles\": %q is no quantile", text).WithHint("for example quantiles=[0.5,0.9,0.99]")
		}
		list = append(list, q)
	}
	return list, nil
}

// findHistogram looks in which of the two forms the histogram is stored. A
// native one goes first: it knows more.
func (p *prometheus) findHistogram(ctx context.Context, d *distribution, at time.Time) (found bool, err error) {
	var classic, native float64
	_, err = upstream.Together(ctx,
		upstream.Task{Name: "classic", Do: func(ctx context.Context) (err error) {
			classic, err = p.single(ctx, fmt.Sprintf("count(present_over_time(%s[%s]))", selector(d.metric+"_bucket", d.labels), d.span), at)
			return err
		}},
		upstream.Task{Name: "native", Do: func(ctx context.Context) (err error) {
			native, err = p.single(ctx, fmt.Sprintf("count(histogram_count(last_over_time(%s[%s])))", selector(d.metric, d.labels), d.span), at)
			return err
		}})
	d.native = native > 0
	return classic > 0 || d.native, err
}

// over is the function of the counters of the histogram, of all of its series,
// by its labels and those.
func (d distribution) over(function, suffix string, by ...string) string {
	return fmt.Sprintf("sum%s (%s(%s[%s]))", grouping(append(by, d.by...)...), function, selector(d.metric+suffix, d.labels), d.span)
}

func (d distribution) count() string {
	if d.native {
		return "histogram_count(" + d.over("increase", "") + ")"
	}
	return d.over("increase", "_count")
}

func (d distribution) sum() string {
	if d.native {
		return "histogram_sum(" + d.over("increase", "") + ")"
	}
	return d.over("increase", "_sum")
}

func (d distribution) quantile(q float64) string {
	if d.native {
		return fmt.Sprintf("histogram_quantile(%v, %s)", q, d.over("rate", ""))
	}
	return fmt.Sprintf("histogram_quantile(%v, %s)", q, d.over("rate", "_bucket", "le"))
}

func (d distribution) buckets() string {
	d.by = nil
	if d.native {
		return d.over("increase", "")
	}
	return d.over("increase", "_bucket", "le")
}

// column is one value of each group.
type column struct {
	name, query string
	values      map[string]num // by labels
	labels      map[string]map[string]string
}

// distribute asks for all columns and makes a row of each group.
func (p *prometheus) distribute(ctx context.Context, d distribution, at time.Time, head *histogramAbout) ([]line, error) {
	columns := []*column{{name: "count", query: d.count()}, {name: "sum", query: d.sum()}}
	for _, q := range d.quantiles {
		columns = append(columns, &column{name: "p" + strconv.FormatFloat(q*100, 'g', 6, 64), query: d.quantile(q)})
	}
	var tasks []upstream.Task
	for _, c := range columns {
		tasks = append(tasks, upstream.Task{Name: c.name, Do: func(ctx context.Context) error {
			all, _, err := p.instant(ctx, c.query, at)
			c.values, c.labels = map[string]num{}, map[string]map[string]string{}
			for _, s := range all {
				key := labelText(s.Metric)
				c.values[key], c.labels[key] = num(s.Value.v), s.Metric
			}
			return err
		}})
		if c.name != "sum" {
			head.Queries = append(head.Queries, c.query)
		}
	}
	tasks = append(tasks, upstream.Task{Name: "buckets", Do: func(ctx context.Context) error {
		all, _, err := p.instant(ctx, d.buckets(), at)
		head.Buckets = bucketRows(all)
		return err
	}})
	warnings, err := upstream.Together(ctx, tasks...)
	if err != nil {
		return nil, err
	}
	head.Warnings = warnings
	if !d.native {
		head.Warnings = append(head.Warnings, overflow(columns, head.Buckets)...)
	}
	head.Buckets = fewer(head.Buckets)
	return groups(columns), nil
}

func groups(columns []*column) []line {
	var keys []string
	labels := make(map[string]map[string]string)
	for _, c := range columns {
		for key, set := range c.labels {
			if labels[key] == nil {
				labels[key] = set
				keys = append(keys, key)
			}
		}
	}
	count, sum := columns[0].values, columns[1].values
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(-cmp.Compare(count[a], count[b]), cmp.Compare(a, b)) })
	rows := make([]line, len(keys))
	for i, key := range keys {
		l := line{labels: labels[key], fields: []field{{"count", count[key]}, {"avg", sum[key] / count[key]}}}
		for _, c := range columns[2:] {
			v, ok := c.values[key]
			if !ok {
				v = num(math.NaN())
			}
			l.fields = append(l.fields, field{c.name, v})
		}
		rows[i] = l
	}
	return rows
}

// bucketRows are the buckets of all groups together, without what is in those
// below.
func bucketRows(all []series) []bucketRow {
	var rows []bucketRow
	for _, s := range all {
		if s.Histogram != nil {
			for _, b := range s.Histogram.buckets {
				rows = append(rows, bucketRow{num(b.high), num(b.count)})
			}
			continue
		}
		if le, err := strconv.ParseFloat(s.Metric["le"], 64); err == nil {
			rows = append(rows, bucketRow{num(le), num(s.Value.v)})
		}
	}
	slices.SortFunc(rows, func(a, b bucketRow) int { return cmp.Compare(a.UpTo, b.UpTo) })
	if len(all) > 0 && all[0].Histogram == nil {
		for i := len(rows) - 1; i > 0; i-- {
			rows[i].Count = max(rows[i].Count-rows[i-1].Count, 0)
		}
	}
	return rows
}

// overflow says which quantiles are only known to be over the last bound.
func overflow(columns []*column, buckets []bucketRow) (warnings []string) {
	last := math.NaN()
	for _, b := range buckets {
		if !math.IsInf(float64(b.UpTo), 1) {
			last = float64(b.UpTo)
		}
	}
	for _, c := range columns[2:] {
		for _, v := range c.values {
			if float64(v) >= last {
				warnings = append(warnings, fmt.Sprintf("%s of some groups is in the bucket over %v, the last bound: how far over is not known", c.name, last))
				break
			}
		}
	}
	return warnings
}

// maxBuckets of a native histogram are shown, which may have hundreds.
const maxBuckets = 24

// fewer joins neighbours until few are left, and leaves out the empty ones.
func fewer(rows []bucketRow) []bucketRow {
	rows = slices.DeleteFunc(rows, func(b bucketRow) bool { return b.Count == 0 })
	for len(rows) > maxBuckets {
		var joined []bucketRow
		for i := 0; i < len(rows); i += 2 {
			row := rows[i]
			if i+1 < len(rows) {
				row = bucketRow{rows[i+1].UpTo, row.Count + rows[i+1].Count}
			}
			joined = append(joined, row)
		}
		rows = joined
	}
	return rows
}

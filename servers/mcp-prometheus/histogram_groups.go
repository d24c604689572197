package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/loom-core/loom/servers/kit/upstream"
)

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

package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
	"github.com/loom-core/loom/servers/mcp-prometheus/internal/promql"
)

// evaluate asks for the expression and what it compares, now and before.
func (p *prometheus) evaluate(ctx context.Context, r rule, e *explanation) error {
	end := p.now()
	tasks := []upstream.Task{
		{Name: "the expression now", Do: func(ctx context.Context) error {
			all, _, err := p.instant(ctx, r.Query, end)
			if err == nil {
				n := len(all)
				e.TrueNow = &n
			}
			return err
		}},
		{Name: "the last hour", Do: func(ctx context.Context) error {
			all, err := p.steps(ctx, r.Query, kit.Range{Start: end.Add(-time.Hour), End: end}, hourStep)
			e.Hour = hourLines(all)
			return err
		}},
	}
	q, err := promql.Parse(r.Query)
	if err == nil {
		for _, f := range q.Lint(promql.Facts{}) {
			if f.Level != promql.Info {
				e.Findings = append(e.Findings, f.Text)
			}
		}
		tasks = append(tasks, upstream.Task{Name: "metric names", Do: func(ctx context.Context) error {
			found, err := p.absent(ctx, q.Names())
			for _, f := range found {
				e.Findings = append(e.Findings, f.Text)
			}
			return err
		}})
		if left, op, limit, ok := q.Threshold(); ok {
			e.Compared = fmt.Sprintf("%s %s %v", left, op, limit)
			tasks = append(tasks, upstream.Task{Name: "the value that is compared", Do: func(ctx context.Context) error {
				all, _, err := p.instant(ctx, left, end)
				e.Nearest = nearest(all, limit)
				return err
			}})
		}
	}
	e.Warnings, err = upstream.Together(ctx, tasks...)
	return err
}

const hourStep = time.Minute

// hourLines say of each series of the expression when it was true: an
// expression answers with those series only for which it is.
func hourLines(all []series) []line {
	slices.SortStableFunc(all, func(x, y series) int {
		return cmp.Or(-cmp.Compare(len(x.Values), len(y.Values)), cmp.Compare(labelText(x.Metric), labelText(y.Metric)))
	})
	var lines []line
	for _, s := range all[:min(len(all), maxHour)] {
		if len(s.Values) == 0 {
			continue
		}
		delete(s.Metric, "__name__")
		sum := summarize(s.Values, 0, 0, 0)
		lines = append(lines, line{labels: s.Metric, fields: []field{
			{"true_minutes", len(s.Values)},
			{"first", unixTime(s.Values[0].at)}, {"last", unixTime(s.Values[len(s.Values)-1].at)},
			{"min", num(sum.min)}, {"max", num(sum.max)},
		}})
	}
	return lines
}

// nearest are the series closest to the threshold, on either side of it.
func nearest(all []series, limit float64) []line {
	away := func(s series) float64 { return math.Abs(s.Value.v - limit) }
	all = slices.DeleteFunc(all, func(s series) bool { return math.IsNaN(s.Value.v) || s.Histogram != nil })
	slices.SortStableFunc(all, func(x, y series) int { return cmp.Compare(away(x), away(y)) })
	var lines []line
	for _, s := range all[:min(len(all), maxNearest)] {
		delete(s.Metric, "__name__")
		lines = append(lines, line{labels: s.Metric, fields: []field{{"value", num(s.Value.v)}, {"threshold", num(limit)}, {"difference", num(s.Value.v - limit)}}})
	}
	return lines
}

func unixTime(at float64) string { return kit.FormatTime(time.UnixMilli(int64(at * 1000))) }

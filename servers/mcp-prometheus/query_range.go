package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-prometheus/internal/promql"
)

type rangeArgs struct {
	Query     string `arg:"query,required" doc:"PromQL"`
	Start     string `arg:"start,loose" doc:"default 1h before end"`
	End       string `arg:"end,loose" doc:"default now"`
	Step      string `arg:"step,loose" default:"auto"`
	MaxPoints int    `arg:"max_points,clamp" doc:"per series, fewer over 20 series" default:"60" min:"4" max:"1000"`
	MaxSeries int    `arg:"max_series,clamp" default:"20" min:"1" max:"200" alias:"limit"`
	Points    string `arg:"points" enum:"auto,none,all" default:"auto" doc:"auto: downsampled; none: summary only; all: every step"`
	kit.Resume
}

// maxSteps is where Prometheus refuses a range query.
const maxSteps = 11_000

func (p *prometheus) queryRange() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:  "query_range",
		Title: "Query values over time",
		Description: "Evaluates PromQL over a range, series with the highest max first. Each has a summary and points that keep the extremes: " +
			"one value, [min,max] in order of time, or null per interval.",
		Hints:    kit.ReadLocal,
		ListName: "series",
	}, p.runQueryRange)
}

func (p *prometheus) runQueryRange(ctx context.Context, a rangeArgs) (*kit.Result, error) {
	r, err := kit.ParseRange(a.Start, a.End, p.now(), time.Hour, 0)
	if err != nil {
		return nil, err
	}
	r, step, err := chooseStep(r, a.Step, a.MaxPoints)
	if err != nil {
		return nil, err
	}
	params := url.Values{
		"query": {a.Query}, "start": {unix(r.Start)}, "end": {unix(r.End)},
		"step": {fmt.Sprintf("%.3f", step.Seconds())},
	}
	setTimeout(ctx, params)
	var data struct {
		ResultType string   `json:"resultType"`
		Result     []series `json:"result"`
	}
	notes, err := p.client.call(ctx, "query_range", params, &data)
	if err != nil {
		return nil, pointAt(err, a.Query)
	}
	all := data.Result
	if len(all) > 0 && !slices.ContainsFunc(all, func(s series) bool { return !native(s) }) {
		return nil, kit.Errorf(kit.Unsupported, "the query answers with native histograms, which have no single value to follow over time").
			WithHint("query_range with query=histogram_quantile(0.99, %s) or histogram_count(...), or query for one instant", a.Query)
	}
	g := grid{start: r.Start, step: step, steps: int(r.End.Sub(r.Start)/step) + 1}
	summaries := make(map[string]summary, len(all)) // by labels: hoist and sort move the series
	key := func(s series) string { return labelText(s.Metric) }
	head := about{
		Start: kit.FormatTime(r.Start), End: kit.FormatTime(r.End), Step: kit.FormatDuration(step),
		ResultType: data.ResultType, Warnings: notes.Warnings, Infos: notes.Infos,
	}
	head.describe(a.Query, all, a.MaxSeries)
	head.Hints = append(head.Hints, counterHints(a.Query, all)...)
	for _, s := range all {
		summaries[key(s)] = summarize(s.Values, float64(g.start.UnixMilli())/1000, step.Seconds(), g.steps)
	}
	slices.SortStableFunc(all, func(x, y series) int {
		a, b := summaries[key(x)].max, summaries[key(y)].max
		if by := cmp.Compare(bit(math.IsNaN(a)), bit(math.IsNaN(b))); by != 0 {
			return by
		}
		return cmp.Or(-cmp.Compare(a, b), cmp.Compare(key(x), key(y)))
	})
	width := g.bucketWidth(a.Points, fewerPoints(a.MaxPoints, min(len(all), a.MaxSeries)))
	if a.Points != "none" && len(all) > 0 {
		head.Points = fmt.Sprintf("one per %s from start", kit.FormatDuration(time.Duration(width)*step))
		if a.Points == "auto" {
			head.Points += "; \"0 x5\" is five times 0; left out of series that do not move"
		}
	}
	if slices.ContainsFunc(all, native) {
		head.Hints = append(head.Hints, "some series are native histograms, which have no single value to follow: histogram_quantile, histogram_count and histogram_avg have one")
	}
	lines, err := mapPage(kit.Slice(a.Resume.Paging(a.MaxSeries), all), func(s series) (line, error) {
		if native(s) {
			return line{labels: s.Metric, fields: []field{{"trend", "native histogram"}}}, nil
		}
		sum := summaries[key(s)]
		l := line{labels: s.Metric, fields: sum.fields()}
		flat := sum.min == sum.max && sum.gaps == 0
		if a.Points == "all" || a.Points == "auto" && !flat {
			points := g.points(s.Values, width)
			if a.Points == "auto" {
				points = runs(points)
			}
			l.fields = append(l.fields, field{"points", points})
		}
		return l, nil
	})
	if err != nil {
		return nil, err
	}
	return kit.Records(head, lines).
		Pin("start", head.Start).Pin("end", head.End).Pin("step", head.Step).
		Narrow("use one of smaller_queries, fewer max_points or points=none").Untrusted(), nil
}

// fullSeries is how many series have as many points as were asked for. More of
// them share the room, so that fifty cost little more than twenty.
const fullSeries = 20

func fewerPoints(points, shown int) int {
	if shown <= fullSeries {
		return points
	}
	return max(points*fullSeries/shown, 4)
}

// native reports whether a series has histograms and no values.
func native(s series) bool { return s.Values == nil && s.Histograms != nil }

// counterHints says of a counter that is followed as it is how to follow it.
func counterHints(query string, all []series) []string {
	q, err := promql.Parse(query)
	if err != nil || len(all) == 0 {
		return nil
	}
	for _, f := range q.Lint(promql.Facts{}) {
		if f.Rule == "counter-without-rate" {
			return []string{f.Text}
		}
	}
	return nil
}

// niceSteps are what a reader can count in.
var niceSteps = []time.Duration{
	5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	24 * time.Hour, 48 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour,
}

// finer is how many steps are asked for per point that is shown: enough to see
// a peak, few enough that many series fit in the answer of the server.
const finer = 4

// chooseStep resolves step. With auto the range moves to whole steps, so that
// the same question a moment later has the same points; to whole minutes at
// most, so that the end is not an hour old.
func chooseStep(r kit.Range, text string, points int) (kit.Range, time.Duration, error) {
	window := r.End.Sub(r.Start)
	if text == "auto" {
		want := window / time.Duration(min(points*finer, maxSteps-1))
		step := niceSteps[len(niceSteps)-1]
		if i := slices.IndexFunc(niceSteps, func(d time.Duration) bool { return d >= want }); i >= 0 {
			step = niceSteps[i]
		} else {
			step *= want/step + 1
		}
		align := min(step, time.Minute)
		r.Start, r.End = r.Start.Truncate(align), r.End.Truncate(align)
		if !r.Start.Before(r.End) {
			r.End = r.Start.Add(step)
		}
		return r, step, nil
	}
	step, err := kit.ParseDuration(text)
	if err != nil {
		if seconds, bad := kit.ParseDuration(text + "s"); bad == nil {
			step, err = seconds, nil // "60" is what the API itself takes
		}
	}
	switch {
	case err != nil:
		return r, 0, kit.Errorf(kit.InvalidArgument, "argument \"step\": %w", err)
	case step < time.Millisecond:
		return r, 0, kit.Errorf(kit.InvalidArgument, "argument \"step\": %q is too short", text).WithHint("leave step out: auto fits the range")
	case window/step >= maxSteps:
		least := (window/maxSteps + time.Second).Truncate(time.Second)
		return r, 0, kit.Errorf(kit.InvalidArgument, "a step of %s makes %d points, the server takes %d", kit.FormatDuration(step), window/step, maxSteps).
			WithHint("for example step=%s, or step=auto", kit.FormatDuration(least))
	}
	return r, step, nil
}

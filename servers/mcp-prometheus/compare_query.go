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

type compareArgs struct {
	Query     string `arg:"query,required"`
	Window    string `arg:"window" default:"1h" doc:"averaged, up to time"`
	Offset    string `arg:"offset" default:"1d" doc:"how long before"`
	Time      string `arg:"time,loose" doc:"default now"`
	MaxSeries int    `arg:"max_series,clamp" default:"20" min:"1" max:"200" alias:"limit"`
	kit.Resume
}

type compareAbout struct {
	Now      string            `json:"now"` // the two windows
	Then     string            `json:"then"`
	Common   map[string]string `json:"common_labels,omitempty"`
	New      int               `json:"new,omitempty"`  // series that were not there then
	Gone     int               `json:"gone,omitempty"` // and that are no more
	Warnings []string          `json:"warnings,omitempty"`
	Hints    []string          `json:"hints,omitempty"`
}

// change is a series in both windows. NaN: not there.
type change struct {
	series
	now, then float64
}

func (c change) absolute() float64 {
	switch {
	case math.IsNaN(c.then):
		return c.now
	case math.IsNaN(c.now):
		return -c.then
	}
	return c.now - c.then
}

func (p *prometheus) compareQuery() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "compare_query",
		Title:       "Compare a query with earlier",
		Description: "Averages of a query over a window now and one before, by series, the largest change first.",
		Hints:       kit.ReadLocal,
		ListName:    "series",
	}, p.runCompareQuery)
}

// windowSteps is how often the query is evaluated in each window.
const windowSteps = 60

func (p *prometheus) runCompareQuery(ctx context.Context, a compareArgs) (*kit.Result, error) {
	at, err := p.timeArg(a.Time)
	if err != nil {
		return nil, err
	}
	window, err := positive("window", a.Window)
	if err != nil {
		return nil, err
	}
	offset, err := positive("offset", a.Offset)
	if err != nil {
		return nil, err
	}
	averaged, err := average(a.Query, window)
	if err != nil {
		return nil, err
	}
	ago := at.Add(-offset)
	now, then, warnings, err := p.both(ctx, averaged, at, ago)
	if err != nil {
		return nil, pointAt(err, a.Query)
	}
	if histograms(now) || histograms(then) {
		return nil, kit.Errorf(kit.Unsupported, "the query answers with native histograms, which have no single value to compare").
			WithHint("compare_query query=histogram_quantile(0.99, %s), histogram_count(…) or histogram_avg(…)", a.Query)
	}
	head := compareAbout{
		Now:      kit.FormatTime(at.Add(-window)) + " to " + kit.FormatTime(at),
		Then:     kit.FormatTime(ago.Add(-window)) + " to " + kit.FormatTime(ago),
		Warnings: warnings,
	}
	all := pair(now, then)
	head.describe(a.Query, all)
	slices.SortStableFunc(all, func(x, y change) int {
		return cmp.Or(-cmp.Compare(math.Abs(x.absolute()), math.Abs(y.absolute())), cmp.Compare(labelText(x.Metric), labelText(y.Metric)))
	})
	page, err := mapPage(kit.Slice(a.Resume.Paging(a.MaxSeries), all), func(c change) (line, error) { return c.line(), nil })
	if err != nil {
		return nil, err
	}
	return kit.Records(head, page).Pin("time", kit.FormatTime(at)).Narrow("use fewer max_series, or aggregate").Untrusted(), nil
}

// average wraps a query so that it is its average over the window.
func average(query string, window time.Duration) (string, error) {
	if q, err := promql.Parse(query); err == nil {
		switch q.Type() {
		case "scalar":
			query = "vector(" + query + "\n)"
		case "range vector":
			return "", kit.Errorf(kit.InvalidArgument, "the query is a range vector, which has no value to compare").
				WithHint("leave the range out, or use rate(%s)", query)
		case "string":
			return "", kit.Errorf(kit.InvalidArgument, "the query is a string, which has no value to compare")
		}
	}
	// Whole seconds: subquery steps of Prometheus 2 take no fractions of them.
	step := max((window / windowSteps).Truncate(time.Second), time.Second)
	return fmt.Sprintf("avg_over_time((%s\n)[%s:%s])", query, kit.FormatDuration(window), kit.FormatDuration(step)), nil
}

func (p *prometheus) both(ctx context.Context, query string, at, ago time.Time) (now, then []series, warnings []string, err error) {
	var notNow, notThen error
	var told, toldThen notes
	_, err = upstream.Together(ctx,
		upstream.Task{Name: "now", Do: func(ctx context.Context) error {
			now, told, notNow = p.instant(ctx, query, at)
			return notNow
		}},
		upstream.Task{Name: "then", Do: func(ctx context.Context) error {
			then, toldThen, notThen = p.instant(ctx, query, ago)
			return notThen
		}})
	if err = cmp.Or(err, notNow, notThen); err != nil { // half an answer would look as if all had changed
		return nil, nil, nil, err
	}
	warnings = append(told.Warnings, toldThen.Warnings...)
	slices.Sort(warnings)
	return now, then, slices.Compact(warnings), nil
}

func histograms(all []series) bool {
	return slices.ContainsFunc(all, func(s series) bool { return s.Histogram != nil })
}

// pair joins the series of both windows by their labels.
func pair(now, then []series) []change {
	all := make([]change, 0, len(now))
	index := make(map[string]int, len(now))
	for _, s := range now {
		index[labelText(s.Metric)] = len(all)
		all = append(all, change{s, s.Value.v, math.NaN()})
	}
	for _, s := range then {
		if i, ok := index[labelText(s.Metric)]; ok {
			all[i].then = s.Value.v
		} else {
			all = append(all, change{s, math.NaN(), s.Value.v})
		}
	}
	return all
}

func (h *compareAbout) describe(query string, all []change) {
	plain := make([]series, len(all))
	for i, c := range all {
		plain[i] = c.series
		if math.IsNaN(c.then) {
			h.New++
		}
		if math.IsNaN(c.now) {
			h.Gone++
		}
	}
	h.Common = hoist(plain)
	for i := range all {
		all[i].series = plain[i]
	}
	if len(all) == 0 {
		h.Hints = emptyHints(query, true)
	}
}

func (c change) line() line {
	l := line{labels: c.Metric, fields: []field{{"now", num(c.now)}, {"then", num(c.then)}}}
	switch {
	case math.IsNaN(c.then):
		l.fields = append(l.fields, field{"change", num(c.now)}, field{"percent", "new"})
	case math.IsNaN(c.now):
		l.fields = append(l.fields, field{"change", num(-c.then)}, field{"percent", "gone"})
	default:
		percent := 0.0 // of nothing to nothing
		if c.now != c.then {
			percent = (c.now - c.then) / math.Abs(c.then) * 100
		}
		l.fields = append(l.fields, field{"change", num(c.now - c.then)}, field{"percent", num(math.Round(percent*10) / 10)})
	}
	return l
}

// timeArg reads the argument time, now when it is empty.
func (p *prometheus) timeArg(text string) (time.Time, error) {
	at := p.now().UTC()
	if text == "" {
		return at, nil
	}
	at, err := kit.ParseTime(text, at)
	if err != nil {
		return at, kit.Errorf(kit.InvalidArgument, "argument \"time\": %w", err)
	}
	return at, nil
}

func positive(name, text string) (time.Duration, error) {
	d, err := kit.ParseDuration(text)
	if err != nil {
		return 0, kit.Errorf(kit.InvalidArgument, "argument %q: %w", name, err)
	}
	if d < time.Second {
		return 0, kit.Errorf(kit.InvalidArgument, "argument %q: %s is too short, the least is 1s", name, text)
	}
	return d, nil
}

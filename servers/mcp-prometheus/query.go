package main

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-prometheus/internal/promql"
)

type queryArgs struct {
	Query     string `arg:"query,required" doc:"PromQL"`
	Time      string `arg:"time,loose" doc:"default now"`
	MaxSeries int    `arg:"max_series,clamp" default:"50" min:"1" max:"500" alias:"limit"`
	Sort      string `arg:"sort" enum:"value_desc,value_asc,labels" default:"value_desc"`
	kit.Resume
}

// about is what is said of all series of an answer together.
type about struct {
	Time       string            `json:"time,omitempty"`
	Start      string            `json:"start,omitempty"`
	End        string            `json:"end,omitempty"`
	Step       string            `json:"step,omitempty"`
	Points     string            `json:"points,omitempty"` // how to read the column points
	ResultType string            `json:"result_type"`
	Common     map[string]string `json:"common_labels,omitempty"`
	Label      map[string]int    `json:"values_per_label,omitempty"`
	Rewrites   []string          `json:"smaller_queries,omitempty"`
	Warnings   []string          `json:"warnings,omitempty"`
	Infos      []string          `json:"infos,omitempty"`
	Hints      []string          `json:"hints,omitempty"`
}

func (p *prometheus) query() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:  "query",
		Title: "Query values at one time",
		Description: "Evaluates PromQL at one instant. Labels that all series share are given once. With more than max_series " +
			"the answer has the total, values per label and smaller queries. Native histograms become count, sum and estimated quantiles.",
		Hints:    kit.ReadLocal,
		ListName: "series",
	}, p.runQuery)
}

func (p *prometheus) runQuery(ctx context.Context, a queryArgs) (*kit.Result, error) {
	at, err := p.timeArg(a.Time)
	if err != nil {
		return nil, err
	}
	params := url.Values{"query": {a.Query}, "time": {unix(at)}}
	setTimeout(ctx, params)
	var data struct {
		ResultType string          `json:"resultType"`
		Result     json.RawMessage `json:"result"`
	}
	notes, err := p.client.call(ctx, "query", params, &data)
	if err != nil {
		return nil, pointAt(err, a.Query)
	}
	head := about{Time: kit.FormatTime(at), ResultType: data.ResultType, Warnings: notes.Warnings, Infos: notes.Infos}

	var all []series
	switch data.ResultType {
	case "vector", "matrix":
		if err := json.Unmarshal(data.Result, &all); err != nil {
			return nil, kit.Errorf(kit.Unavailable, "decoding the series: %w", err)
		}
	case "scalar":
		all = make([]series, 1)
		if err := json.Unmarshal(data.Result, &all[0].Value); err != nil {
			return nil, kit.Errorf(kit.Unavailable, "decoding the scalar: %w", err)
		}
	case "string":
		var pair [2]any
		if err := json.Unmarshal(data.Result, &pair); err != nil {
			return nil, kit.Errorf(kit.Unavailable, "decoding the string: %w", err)
		}
		text := []line{{fields: []field{{"value", pair[1]}}}}
		return kit.Records(head, kit.Slice(a.Resume.Paging(a.MaxSeries), text)), nil
	default:
		return nil, kit.Errorf(kit.Unsupported, "results of type %q are not supported", data.ResultType)
	}
	sortInstant(all, a.Sort)
	head.describe(a.Query, all, a.MaxSeries)
	if data.ResultType == "matrix" {
		head.Hints = append(head.Hints, "these are the samples of a range selector; query_range shows how a query moves over time")
	}
	page := kit.Slice(a.Resume.Paging(a.MaxSeries), all)
	lines, err := mapPage(page, func(s series) (line, error) { return instantLine(s), nil })
	if err != nil {
		return nil, err
	}
	return kit.Records(head, lines).Pin("time", head.Time).Narrow("use one of smaller_queries").Untrusted(), nil
}

// describe fills in what depends on the full set of series.
func (h *about) describe(query string, all []series, size int) {
	h.Common = hoist(all)
	if len(all) > size {
		h.Label = cardinality(all)
		h.Rewrites = rewrites(query, h.Label, size)
	}
	if len(all) == 0 {
		h.Hints = emptyHints(query, h.Time != "")
	}
}

// emptyHints are the calls that find out why nothing matched.
func emptyHints(query string, instant bool) []string {
	hint := "no series match in this range; an earlier start may have some"
	if instant {
		hint = "no series match at this time; query_range start=now-1d tells whether there were any before"
	}
	hints := []string{hint}
	if q, err := promql.Parse(query); err == nil && len(q.Names()) > 0 {
		hints = append(hints, "list_metrics match="+q.Names()[0]+" tells whether the name exists; check_query looks for mistakes")
	}
	return hints
}

func instantLine(s series) line {
	l := line{labels: s.Metric}
	switch {
	case s.Histogram != nil:
		l.fields = s.Histogram.fields()
	case s.Values != nil:
		l.fields = summarize(s.Values, 0, 0, 0).fields()
	case s.Histograms != nil:
		l.fields = append([]field{{"samples", len(s.Histograms)}}, s.Histograms[len(s.Histograms)-1].fields()...)
	default:
		l.fields = []field{{"value", num(s.Value.v)}}
	}
	return l
}

// sortInstant orders by value, NaN last, series of equal value by their labels.
func sortInstant(all []series, order string) {
	key := func(s series) float64 {
		switch {
		case s.Histogram != nil:
			return s.Histogram.count
		case len(s.Values) > 0:
			return s.Values[len(s.Values)-1].v
		}
		return s.Value.v
	}
	slices.SortStableFunc(all, func(x, y series) int {
		a, b := key(x), key(y)
		if order != "labels" {
			if nan := cmp.Compare(bit(math.IsNaN(a)), bit(math.IsNaN(b))); nan != 0 {
				return nan
			}
			if by := cmp.Compare(a, b); by != 0 {
				if order == "value_desc" {
					return -by
				}
				return by
			}
		}
		return cmp.Compare(labelText(x.Metric), labelText(y.Metric))
	})
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// mapPage renders the items of a page.
func mapPage[T, U any](page kit.Page[T], f func(T) (U, error)) (kit.Page[U], error) {
	items := make([]U, len(page.Items))
	for i, item := range page.Items {
		var err error
		if items[i], err = f(item); err != nil {
			return kit.Page[U]{}, err
		}
	}
	return kit.WithItems(page, items), nil
}

func unix(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', -1, 64) }

// setTimeout makes the server stop when we no longer wait.
func setTimeout(ctx context.Context, params url.Values) {
	if deadline, ok := ctx.Deadline(); ok {
		params.Set("timeout", strconv.FormatFloat(max(time.Until(deadline).Seconds(), 0.001), 'f', 3, 64)) // plain seconds: 25.0s is no duration to Prometheus
	}
}

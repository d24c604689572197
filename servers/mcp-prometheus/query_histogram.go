package main

import (
	"context"
	"fmt"
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

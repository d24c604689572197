package main

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

type describeArgs struct {
	Metric string `arg:"metric,required" alias:"name,query,match"`
}

// metricDescription is what there is to know of one metric.
type metricDescription struct {
	Name     string      `json:"name"`
	Type     string      `json:"type"`
	Unit     string      `json:"unit,omitempty"`
	Help     string      `json:"help,omitempty"`
	Names    []nameCount `json:"series"`
	Labels   []labelUse  `json:"labels"`
	Samples  []line      `json:"samples,omitempty"`
	Examples []string    `json:"example_queries"`
	Warnings []string    `json:"warnings,omitempty"`
	Hints    []string    `json:"hints,omitempty"`
	family   metric      // with the names as stored
	native   bool        // a native histogram, as far as seen
	carriers string      // selector of the series that carry the labels, without the buckets
}

type nameCount struct {
	Name   string `json:"name"`
	Series int    `json:"series"`
}

// labelUse is a label of a metric. Top are the values with the most series.
type labelUse struct {
	Label  string   `json:"label"`
	Values int      `json:"values"`
	Top    []string `json:"top"`
}

const (
	describeSeries = 5000 // whose labels are counted
	topValues      = 5
	maxSamples     = 3
)

// suffixes of the series that belong to one metric.
var suffixes = []string{"_bucket", "_sum", "_count", "_total", "_created", "_info"}

func (p *prometheus) describeMetric() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "describe_metric",
		Title:       "Describe a metric",
		Description: "Type, help, series, labels with their commonest values, samples and example queries of one metric.",
		Hints:       kit.ReadLocal,
		Output:      struct{}{},
	}, p.runDescribeMetric)
}

func (p *prometheus) runDescribeMetric(ctx context.Context, a describeArgs) (*kit.Result, error) {
	name, _, _ := strings.Cut(a.Metric, "{")
	name = strings.TrimSpace(name)
	counts, meta, warnings, err := p.lookUp(ctx, name)
	if err != nil {
		return nil, err
	}
	if len(counts) == 0 {
		return nil, p.noMetric(ctx, name, meta)
	}
	d := newDescription(name, counts, meta)
	d.Warnings = warnings
	if err := p.fillDescription(ctx, &d); err != nil {
		return nil, err
	}
	d.Examples = d.examples()
	return kit.Record(d).Untrusted(), nil
}

func newDescription(name string, counts map[string]int, meta map[string][]metadata) metricDescription {
	stored := make([]string, 0, len(counts))
	for n := range counts {
		stored = append(stored, n)
	}
	slices.Sort(stored)
	families := fold(stored, meta)
	i := slices.IndexFunc(families, func(m metric) bool { return m.Name == name || slices.Contains(m.names, name) })
	if i < 0 { // the name is the base of some: a histogram without metadata
		base := metric{Name: name, Type: "unknown"}
		for _, n := range stored {
			if strings.HasPrefix(n, name+"_") {
				base.names = append(base.names, n)
			}
		}
		families, i = append(families, base), len(families)
	}
	d := metricDescription{family: families[i], Name: families[i].Name, Type: families[i].Type, Unit: families[i].Unit, Labels: []labelUse{}}
	for _, n := range []string{d.Name, name} {
		if m := describe(meta[n]); m != nil {
			d.Help = m.Help
			break
		}
	}
	d.Help = cmp.Or(d.Help, families[i].Help)
	if d.Type == "unknown" && slices.Contains(d.family.names, d.Name+"_bucket") {
		d.Type = "histogram"
	}
	for _, n := range d.family.names {
		d.Names = append(d.Names, nameCount{n, counts[n]})
	}
	d.native = d.Type == "histogram" && slices.Contains(d.family.names, d.Name)
	d.carriers = d.family.names[0]
	for _, n := range []string{d.Name + "_count", d.Name} {
		if slices.Contains(d.family.names, n) {
			d.carriers = n
		}
	}
	d.carriers = selector(d.carriers, nil)
	return d
}

// fillDescription adds what costs more: labels and samples.
func (p *prometheus) fillDescription(ctx context.Context, d *metricDescription) error {
	end := p.now()
	var sets []map[string]string
	var samples []series
	value := d.carriers
	if d.native {
		value = fmt.Sprintf("histogram_count(%s)", d.carriers)
	}
	warnings, err := upstream.Together(ctx,
		upstream.Task{Name: "labels", Do: func(ctx context.Context) error {
			_, err := p.client.call(ctx, "series", url.Values{
				"match[]": {d.carriers}, "start": {unix(end.Add(-time.Hour))}, "end": {unix(end)}, "limit": {strconv.Itoa(describeSeries)},
			}, &sets)
			return err
		}},
		upstream.Task{Name: "samples", Do: func(ctx context.Context) (err error) {
			samples, _, err = p.instant(ctx, fmt.Sprintf("topk(%d, %s)", maxSamples, value), end)
			return err
		}})
	if err != nil {
		return err
	}
	d.Warnings = append(d.Warnings, warnings...)
	if len(sets) >= describeSeries {
		sets = sets[:describeSeries]
		d.Warnings = append(d.Warnings, fmt.Sprintf("the labels are those of %d of its series", describeSeries))
	}
	d.Labels = labelUses(sets)
	sortInstant(samples, "value_desc")
	for _, s := range samples {
		delete(s.Metric, "__name__")
		d.Samples = append(d.Samples, instantLine(s))
	}
	return nil
}

// labelUses counts the values of each label, the label with the most first.
func labelUses(sets []map[string]string) []labelUse {
	counts := make(map[string]map[string]int)
	for _, set := range sets {
		for name, value := range set {
			if name == "__name__" {
				continue
			}
			if counts[name] == nil {
				counts[name] = make(map[string]int)
			}
			counts[name][value]++
		}
	}
	uses := make([]labelUse, 0, len(counts))
	for name, values := range counts {
		u := labelUse{Label: name, Values: len(values)}
		for value := range values {
			u.Top = append(u.Top, value)
		}
		slices.SortFunc(u.Top, func(a, b string) int { return cmp.Or(cmp.Compare(values[b], values[a]), cmp.Compare(a, b)) })
		u.Top = u.Top[:min(len(u.Top), topValues)]
		for i, value := range u.Top {
			u.Top[i] = kit.Shorten(value, 80)
		}
		uses = append(uses, u)
	}
	slices.SortFunc(uses, func(a, b labelUse) int { return cmp.Or(cmp.Compare(b.Values, a.Values), cmp.Compare(a.Label, b.Label)) })
	return uses
}

// examples are queries that people ask of such a metric.
func (d metricDescription) examples() []string {
	by := "job"
	if i := slices.IndexFunc(d.Labels, func(u labelUse) bool { return u.Values > 1 && u.Values <= 50 }); i >= 0 {
		by = quoteLabel(d.Labels[i].Label)
	}
	name := selector(d.family.names[0], nil)
	switch {
	case d.native:
		return []string{
			fmt.Sprintf("histogram_quantile(0.99, sum by (%s) (rate(%s[5m])))", by, d.carriers),
			fmt.Sprintf("sum by (%s) (histogram_count(rate(%s[5m])))", by, d.carriers),
		}
	case d.Type == "histogram":
		return []string{
			fmt.Sprintf("histogram_quantile(0.99, sum by (le, %s) (rate(%s[5m])))", by, selector(d.Name+"_bucket", nil)),
			fmt.Sprintf("sum by (%s) (rate(%s[5m]))", by, selector(d.Name+"_count", nil)),
		}
	case d.Type == "summary":
		sum, count := selector(d.Name+"_sum", nil), selector(d.Name+"_count", nil)
		return []string{
			fmt.Sprintf("sum by (%s) (rate(%s[5m])) / sum by (%s) (rate(%s[5m]))", by, sum, by, count),
		}
	case d.Type == "counter" || d.Type == "unknown" && strings.HasSuffix(name, "_total"):
		return []string{fmt.Sprintf("sum by (%s) (rate(%s[5m]))", by, name), fmt.Sprintf("topk(5, increase(%s[1h]))", name)}
	}
	return []string{fmt.Sprintf("avg by (%s) (%s)", by, name), fmt.Sprintf("max_over_time(%s[1h])", name)}
}

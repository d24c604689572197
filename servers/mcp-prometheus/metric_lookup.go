package main

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// lookUp counts the series of a name and of those that may belong to it, and
// asks what the metadata says. Without metadata the answer is poorer, not wrong.
func (p *prometheus) lookUp(ctx context.Context, name string) (counts map[string]int, meta map[string][]metadata, warnings []string, err error) {
	bases := []string{name}
	for _, suffix := range suffixes {
		if base, ok := strings.CutSuffix(name, suffix); ok && base != "" {
			bases = append(bases, base)
		}
	}
	meta = make(map[string][]metadata)
	about := make([]map[string][]metadata, len(bases))
	tasks := []upstream.Task{{Name: "series", Do: func(ctx context.Context) (err error) {
		counts, err = p.countNames(ctx, bases)
		return err
	}}}
	for i, base := range bases {
		tasks = append(tasks, upstream.Task{Name: "metadata", Do: func(ctx context.Context) error {
			_, err := p.client.call(ctx, "metadata", url.Values{"metric": {base}, "limit_per_metric": {"1"}}, &about[i])
			return err
		}})
	}
	warnings, err = upstream.Together(ctx, tasks...)
	if err == nil && counts == nil {
		_, err = p.countNames(ctx, bases) // its own error says more than a warning
	}
	for _, m := range about {
		for name, entries := range m {
			meta[name] = entries
		}
	}
	return counts, meta, slices.Compact(warnings), err
}

func (p *prometheus) countNames(ctx context.Context, bases []string) (map[string]int, error) {
	var names []string
	for _, base := range bases {
		names = append(names, regexp.QuoteMeta(base))
		for _, suffix := range suffixes {
			names = append(names, regexp.QuoteMeta(base+suffix))
		}
	}
	all, _, err := p.instant(ctx, fmt.Sprintf("count by (__name__) ({__name__=~%q})", strings.Join(names, "|")), p.now())
	if err != nil {
		return nil, err
	}
	counts := make(map[string]int, len(all))
	for _, s := range all {
		if name := s.Metric["__name__"]; name != "" {
			counts[name] = int(s.Value.v)
		}
	}
	return counts, nil
}

// noMetric says why there is nothing, and what else was meant.
func (p *prometheus) noMetric(ctx context.Context, name string, meta map[string][]metadata) error {
	e := kit.Errorf(kit.NotFound, "no series is named %s now", name).WithHint("list_metrics has the names of the last hour")
	families, err := p.metricNames(ctx)
	switch {
	case err != nil:
		return e
	case slices.Contains(families, name):
		e.Hint = fmt.Sprintf("it had samples in the last hour: query_range query=%s", name)
	case len(meta[name]) > 0:
		e.Hint = "a target exposes it, all of its series are dropped or gone; list_metrics has what is stored"
	default:
		if near := kit.Nearest(name, families); near != "" {
			e.Hint = fmt.Sprintf("did you mean %s? list_metrics has all names", near)
		}
	}
	return e
}

// metricNames are those of the last hour, as stored.
func (p *prometheus) metricNames(ctx context.Context) ([]string, error) {
	end := p.now()
	var names []string
	_, err := p.client.call(ctx, "label/__name__/values",
		url.Values{"start": {unix(end.Add(-time.Hour))}, "end": {unix(end)}, "limit": {strconv.Itoa(listLimit)}}, &names)
	return names, err
}

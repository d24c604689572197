package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
	"github.com/loom-core/loom/servers/mcp-prometheus/internal/promql"
)

// facts are what the server knows about a query. Nothing of it is needed.
type facts struct {
	promql.Facts
	findings []promql.Finding
	sizes    map[int]int // series now, by index of the selector
	series   *int        // of the result
	warnings []string
}

// A query with more of these is checked in part: a model that writes it needs
// the first findings, not all.
const (
	maxTypes     = 6
	maxSizes     = 6
	maxGroupings = 3
	// manyValues of a label make an answer of as many series.
	manyValues = 100
)

// patience is how long a query waits for what the server knows. The rest of
// the answer is there at once.
const patience = 8 * time.Second

func (p *prometheus) factsOf(ctx context.Context, q *promql.Query, sizes bool) (facts, error) {
	f := facts{Facts: promql.Facts{Types: map[string]string{}}, sizes: map[int]int{}}
	short, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	// One that does not answer this knows nothing more; else each question
	// would wait for it, three times.
	if _, err := p.single(short, "vector(1)", p.now()); err != nil {
		f.warnings = []string{"checked without the server: " + plain(err)}
		return f, ctx.Err()
	}
	var mu sync.Mutex
	update := func(change func()) { mu.Lock(); defer mu.Unlock(); change() }
	tasks := p.factTasks(q, &f, update)
	if sizes {
		tasks = append(tasks, p.sizeTasks(q, &f, update)...)
	}
	warnings, err := upstream.Together(short, tasks...)
	if ctx.Err() != nil {
		return f, context.Cause(ctx)
	}
	if f.warnings = warnings; err != nil {
		f.warnings = []string{"checked without the server: " + plain(err)}
	}
	slices.SortStableFunc(f.findings, func(a, b promql.Finding) int { return strings.Compare(a.Rule+a.Text, b.Rule+b.Text) })
	f.findings = slices.Compact(f.findings)
	return f, nil
}

func plain(err error) string {
	var e *kit.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}

// factTasks ask for the types of the metrics, their names, and how often they
// are scraped.
func (p *prometheus) factTasks(q *promql.Query, f *facts, update func(func())) []upstream.Task {
	names := q.Names()
	tasks := []upstream.Task{{Name: "scrape intervals", Do: func(ctx context.Context) error {
		intervals, err := p.intervals(ctx)
		update(func() { f.Intervals = intervals })
		if lacks(err) {
			return nil // a store that does not scrape
		}
		return err
	}}}
	if len(names) == 0 {
		return tasks
	}
	tasks = append(tasks, upstream.Task{Name: "metric names", Do: func(ctx context.Context) error {
		found, err := p.absent(ctx, names)
		update(func() { f.findings = append(f.findings, found...) })
		return err
	}})
	for _, name := range names[:min(len(names), maxTypes)] {
		tasks = append(tasks, upstream.Task{Name: "type of " + name, Do: func(ctx context.Context) error {
			kind, err := p.typeOf(ctx, name)
			update(func() { f.Types[name] = kind })
			if lacks(err) {
				return nil
			}
			return err
		}})
	}
	return tasks
}

func (p *prometheus) intervals(ctx context.Context) (map[string]time.Duration, error) {
	var list targetList
	if _, err := p.client.call(ctx, "targets", url.Values{"state": {"active"}}, &list); err != nil {
		return nil, err
	}
	intervals := make(map[string]time.Duration)
	for _, t := range list.Active {
		if d, err := kit.ParseDuration(t.ScrapeInterval); err == nil && d > intervals[t.Labels["job"]] {
			intervals[t.Labels["job"]] = d
		}
	}
	return intervals, nil
}

// typeOf is the type of the samples that are stored under a name: those of a
// histogram are counters.
func (p *prometheus) typeOf(ctx context.Context, name string) (string, error) {
	ask := func(metric string) (string, error) {
		var meta map[string][]metadata
		_, err := p.client.call(ctx, "metadata", url.Values{"metric": {metric}, "limit_per_metric": {"1"}}, &meta)
		if m := describe(meta[metric]); m != nil && m.Type != "unknown" {
			return m.Type, err
		}
		return "", err
	}
	if name == "up" || strings.HasPrefix(name, "scrape_") || name == "ALERTS" {
		return "gauge", nil // written by the server itself, without metadata
	}
	kind, err := ask(name)
	if kind != "" || err != nil {
		return kind, err
	}
	for _, suffix := range suffixes {
		base, ok := strings.CutSuffix(name, suffix)
		if !ok {
			continue
		}
		switch kind, err := ask(base); {
		case err != nil:
			return "", err
		case kind == "histogram" || kind == "summary" || kind == "counter":
			if suffix == "_created" {
				return "gauge", nil
			}
			return "counter", nil
		}
	}
	return "", nil
}

// absent finds the names that no series has, and what they may have meant.
func (p *prometheus) absent(ctx context.Context, names []string) ([]promql.Finding, error) {
	stored, err := p.metricNames(ctx)
	if err != nil {
		return nil, err
	}
	have := make(map[string]bool, len(stored))
	for _, name := range stored {
		have[name] = true
	}
	var found []promql.Finding
	for _, name := range names {
		if have[name] || len(stored) >= listLimit {
			continue
		}
		text := "no series was named " + name + " in the last hour"
		if near := kit.Nearest(name, stored); near != "" {
			text += ", did you mean " + near + "?"
		} else {
			text += "; list_metrics has the names"
		}
		found = append(found, promql.Finding{Level: promql.Warning, Rule: "absent-metric", Text: text, At: -1})
	}
	return found, nil
}

// refusal is what the server says against the query. The place that it names is
// one in what was asked, not in the query, and is left out.
func refusal(err error) *promql.Finding {
	var e *kit.Error
	if !errors.As(err, &e) || e.Code != kit.InvalidArgument {
		return nil
	}
	text := e.Message
	if _, after, ok := strings.Cut(text, "parse error: "); ok {
		text = after
	}
	return &promql.Finding{Level: promql.Wrong, Rule: "refused-by-server", Text: "this server does not take it: " + text, At: -1}
}

// sizeTasks count the series of what the query selects, of its result, and the
// values of the labels that it groups by.
func (p *prometheus) sizeTasks(q *promql.Query, f *facts, update func(func())) []upstream.Task {
	var tasks []upstream.Task
	count := func(name, query string, set func(n int)) {
		tasks = append(tasks, upstream.Task{Name: name, Do: func(ctx context.Context) error {
			n, err := p.single(ctx, query, p.now())
			if refused := refusal(err); refused != nil {
				update(func() { f.findings = append(f.findings, *refused) })
				return nil
			}
			if err == nil {
				update(func() { set(int(n)) })
			}
			return err
		}})
	}
	for i, s := range q.Selectors()[:min(len(q.Selectors()), maxSizes)] {
		count("size of "+s.Text, "count("+s.Text+")", func(n int) { f.sizes[i] = n })
	}
	if q.Type() == "instant vector" {
		count("size of the result", "count("+q.Pretty()+"\n)", func(n int) { f.series = &n })
	}
	groupings := q.Groupings()
	for _, g := range groupings[:min(len(groupings), maxGroupings)] {
		query := fmt.Sprintf("count(count%s (%s))", grouping(g.Label), g.Operand)
		count("values of "+g.Label, query, func(n int) {
			if n > manyValues {
				f.findings = append(f.findings, promql.Finding{Level: promql.Warning, Rule: "many-groups", At: -1,
					Text: fmt.Sprintf("%s has %d values here, and each makes a series: group by another label, or topk(10, …)", g.Label, n)})
			}
		})
	}
	return tasks
}

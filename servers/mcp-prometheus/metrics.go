package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

type metricsArgs struct {
	Match  string `arg:"match" doc:"regex or words, anywhere in the name" alias:"filter,name,pattern,search,query"`
	Type   string `arg:"type" enum:"counter,gauge,histogram,summary,unknown"`
	Job    string `arg:"job"`
	Counts bool   `arg:"with_series_count"`
	kit.Paging
}

type metricsAbout struct {
	Warnings []string `json:"warnings,omitempty"`
	Hints    []string `json:"hints,omitempty"`
}

// metric is a family: a histogram is one, not the three series it is made of.
type metric struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Unit     string `json:"unit,omitempty"`
	Suffixes string `json:"suffixes,omitempty"` // the name itself has no series, name+suffix has
	Series   *int   `json:"series,omitempty"`
	Help     string `json:"help,omitempty"`

	names []string // as stored
}

type metadata struct {
	Type string `json:"type"`
	Unit string `json:"unit"`
	Help string `json:"help"`
}

const maxHelp = 120 // runes; the rest rarely says more

func (p *prometheus) listMetrics() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "list_metrics",
		Title:       "List metrics",
		Description: "Metrics with samples in the last hour: name, type, help. Where suffixes are given, query name+suffix.",
		Hints:       kit.ReadLocal,
		ListName:    "metrics",
		PerPage:     50, MaxPerPage: 500,
	}, p.runListMetrics)
}

func (p *prometheus) runListMetrics(ctx context.Context, a metricsArgs) (*kit.Result, error) {
	names, meta, head, err := p.fetchMetrics(ctx, a.Job)
	if err != nil {
		return nil, err
	}
	families := fold(names, meta)
	matching := slices.DeleteFunc(filter(families, a.Match, func(m metric) []string { return append([]string{m.Name}, m.names...) }), func(m metric) bool {
		return a.Type != "" && m.Type != a.Type
	})
	if len(matching) == 0 {
		head.Hints = metricsHints(a, families)
	}
	page := kit.Slice(a.Paging, matching)
	page.TotalIsEstimate = len(names) >= listLimit
	if a.Counts && len(page.Items) > 0 {
		if err := p.countSeries(ctx, a.Job, page.Items); err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			head.Warnings = append(head.Warnings, "series are not counted: "+err.Error())
		}
	}
	return kit.Records(head, page).Untrusted(), nil
}

// fetchMetrics asks for names and for metadata at once. Without metadata the
// list is poorer, not wrong.
func (p *prometheus) fetchMetrics(ctx context.Context, job string) ([]string, map[string][]metadata, metricsAbout, error) {
	var wg sync.WaitGroup
	meta, metaErr := make(map[string][]metadata), error(nil)
	wg.Go(func() {
		_, metaErr = p.client.call(ctx, "metadata", url.Values{"limit_per_metric": {"1"}}, &meta)
	})
	end := p.now()
	params := url.Values{"start": {unix(end.Add(-time.Hour))}, "end": {unix(end)}, "limit": {strconv.Itoa(listLimit)}}
	if job != "" {
		params.Set("match[]", fmt.Sprintf("{job=%q}", job))
	}
	var names []string
	notes, err := p.client.call(ctx, "label/__name__/values", params, &names)
	wg.Wait()
	head := metricsAbout{Warnings: notes.Warnings}
	if err == nil && metaErr != nil {
		if err = ctx.Err(); err == nil {
			head.Warnings = append(head.Warnings, "no types and help texts: "+metaErr.Error())
		}
	}
	return names, meta, head, err
}

// fold joins names with their metadata, and the series of a histogram or
// summary into one.
func fold(names []string, meta map[string][]metadata) []metric {
	var families []metric
	index := make(map[string]int)
	for _, name := range names {
		family, suffix, about := name, "", describe(meta[name])
		if about == nil {
			for _, s := range []string{"_bucket", "_sum", "_count", "_total", "_created", "_info"} {
				base, ok := strings.CutSuffix(name, s)
				if a := describe(meta[base]); ok && a != nil {
					if about = a; about.Type == "histogram" || about.Type == "summary" {
						family, suffix = base, s
					}
					break
				}
			}
		}
		i, known := index[family]
		if !known {
			i = len(families)
			index[family] = i
			m := metric{Name: family, Type: "unknown"}
			if about != nil {
				m.Type, m.Unit, m.Help = about.Type, about.Unit, kit.Shorten(about.Help, maxHelp)
			}
			families = append(families, m)
		}
		m := &families[i]
		if m.names = append(m.names, name); suffix != "" {
			m.Suffixes = strings.TrimPrefix(m.Suffixes+" "+suffix, " ")
		}
	}
	slices.SortFunc(families, func(a, b metric) int { return strings.Compare(a.Name, b.Name) })
	return families
}

func describe(entries []metadata) *metadata {
	if len(entries) == 0 {
		return nil
	}
	m := entries[0]
	if m.Type == "" {
		m.Type = "unknown"
	}
	return &m
}

func metricsHints(a metricsArgs, families []metric) []string {
	if len(families) == 0 && a.Job != "" {
		return []string{"no metric has job=" + a.Job + "; query count by (job) (up) lists the jobs"}
	}
	names := make([]string, len(families))
	for i, m := range families {
		names[i] = m.Name
	}
	if near := kit.Nearest(a.Match, names); near != "" {
		return []string{fmt.Sprintf("did you mean %s?", near)}
	}
	return []string{fmt.Sprintf("none of %d metrics match; try one word of the name, or no type", len(families))}
}

// countSeries fills in the counts of one page with one query.
func (p *prometheus) countSeries(ctx context.Context, job string, page []metric) error {
	var names []string
	owner := make(map[string]int)
	for i, m := range page {
		for _, name := range m.names {
			names, owner[name] = append(names, regexp.QuoteMeta(name)), i
		}
	}
	selector := fmt.Sprintf("__name__=~%q", strings.Join(names, "|"))
	if job != "" {
		selector += fmt.Sprintf(",job=%q", job)
	}
	params := url.Values{"query": {"count by (__name__) ({" + selector + "})"}, "time": {unix(p.now())}}
	setTimeout(ctx, params)
	var data struct{ Result []series }
	if _, err := p.client.call(ctx, "query", params, &data); err != nil {
		var e *kit.Error
		if errors.As(err, &e) {
			return errors.New(e.Message)
		}
		return err
	}
	for i := range page {
		page[i].Series = new(int)
	}
	for _, s := range data.Result {
		if i, ok := owner[s.Metric["__name__"]]; ok {
			*page[i].Series += int(s.Value.v)
		}
	}
	return nil
}

package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
	"github.com/loom-core/loom/servers/mcp-loki/internal/logql"
)

const (
	buckets     = 12   // of the volume over time
	parts       = 4    // parts of the range that the sample is from
	sampleLines = 1000 // of each part
	errorLines  = 200  // that the errors are chosen from
	maxErrors   = 5
)

// summing gathers what the questions of one summary bring. Each field is
// written by one of them.
type summing struct {
	shorten shortener

	counts   [buckets]map[string]int64 // by level
	before   map[string]int64
	sample   [parts][]entry
	whole    [parts]bool // the part has no lines besides its sample
	first    []entry
	errors   []entry
	patterns []pattern
}

// tasks are all questions. The first ones have the query as it was given, so
// that a mistake in it is shown in its place.
func (s *summing) tasks(l *loki, q logql.Query, r kit.Range, a summarizeArgs) (tasks []upstream.Task) {
	add := func(name string, do func(context.Context) error) {
		tasks = append(tasks, upstream.Task{Name: name, Do: do})
	}
	lines := func(name string, into *[]entry, query string, r kit.Range, n int, dir direction, all *bool) {
		add(name, func(ctx context.Context) error {
			list, _, asked, err := l.client.fetch(ctx, query, r, n, dir)
			*into = list
			if all != nil {
				*all = err == nil && len(list) < asked
			}
			return err
		})
	}
	for i, part := range split(r, parts) {
		lines(fmt.Sprintf("sample from %s", kit.FormatTime(part.Start)), &s.sample[i], q.Text, part, sampleLines, backward, &s.whole[i])
	}
	lines("first line", &s.first, q.Text, r, 1, forward, nil)
	if filter, err := logql.LevelFilter("error", "critical", "fatal"); err == nil {
		lines("errors", &s.errors, q.Text+" "+filter, r, errorLines, backward, nil)
	}
	for i, part := range split(r, buckets) {
		add("lines from "+kit.FormatTime(part.Start), func(ctx context.Context) (err error) {
			s.counts[i], err = l.countLevels(ctx, q, part)
			return err
		})
	}
	if a.Compare == "previous" {
		add("the window before", func(ctx context.Context) (err error) {
			s.before, err = l.countLevels(ctx, q, kit.Range{Start: r.Start.Add(-r.End.Sub(r.Start)), End: r.Start})
			return err
		})
	}
	if !q.Selectors[0].Pipeline() && a.Patterns > 0 {
		add("patterns", func(ctx context.Context) (err error) {
			s.patterns, err = l.patterns(ctx, q.Selectors[0].Text, r)
			return err
		})
	}
	return tasks
}

// split cuts a range of whole milliseconds into n.
func split(r kit.Range, n int) []kit.Range {
	list := make([]kit.Range, n)
	at := func(i int) time.Time {
		return r.Start.Add((r.End.Sub(r.Start) * time.Duration(i) / time.Duration(n)).Truncate(time.Millisecond))
	}
	for i := range list {
		list[i] = kit.Range{Start: at(i), End: at(i + 1)}
	}
	list[n-1].End = r.End
	return list
}

// tolerant lets lines be counted that a parser did not understand: Loki fails
// the whole query for one.
const tolerant = " | drop __error__, __error_details__"

// countLevels counts the lines of r by level, those at its start with it and
// those at its end without.
func (l *loki) countLevels(ctx context.Context, q logql.Query, r kit.Range) (map[string]int64, error) {
	text := q.Text
	if slices.ContainsFunc(q.Selectors[0].Stages, func(s logql.Stage) bool { return !s.Filter() && logql.Parses(s.Name) }) {
		text += tolerant
	}
	query := fmt.Sprintf("sum by (detected_level, level) (count_over_time(%s [%dms]))", text, r.End.Sub(r.Start).Milliseconds())
	// A window is open at its start and closed at its end: a nanosecond makes
	// it the other way round.
	list, err := l.vector(ctx, map[string][]string{"query": {query}, "time": {nanos(r.End.Add(-1))}})
	if err != nil {
		return nil, err
	}
	counts := make(map[string]int64)
	for _, one := range list {
		level := logql.Level(one.Metric["detected_level"])
		if level == "" || level == "unknown" {
			level = cmp.Or(logql.Level(one.Metric["level"]), strings.ToLower(kit.Shorten(one.Metric["level"], 20)), "unknown")
		}
		for _, v := range one.samples() {
			counts[level] += int64(v.v)
		}
	}
	return counts, nil
}

package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/table"
	"github.com/loom-core/loom/servers/kit/upstream"
	"github.com/loom-core/loom/servers/mcp-loki/internal/logql"
	"github.com/loom-core/loom/servers/mcp-loki/internal/shape"
)

type summarizeArgs struct {
	source
	Start    string `arg:"start,loose" doc:"default 1h before end"`
	End      string `arg:"end,loose"`
	Compare  string `arg:"compare" enum:"previous,none" default:"previous"`
	Patterns int    `arg:"patterns,clamp" default:"10" min:"0" max:"50"`
	Override bool   `arg:"override"`
}

type summaryAnswer struct {
	Query    string            `json:"query"`
	Start    string            `json:"start"`
	End      string            `json:"end"`
	Total    int64             `json:"total"`
	Previous *previous         `json:"previous,omitempty"`
	First    string            `json:"first_seen,omitempty"`
	Last     string            `json:"last_seen,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`
	Levels   []levelRow        `json:"levels,omitempty"`
	Volume   []bucketRow       `json:"volume,omitempty"`
	From     string            `json:"patterns_from,omitempty"`
	Patterns []patternRow      `json:"patterns,omitempty"`
	Errors   []errorRow        `json:"errors,omitempty"`
	Warnings []string          `json:"warnings,omitempty"`
	Hints    []string          `json:"hints,omitempty"`
}

// summaryOutline is what tools/list says of it.
type summaryOutline struct {
	outline
	Total    int64        `json:"total"`
	Levels   []levelRow   `json:"levels,omitempty"`
	Volume   []bucketRow  `json:"volume,omitempty"`
	Patterns []patternRow `json:"patterns,omitempty"`
	Errors   []errorRow   `json:"errors,omitempty"`
}

type previous struct {
	Start  string `json:"start"`
	End    string `json:"end"`
	Total  int64  `json:"total"`
	Change string `json:"change"`
}

type levelRow struct {
	Level    string `json:"level"`
	Count    int64  `json:"count"`
	Share    string `json:"share"`
	Previous *int64 `json:"previous,omitempty"`
	Change   string `json:"change,omitempty"`
}

type bucketRow struct {
	Start  string `json:"start"`
	Count  int64  `json:"count"`
	Errors int64  `json:"errors"`
}

type patternRow struct {
	Pattern string `json:"pattern"`
	Count   int64  `json:"count"`
	Share   string `json:"share"`
	Level   string `json:"level,omitempty"`
	First   string `json:"first,omitempty"`
	Last    string `json:"last,omitempty"`
}

type errorRow struct {
	Time   string `json:"time"`
	Level  string `json:"level"`
	Count  int    `json:"like_it"`
	Stream string `json:"stream,omitempty"`
	Line   string `json:"line"`
}

func (l *loki) summarizeLogs() kit.Tool {
	return kit.NewTool(kit.Def{
		Name:        "summarize_logs",
		Title:       "Summarize logs",
		Description: "What was logged, in one call: lines by level and over time, patterns, errors of each kind, change to the window before.",
		Hints:       kit.ReadLocal,
		Output:      summaryOutline{},
		Example:     `{"labels":{"app":"api"},"start":"now-2h"}`,
	}, l.runSummarizeLogs)
}

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

func (l *loki) runSummarizeLogs(ctx context.Context, a summarizeArgs) (*kit.Result, error) {
	q, err := a.lines()
	if err != nil {
		return nil, err
	}
	r, err := l.rangeOf(a.Start, a.End)
	if err != nil {
		return nil, err
	}
	// Counting takes whole milliseconds.
	r.Start, r.End = r.Start.Truncate(time.Millisecond), r.End.Truncate(time.Millisecond)
	if r.End.Sub(r.Start) < buckets*time.Millisecond {
		return nil, kit.Errorf(kit.InvalidArgument, "a range of %s is too short to summarize", kit.FormatDuration(r.End.Sub(r.Start))).WithHint("query_logs shows its lines")
	}
	passed, err := l.check(ctx, q, r, a.Override)
	if err != nil {
		return nil, err
	}
	s := &summing{shorten: l.shorten}
	warnings, err := upstream.Together(ctx, s.tasks(l, q, r, a)...)
	if err != nil {
		return nil, pointAt(err, q.Text)
	}
	answer := summaryAnswer{Query: q.Text, Start: kit.FormatTime(r.Start), End: kit.FormatTime(r.End), Warnings: append(passed.Warnings, warnings...)}
	s.fill(&answer, r, a)
	if answer.Total == 0 {
		answer.Hints = l.absent(ctx, q, r)
	}
	return kit.Record(answer).Untrusted().Narrow("set patterns lower"), nil
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

// bad are the levels of errors.
var bad = []string{"error", "critical", "fatal"}

// fill makes the answer.
func (s *summing) fill(answer *summaryAnswer, r kit.Range, a summarizeArgs) {
	var sample []entry
	for _, part := range s.sample {
		sample = append(sample, part...)
	}
	slices.SortStableFunc(sample, func(a, b entry) int { return cmp.Compare(a.at, b.at) }) // a copy
	whole := !slices.Contains(s.whole[:], false)

	levels := make(map[string]int64)
	for i, part := range split(r, buckets) {
		row := bucketRow{Start: kit.FormatTime(part.Start)}
		for level, n := range s.counts[i] {
			levels[level] += n
			row.Count += n
			if slices.Contains(bad, level) {
				row.Errors += n
			}
		}
		answer.Total += row.Count
		answer.Volume = append(answer.Volume, row)
	}
	if answer.Total == 0 {
		answer.Volume = nil
	}
	// A Loki that did not look for levels: the lines themselves may say.
	guessed := len(levels) == 1 && levels["unknown"] > 0
	if guessed && whole {
		levels = make(map[string]int64)
		for _, e := range sample {
			level := levelOf(e)
			if level == "-" {
				level = "unknown"
			}
			levels[level]++
		}
		guessed = len(levels) == 1
	}
	if guessed {
		answer.Warnings = append(answer.Warnings, "no level is known: this Loki did not look for it, or lines do not say")
	}
	if s.before != nil {
		var total int64
		for _, n := range s.before {
			total += n
		}
		answer.Previous = &previous{kit.FormatTime(r.Start.Add(-r.End.Sub(r.Start))), answer.Start, total, change(total, answer.Total)}
	}
	answer.Levels = levelRows(levels, s.before, answer.Total)
	if len(s.first) > 0 {
		answer.First = stamp(s.first[0].at)
	}
	if len(sample) > 0 {
		answer.Last = stamp(sample[len(sample)-1].at)
		answer.Labels, _ = limitCommon(table.Hoist(labelsOf(sample, nil)))
	}
	if a.Patterns > 0 {
		s.fillPatterns(answer, whole, a.Patterns)
	}
	answer.Errors = s.errorRows(sample)
}

func stamp(at int64) string { return kit.FormatTime(time.Unix(0, at)) }

func levelRows(now, before map[string]int64, total int64) (rows []levelRow) {
	names := slices.Clone(logql.Levels)
	slices.Reverse(names[:len(names)-1]) // fatal first, unknown last
	for level := range now {
		if !slices.Contains(names, level) {
			names = append(names, level)
		}
	}
	slices.Sort(names[len(logql.Levels):])
	for _, level := range names {
		n, was := now[level], before[level]
		if n == 0 && was == 0 {
			continue
		}
		row := levelRow{Level: level, Count: n, Share: share(n, total)}
		if before != nil {
			row.Previous, row.Change = &was, change(was, n)
		}
		rows = append(rows, row)
	}
	return rows
}

// weight is how many lines each of the sample of a part stands for. Most lines
// of a range may be of one of its parts.
func (s *summing) weight(part int) float64 {
	var total int64
	for _, levels := range s.counts[part*buckets/parts : (part+1)*buckets/parts] {
		for _, n := range levels {
			total += n
		}
	}
	if n := len(s.sample[part]); !s.whole[part] && int64(n) < total {
		return float64(total) / float64(n)
	}
	return 1
}

// maxPattern is how much of a pattern is shown.
const maxPattern = 240

// fillPatterns takes the shapes of all lines if those are at hand, else the
// patterns of Loki if it has them for most lines, else the shapes of a sample.
func (s *summing) fillPatterns(answer *summaryAnswer, whole bool, n int) {
	var known int64
	for _, p := range s.patterns {
		known += p.count()
	}
	if !whole && known*2 >= answer.Total && known > 0 {
		answer.From = "Loki's pattern ingester"
		for _, p := range s.patterns[:min(n, len(s.patterns))] {
			answer.Patterns = append(answer.Patterns, patternRow{Pattern: s.shorten(p.Pattern, maxPattern), Count: p.count(), Share: share(p.count(), known), Level: p.Level})
		}
		return
	}
	var clusters shape.Clusters
	levelAt := make(map[string]string)
	looked := 0
	for i, sample := range s.sample {
		weight := s.weight(i)
		for _, e := range sample {
			clusters.Add(e.line, e.at, weight)
			levelAt[e.line] = levelOf(e)
		}
		looked += len(sample)
	}
	list := clusters.List()
	if len(list) == 0 {
		return
	}
	answer.From = "all lines"
	if !whole {
		answer.From = fmt.Sprintf("a sample of %d of %d lines; counts are estimates", looked, answer.Total)
	}
	for _, c := range list[:min(n, len(list))] {
		answer.Patterns = append(answer.Patterns, patternRow{
			Pattern: s.shorten(c.Shape, maxPattern), Count: int64(math.Round(c.Weight)), Share: share(int64(math.Round(c.Weight)), answer.Total),
			Level: strings.TrimPrefix(levelAt[c.Sample], "-"), First: stamp(c.First), Last: stamp(c.Last),
		})
	}
	if more := len(list) - n; more > 0 {
		answer.From += fmt.Sprintf("; %d more patterns", more)
	}
}

// maxError is how much of the line of an error is shown.
const maxError = 300

// errorRows are the newest errors of different shapes. With no levels known
// they are those lines of the sample that claim to be errors.
func (s *summing) errorRows(sample []entry) (rows []errorRow) {
	list := s.errors
	if len(list) == 0 {
		for _, e := range sample {
			if slices.Contains(bad, levelOf(e)) {
				list = append(list, e)
			}
		}
		slices.Reverse(list) // newest first
	}
	all := labelsOf(list, nil)
	if len(all) > 1 {
		table.Hoist(all)
	}
	names, _ := choose(all, false)
	index := make(map[string]int)
	for i, e := range list {
		key := shape.Of(e.line)
		at, known := index[key]
		if known {
			if at >= 0 {
				rows[at].Count++
			}
			continue
		}
		if index[key] = -1; len(rows) == maxErrors {
			continue
		}
		index[key] = len(rows)
		rows = append(rows, errorRow{Time: stamp(e.at), Level: levelOf(e), Count: 1, Stream: labelText(all[i], names), Line: s.shorten(strings.TrimSpace(e.line), maxError)})
	}
	return rows
}

package main

import (
	"cmp"
	"slices"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/table"
	"github.com/loom-core/loom/servers/mcp-loki/internal/logql"
)

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

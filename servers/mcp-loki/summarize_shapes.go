package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit/table"
	"github.com/loom-core/loom/servers/mcp-loki/internal/shape"
)

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

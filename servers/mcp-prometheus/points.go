package main

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

// grid is the times at which a range query was evaluated.
type grid struct {
	start time.Time
	step  time.Duration
	steps int
}

// bucketWidth is how many steps one point stands for. A point may be a pair,
// so half as many points as values are asked for.
func (g grid) bucketWidth(points string, maxValues int) int {
	if points == "all" || g.steps <= maxValues {
		return 1
	}
	buckets := max(maxValues/2, 1)
	return (g.steps + buckets - 1) / buckets
}

// points has one element per width steps: null, a value, or the least and the
// greatest value there, the earlier one first. Extremes survive, averages lie.
func (g grid) points(samples []sample, width int) []any {
	type extremes struct{ least, most sample }
	buckets := make([]*extremes, (g.steps+width-1)/width)
	for _, s := range samples {
		i := g.index(s.at) / width
		if i < 0 || i >= len(buckets) || math.IsNaN(s.v) {
			continue
		}
		switch b := buckets[i]; {
		case b == nil:
			buckets[i] = &extremes{s, s}
		case s.v < b.least.v:
			b.least = s
		case s.v > b.most.v:
			b.most = s
		}
	}
	list := make([]any, len(buckets))
	for i, b := range buckets {
		switch {
		case b == nil:
		case b.least.v == b.most.v:
			list[i] = num(b.least.v)
		case b.least.at < b.most.at:
			list[i] = [2]num{num(b.least.v), num(b.most.v)}
		default:
			list[i] = [2]num{num(b.most.v), num(b.least.v)}
		}
	}
	return list
}

// minRun is from where "0 x4" is shorter than what it stands for.
const minRun = 4

// runs writes equal neighbours once: 0, 0, 0, 0 becomes "0 x4". Idle series and
// the time before a series began are most of many answers.
func runs(points []any) []any {
	var list []any
	for i := 0; i < len(points); {
		end := i + 1
		for end < len(points) && points[end] == points[i] { // nil, num and [2]num compare
			end++
		}
		if end-i >= minRun {
			raw, _ := json.Marshal(points[i]) // of our own types
			list = append(list, fmt.Sprintf("%s x%d", raw, end-i))
		} else {
			list = append(list, points[i:end]...)
		}
		i = end
	}
	return list
}

func (g grid) index(at float64) int {
	return int(math.Round((at - float64(g.start.UnixMilli())/1000) / g.step.Seconds()))
}

// summary is what a series did. Samples that are NaN do not count, except as gaps.
type summary struct {
	n                  int
	first, last        float64
	min, max, avg, p95 float64
	minAt, maxAt       float64
	gaps               int // stretches without a value
	trend              string
}

// summarize looks at the samples of one series. steps > 0 says how many
// samples a series without gaps has, from start and one per step.
func summarize(samples []sample, start, step float64, steps int) summary {
	nan := math.NaN()
	s := summary{first: nan, last: nan, min: nan, max: nan, avg: nan, p95: nan}
	var values []float64
	var sum, sumT, sumTT, sumTV, sumVV float64
	next := 0 // index of the next expected sample
	for _, p := range samples {
		if math.IsNaN(p.v) {
			continue
		}
		if steps > 0 {
			i := int(math.Round((p.at - start) / step))
			if i > next {
				s.gaps++
			}
			next = i + 1
		}
		if len(values) == 0 {
			s.first, s.min, s.max, s.minAt, s.maxAt = p.v, p.v, p.v, p.at, p.at
		}
		if p.v < s.min {
			s.min, s.minAt = p.v, p.at
		}
		if p.v > s.max {
			s.max, s.maxAt = p.v, p.at
		}
		s.last = p.v
		values = append(values, p.v)
		t := p.at - samples[0].at // small numbers: the squares stay exact
		sum, sumT, sumTT, sumTV, sumVV = sum+p.v, sumT+t, sumTT+t*t, sumTV+t*p.v, sumVV+p.v*p.v
	}
	if steps > 0 && next < steps {
		s.gaps++
	}
	if s.n = len(values); s.n == 0 {
		return s
	}
	n := float64(s.n)
	s.avg = sum / n
	slices.Sort(values)
	s.p95 = values[int(math.Ceil(0.95*n))-1]
	correlation := (n*sumTV - sumT*sum) / math.Sqrt((n*sumTT-sumT*sumT)*(n*sumVV-sum*sum))
	s.trend = trend(correlation, s)
	return s
}

// Above steady the values follow a line well enough to call it a direction;
// within a hundredth of the average nobody would call it a movement.
const (
	steady   = 0.6
	standing = 0.01
)

func trend(correlation float64, s summary) string {
	switch {
	case s.max-s.min <= standing*math.Abs(s.avg):
		return "flat"
	case correlation >= steady:
		return "rising"
	case correlation <= -steady:
		return "falling"
	}
	return "mixed"
}

func (s summary) fields() []field {
	at := func(unix float64) string {
		if s.n == 0 {
			return ""
		}
		return kit.FormatTime(time.UnixMilli(int64(unix * 1000)))
	}
	if s.n == 0 {
		return []field{{"trend", "no values"}, {"gaps", s.gaps}}
	}
	fields := []field{
		{"first", num(s.first)}, {"last", num(s.last)}, {"min", num(s.min)}, {"max", num(s.max)},
		{"avg", num(s.avg)}, {"p95", num(s.p95)}, {"delta", num(s.last - s.first)},
		{"trend", s.trend}, {"gaps", s.gaps},
	}
	if s.min != s.max {
		fields = append(fields, field{"min_at", at(s.minAt)}, field{"max_at", at(s.maxAt)})
	}
	return fields
}

package main

import (
	"cmp"
	"math"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

const day = 24 * time.Hour

// handy are steps that people read easily.
var handy = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day, 2 * day, 7 * day,
}

// autoStep is the shortest handy step with at most n points in length.
func autoStep(length time.Duration, n int) time.Duration {
	for _, step := range handy {
		if int(length/step) <= n {
			return step
		}
	}
	return (length/time.Duration(n) + day).Truncate(day)
}

// maxSteps is what Loki evaluates at most.
const maxSteps = 11_000

// parseStep reads a step, of which auto is one.
func parseStep(text string, length time.Duration, n int) (time.Duration, error) {
	if text == "" || text == "auto" {
		return autoStep(length, n), nil
	}
	step, err := kit.ParseDuration(text)
	if err != nil || step < time.Second {
		return 0, kit.Errorf(kit.InvalidArgument, "argument \"step\": %q is no step; write auto, 30s, 5m or 1h", text)
	}
	if length/step >= maxSteps {
		return 0, kit.Errorf(kit.InvalidArgument, "step %s makes %d points, %d are the most", text, length/step+1, maxSteps).WithHint("step=auto, or step=%s", kit.FormatDuration(autoStep(length, maxSteps-1)))
	}
	return step, nil
}

// aligned are the times at which Loki evaluates: multiples of the step, which it
// would move others to.
func aligned(r kit.Range, step time.Duration) kit.Range {
	start, end := r.Start.Truncate(step), r.End.Truncate(step)
	if start.Before(r.Start) {
		start = start.Add(step)
	}
	if end.Before(start) {
		end = start
	}
	return kit.Range{Start: start, End: end}
}

// grid puts samples on the times of r; where there is none is NaN.
func grid(samples []sample, r kit.Range, step time.Duration) []float64 {
	values := make([]float64, int(r.End.Sub(r.Start)/step)+1)
	for i := range values {
		values[i] = math.NaN()
	}
	for _, s := range samples {
		i := int(math.Round((s.at - float64(r.Start.UnixNano())/1e9) / step.Seconds()))
		if i >= 0 && i < len(values) {
			values[i] = s.v
		}
	}
	return values
}

// thin leaves at most n points of values: of each bucket the lowest and the
// highest, in their order, so that no peak is lost. The second result is the
// index of each in values.
func thin(values []float64, n int) (points []float64, index []int) {
	if len(values) <= n {
		index = make([]int, len(values))
		for i := range index {
			index[i] = i
		}
		return values, index
	}
	buckets := max(1, n/2)
	for b := range buckets {
		from, to := b*len(values)/buckets, (b+1)*len(values)/buckets
		low, high := -1, -1
		for i := from; i < to; i++ {
			if math.IsNaN(values[i]) {
				continue
			}
			if low < 0 || values[i] < values[low] {
				low = i
			}
			if high < 0 || values[i] > values[high] {
				high = i
			}
		}
		switch {
		case low < 0:
			points, index = append(points, math.NaN()), append(index, from)
		case low == high:
			points, index = append(points, values[low]), append(index, low)
		default:
			points = append(points, values[min(low, high)], values[max(low, high)])
			index = append(index, min(low, high), max(low, high))
		}
	}
	return points, index
}

// compareNaN orders numbers, and what is none before them.
func compareNaN(a, b float64) int {
	switch {
	case math.IsNaN(a) || math.IsNaN(b):
		return cmp.Compare(boolInt(!math.IsNaN(a)), boolInt(!math.IsNaN(b)))
	}
	return cmp.Compare(a, b)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func nums(values []float64) []num {
	list := make([]num, len(values))
	for i, v := range values {
		list[i] = num(v)
	}
	return list
}

type summed struct{ last, min, max, avg float64 }

func summary(values []float64) summed {
	s := summed{math.NaN(), math.NaN(), math.NaN(), math.NaN()}
	total, n := 0.0, 0
	for _, v := range values {
		if math.IsNaN(v) {
			continue
		}
		if n == 0 || v < s.min {
			s.min = v
		}
		if n == 0 || v > s.max {
			s.max = v
		}
		s.last = v
		total += v
		n++
	}
	if n > 0 {
		s.avg = total / float64(n)
	}
	return s
}

// perStep adds samples up by the step they are in, each sample at the end of
// its own; those of several are one.
func perStep(samples []sample, r kit.Range, step time.Duration) []num {
	buckets := make([]num, int((r.End.Sub(r.Start)+step-1)/step))
	for _, s := range samples {
		i := int((s.at - float64(r.Start.UnixNano())/1e9) / step.Seconds())
		if i = min(max(i, 0), len(buckets)-1); i >= 0 {
			buckets[i] += num(s.v)
		}
	}
	return buckets
}

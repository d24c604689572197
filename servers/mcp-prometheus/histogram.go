package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// histogramSample is [unix seconds, native histogram].
type histogramSample struct {
	at         float64
	count, sum float64
	buckets    []bucket
}

type bucket struct{ low, high, count float64 }

func (h *histogramSample) UnmarshalJSON(raw []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(raw, &pair); err != nil || len(pair) != 2 {
		return fmt.Errorf("a histogram is no pair of time and value")
	}
	var body struct {
		Count, Sum string
		Buckets    [][]any // rule of the boundaries, low, high, count
	}
	if err := json.Unmarshal(pair[1], &body); err != nil {
		return fmt.Errorf("a histogram: %w", err)
	}
	_ = json.Unmarshal(pair[0], &h.at) // null stays 0
	h.count, h.sum = parse(body.Count), parse(body.Sum)
	for _, b := range body.Buckets {
		if len(b) == 4 {
			h.buckets = append(h.buckets, bucket{parse(b[1]), parse(b[2]), parse(b[3])})
		}
	}
	return nil
}

func parse(v any) float64 {
	text, _ := v.(string)
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(f, 0) {
		return math.NaN()
	}
	return f
}

// quantile estimates by a straight line inside the bucket. Prometheus draws a
// curve there; with its narrow buckets the two differ little.
func (h *histogramSample) quantile(q float64) float64 {
	rank, seen := q*h.count, 0.0
	for _, b := range h.buckets {
		if b.count > 0 && seen+b.count >= rank {
			return b.low + (b.high-b.low)*(rank-seen)/b.count
		}
		seen += b.count
	}
	return math.NaN()
}

func (h *histogramSample) fields() []field {
	return []field{
		{"count", num(h.count)}, {"sum", num(h.sum)}, {"avg", num(h.sum / h.count)},
		{"p50", num(h.quantile(0.5))}, {"p90", num(h.quantile(0.9))}, {"p99", num(h.quantile(0.99))},
	}
}

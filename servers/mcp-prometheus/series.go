package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/loom-core/loom/servers/kit/table"
)

// series is one element of a vector or a matrix. A member that is null or
// absent upstream is a zero value here.
type series struct {
	Metric     map[string]string `json:"metric"`
	Value      sample            `json:"value"`
	Values     []sample          `json:"values"`
	Histogram  *histogramSample  `json:"histogram"`
	Histograms []histogramSample `json:"histograms"`
}

// sample is [unix seconds, "value"].
type sample struct {
	at float64
	v  float64
}

func (s *sample) UnmarshalJSON(raw []byte) error {
	var pair [2]any
	if err := json.Unmarshal(raw, &pair); err != nil {
		return fmt.Errorf("a sample: %w", err)
	}
	s.at, _ = pair[0].(float64)
	s.v = math.NaN()
	if text, ok := pair[1].(string); ok {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil && !math.IsInf(v, 0) {
			return fmt.Errorf("the value %q of a sample is no number", text)
		}
		s.v = v
	}
	return nil
}

type num = table.Number

// line is a row of a table: the labels of a series that differ from the others'
// and what is known of it, in order.
type line struct {
	labels map[string]string
	fields []field
}

type field struct {
	name  string
	value any
}

func (l line) MarshalJSON() ([]byte, error) {
	return table.MarshalRow(l.labels, func(yield func(string, any) bool) {
		for _, f := range l.fields {
			if !yield(f.name, f.value) {
				return
			}
		}
	})
}

// hoist takes the labels that all series share out of them and returns them.
func hoist(all []series) map[string]string {
	labels := make([]map[string]string, len(all))
	for i, s := range all {
		labels[i] = s.Metric
	}
	common := table.Hoist(labels)
	for i := range all {
		all[i].Metric = labels[i]
	}
	return common
}

// cardinality counts the values of each label that is not common to all.
func cardinality(all []series) map[string]int {
	values := make(map[string]map[string]bool)
	for _, s := range all {
		for name, value := range s.Metric {
			if values[name] == nil {
				values[name] = make(map[string]bool)
			}
			values[name][value] = true
		}
	}
	counts := make(map[string]int, len(values))
	for name, set := range values {
		counts[name] = len(set)
	}
	return counts
}

// rewrites are queries that answer with at most size series: those with the
// largest values, and sums by the label that tells most apart.
func rewrites(query string, counts map[string]int, size int) []string {
	query = strings.TrimSpace(query)
	list := []string{fmt.Sprintf("topk(%d, %s)", size, query)}
	best := ""
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[name]; name != "__name__" && n > 1 && n <= size && (best == "" || n > counts[best]) {
			best = name
		}
	}
	if best != "" {
		return append(list, fmt.Sprintf("sum by (%s) (%s)", quoteLabel(best), query))
	}
	return append(list, fmt.Sprintf("sum(%s)", query), fmt.Sprintf("count(%s)", query))
}

// quoteLabel quotes a label name that PromQL takes only in quotes.
func quoteLabel(name string) string {
	for i, r := range name {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return strconv.Quote(name)
		}
	}
	return name
}

// labelText orders series with equal values.
func labelText(m map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(m)) {
		b.WriteString(name + "\x00" + m[name] + "\x00")
	}
	return b.String()
}

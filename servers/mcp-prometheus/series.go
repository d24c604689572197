package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
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

// num is a value in an answer: null when it is not a number, whole numbers up to
// 2^53 in
// full, others with six digits. Nobody reads the rest, and every digit is paid for.
type num float64

func (n num) MarshalJSON() ([]byte, error) {
	v := float64(n)
	switch {
	case math.IsNaN(v):
		return []byte("null"), nil
	case math.IsInf(v, 1):
		return []byte(`"+Inf"`), nil
	case math.IsInf(v, -1):
		return []byte(`"-Inf"`), nil
	case v == 0:
		return []byte("0"), nil // also -0
	case v == math.Trunc(v) && math.Abs(v) < 1<<53:
		return strconv.AppendInt(nil, int64(v), 10), nil
	case math.Abs(v) >= 1e5 && math.Abs(v) < 1e15:
		return strconv.AppendFloat(nil, v, 'f', 1, 64), nil
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	return json.Marshal(rounded)
}

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
	var b strings.Builder
	b.WriteByte('{')
	add := func(name string, v any) error {
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		key, _ := json.Marshal(name)
		b.Write(key)
		b.WriteByte(':')
		b.Write(raw)
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(l.labels)) {
		column := name
		if slices.ContainsFunc(l.fields, func(f field) bool { return f.name == name }) {
			column = "label_" + name // a label may be called value
		}
		if err := add(column, l.labels[name]); err != nil {
			return nil, err
		}
	}
	for _, f := range l.fields {
		if err := add(f.name, f.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return []byte(b.String()), nil
}

// hoist takes the labels that all series share out of them and returns them.
func hoist(all []series) map[string]string {
	if len(all) < 2 {
		return nil
	}
	common := maps.Clone(all[0].Metric)
	for _, s := range all[1:] {
		maps.DeleteFunc(common, func(name, value string) bool {
			other, ok := s.Metric[name]
			return !ok || other != value
		})
	}
	for _, s := range all {
		for name := range common {
			delete(s.Metric, name)
		}
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

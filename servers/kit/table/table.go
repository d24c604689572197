// Package table is rows whose columns are labels: streams of Loki, series of
// Prometheus. What all rows share is said once, and numbers have no digits that
// nobody reads.
package table

import (
	"encoding/json"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// MarshalRow is a JSON object of the labels by name, and of the fields as they
// come. A label that is called like a field is label_NAME.
func MarshalRow(labels map[string]string, fields iter.Seq2[string, any]) ([]byte, error) {
	taken := make(map[string]bool)
	for name := range fields {
		taken[name] = true
	}
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
		key, _ := json.Marshal(name) // a text
		b.Write(key)
		b.WriteByte(':')
		b.Write(raw)
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		column := name
		if taken[name] {
			column = "label_" + name
		}
		if err := add(column, labels[name]); err != nil {
			return nil, err
		}
	}
	for name, value := range fields {
		if err := add(name, value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return []byte(b.String()), nil
}

// Number is a value in an answer: null when it is not a number, whole numbers up
// to 2^53 in full, others with six digits or one after the point, whichever says
// more. Nobody reads the rest, and every digit is paid for.
type Number float64

// MarshalJSON writes it.
func (n Number) MarshalJSON() ([]byte, error) {
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

// Hoist takes the labels that all rows share out of them and returns them. The
// maps are left as they are: all has others then.
func Hoist(all []map[string]string) map[string]string {
	if len(all) < 2 {
		return nil
	}
	common := maps.Clone(all[0])
	for _, labels := range all[1:] {
		maps.DeleteFunc(common, func(name, value string) bool {
			other, ok := labels[name]
			return !ok || other != value
		})
	}
	for i := range all {
		all[i] = maps.Clone(all[i])
		for name := range common {
			delete(all[i], name)
		}
	}
	return common
}

package main

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// row is a record of a table: labels that differ from row to row, and what is
// known of them, in order.
type row struct {
	labels map[string]string
	fields []field
}

type field struct {
	name  string
	value any
}

func (r row) MarshalJSON() ([]byte, error) {
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
	for _, name := range slices.Sorted(maps.Keys(r.labels)) {
		column := name
		if slices.ContainsFunc(r.fields, func(f field) bool { return f.name == name }) {
			column = "label_" + name // a label may be called bytes
		}
		if err := add(column, r.labels[name]); err != nil {
			return nil, err
		}
	}
	for _, f := range r.fields {
		if err := add(f.name, f.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return []byte(b.String()), nil
}

// num is a value in an answer: null when it is not a number, whole numbers up
// to 2^53 in full, others with six digits.
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
	case v == math.Trunc(v) && math.Abs(v) < 1<<53:
		return strconv.AppendInt(nil, int64(v), 10), nil
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	return json.Marshal(rounded)
}

// percent writes a number as one, without fractions where there is more to see.
func (n num) percent() string {
	digits := 0
	if v := math.Abs(float64(n)); v < 10 {
		digits = 1
	}
	return strconv.FormatFloat(float64(n), 'f', digits, 64) + "%"
}

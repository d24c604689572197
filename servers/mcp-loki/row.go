package main

import (
	"math"
	"strconv"

	"github.com/loom-core/loom/servers/kit/table"
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
	return table.MarshalRow(r.labels, func(yield func(string, any) bool) {
		for _, f := range r.fields {
			if !yield(f.name, f.value) {
				return
			}
		}
	})
}

type num = table.Number

// percentText writes a number as one, without fractions where there is more to see.
func percentText(n float64) string {
	digits := 0
	if math.Abs(n) < 10 {
		digits = 1
	}
	return strconv.FormatFloat(n, 'f', digits, 64) + "%"
}

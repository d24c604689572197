package main

import (
	"fmt"
)

// over is the function of the counters of the histogram, of all of its series,
// by its labels and those.
func (d distribution) over(function, suffix string, by ...string) string {
	return fmt.Sprintf("sum%s (%s(%s[%s]))", grouping(append(by, d.by...)...), function, selector(d.metric+suffix, d.labels), d.span)
}

func (d distribution) count() string {
	if d.native {
		return "histogram_count(" + d.over("increase", "") + ")"
	}
	return d.over("increase", "_count")
}

func (d distribution) sum() string {
	if d.native {
		return "histogram_sum(" + d.over("increase", "") + ")"
	}
	return d.over("increase", "_sum")
}

func (d distribution) quantile(q float64) string {
	if d.native {
		return fmt.Sprintf("histogram_quantile(%v, %s)", q, d.over("rate", ""))
	}
	return fmt.Sprintf("histogram_quantile(%v, %s)", q, d.over("rate", "_bucket", "le"))
}

func (d distribution) buckets() string {
	d.by = nil
	if d.native {
		return d.over("increase", "")
	}
	return d.over("increase", "_bucket", "le")
}

package e2e

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// TestPrometheusCompare: two windows a day apart, in each of which the values
// are constant.
func TestPrometheusCompare(t *testing.T) {
	c, _, d := knownPrometheus(t)
	type row struct {
		Pod       string
		Now, Then *float64
		Change    float64
		Percent   any
	}
	var got struct {
		New, Gone int
		Series    []row
	}
	structured(t, c, "prometheus__compare_query", fmt.Sprintf(`{"query":"e2e_compared","window":"30m","offset":"1d","time":%d}`, d.end.Unix()), &got)
	if got.New != 1 || got.Gone != 1 || len(got.Series) != 5 {
		t.Fatalf("%d new, %d gone, %+v", got.New, got.Gone, got.Series)
	}
	for i, want := range []struct {
		pod     string
		change  float64
		percent any
	}{{"down", -25, -25.0}, {"up", 20, 200.0}, {"gone", -8, "gone"}, {"new", 5, "new"}, {"same", 0, 0.0}} {
		if r := got.Series[i]; r.Pod != want.pod || r.Change != want.change || r.Percent != want.percent {
			t.Errorf("series %d is %+v, want %+v", i, r, want)
		}
	}
	// What ends with a comment, and a scalar, can be averaged too.
	for _, query := range []string{`e2e_compared{pod=\"up\"} or vector(1) # both`, `scalar(e2e_compared{pod=\"up\"})`} {
		structured(t, c, "prometheus__compare_query", fmt.Sprintf(`{"query":"%s","window":"10m","time":%d}`, query, d.end.Unix()), &got)
		if len(got.Series) == 0 || got.Series[0].Change != 20 {
			t.Errorf("%s: %+v", query, got.Series)
		}
	}
}

// TestPrometheusHistogram: quantiles of what was observed, computed from the
// counts of the buckets.
func TestPrometheusHistogram(t *testing.T) {
	c, _, d := knownPrometheus(t)
	window := fmt.Sprintf(`"start":%d,"end":%d`, d.end.Add(-30*time.Minute).Unix(), d.end.Unix())
	type answer struct {
		Kind    string
		Queries []string
		Buckets []struct {
			UpTo  any `json:"up_to"`
			Count float64
		}
		Warnings []string
		Groups   []map[string]any
	}
	t.Run("classic", func(t *testing.T) {
		var got answer
		structured(t, c, "prometheus__query_histogram", `{"metric":"e2e_classic_seconds","by":"handler","quantiles":"0.5,0.9,0.99",`+window+`}`, &got)
		if got.Kind != "classic" || len(got.Groups) != 2 || len(got.Queries) != 4 {
			t.Fatalf("%+v", got)
		}
		for i, handler := range []string{"/b", "/a"} { // the one with most first
			g := got.Groups[i]
			if g["handler"] != handler || !near(g["count"].(float64), float64(30*perMinute)*float64(2-i), 1e-5) || !near(g["avg"].(float64), classicSum/float64(perMinute), 1e-5) {
				t.Errorf("group %d is %v", i, g)
			}
			for name, q := range map[string]float64{"p50": 0.5, "p90": 0.9} {
				if want := classicQuantile(q); !near(g[name].(float64), want, 1e-5) {
					t.Errorf("%s of %s is %v, want %v", name, handler, g[name], want)
				}
			}
			if g["p99"] != 5.0 {
				t.Errorf("the 99th percentile is %v: it is over the last bound", g["p99"])
			}
		}
		if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "p99 of some groups is in the bucket over 5") {
			t.Errorf("warnings %q", got.Warnings)
		}
		for i, b := range got.Buckets {
			if want := float64(classicCounts[i]*30) * 3; !near(b.Count, want, 1e-5) {
				t.Errorf("bucket %v has %v, want %v", b.UpTo, b.Count, want)
			}
		}
	})
	t.Run("one handler", func(t *testing.T) {
		var got answer
		structured(t, c, "prometheus__query_histogram", `{"metric":"e2e_classic_seconds_bucket","labels":{"handler":"/a"},"quantiles":["90"],`+window+`}`, &got)
		if len(got.Groups) != 1 || !near(got.Groups[0]["p90"].(float64), classicQuantile(0.9), 1e-5) {
			t.Errorf("%+v", got.Groups)
		}
	})
	t.Run("native", func(t *testing.T) {
		var got answer
		structured(t, c, "prometheus__query_histogram", `{"metric":"e2e_native_seconds",`+window+`}`, &got)
		if got.Kind != "native" || len(got.Groups) != 1 {
			t.Fatalf("%+v", got)
		}
		g := got.Groups[0]
		if !near(g["count"].(float64), float64(30*perMinute), 1e-5) || !near(g["avg"].(float64), nativeSum/float64(perMinute), 1e-5) {
			t.Errorf("%v", g)
		}
		for name, q := range map[string]float64{"p50": 0.5, "p90": 0.9, "p99": 0.99} {
			if want := nativeQuantile(q); !near(g[name].(float64), want, 1e-5) {
				t.Errorf("%s is %v, want %v", name, g[name], want)
			}
		}
	})
	t.Run("native at one time", func(t *testing.T) {
		var got struct{ Series []map[string]any }
		structured(t, c, "prometheus__query", fmt.Sprintf(`{"query":"e2e_native_seconds","time":%d}`, d.end.Unix()), &got)
		if len(got.Series) != 1 || got.Series[0]["count"] != float64(perMinute*1120) || !near(got.Series[0]["avg"].(float64), nativeSum/float64(perMinute), 1e-5) {
			t.Errorf("%+v", got.Series)
		}
	})
	t.Run("native over time", func(t *testing.T) {
		f := c.Call("prometheus__query_range", `{"query":"e2e_native_seconds",`+window+`}`)
		if !f.IsError() || !strings.Contains(f.Text(), "unsupported") || !strings.Contains(f.Text(), "histogram_quantile(0.99, e2e_native_seconds)") {
			t.Errorf("%s", f)
		}
	})
	t.Run("none", func(t *testing.T) {
		if text := c.MustCall("prometheus__query_histogram", `{"metric":"e2e_gauge"}`); !strings.Contains(text, "no histogram e2e_gauge") {
			t.Errorf("%s", text)
		}
	})
}

// classicQuantile is a straight line inside of a bucket.
func classicQuantile(q float64) float64 {
	rank, low, below := q*float64(perMinute), 0.0, 0.0
	for i, bound := range classicBounds {
		n := float64(classicCounts[i])
		if below+n >= rank {
			return low + (bound-low)*(rank-below)/n
		}
		low, below = bound, below+n
	}
	return math.NaN()
}

// nativeQuantile is a straight line of the logarithm inside of a bucket.
func nativeQuantile(q float64) float64 {
	rank, low, below := q*float64(perMinute), 1.0, 0.0
	for _, count := range nativeCounts {
		n := float64(count)
		if below+n >= rank {
			return low * math.Pow(2, (rank-below)/n)
		}
		low, below = 2*low, below+n
	}
	return math.NaN()
}

// TestPrometheusCheck: what the server knows of a query, and what it would not
// take.
func TestPrometheusCheck(t *testing.T) {
	c, _, _ := knownPrometheus(t)
	for query, wants := range map[string][]string{
		`rate(prometheus_http_requests_total{job=\"prometheus\"}[1s])`: {`"valid":true`, "wrong, range-too-short at 1:1", "come every 1s", "write [4s]", "counter, range 1s"},
		`rate(prometheus_http_request_total[5m])`:                      {"absent-metric", "did you mean prometheus_http_requests_total?"},
		`prometheus_http_requests_total`:                               {"warning, counter-without-rate", "rate(prometheus_http_requests_total[5m])"},
		`rate(go_goroutines[5m])`:                                      {"wrong, rate-of-gauge", "deriv(go_goroutines[5m])"},
		`sum by (n) (e2e_many)`:                                        {"many-groups", "n has 10000 values", `"series":10000`, "e2e_many  (10000 series now)"},
		`sum by (zone) (e2e_many)`:                                     {`"findings":0`, `"series":10`},
		`sum(rate(up[5m])`:                                             {`"valid":false`, "1:17: unclosed left parenthesis", "sum(rate(up[5m])\\n"},
		`mad_over_time(e2e_gauge[1h])`:                                 {`"valid":true`, "experimental"},
		`SELECT value FROM cpu`:                                        {"This is SQL"},
	} {
		f := c.Call("prometheus__check_query", `{"query":"`+query+`"}`)
		text := f.Text() + string(f.Raw)
		for _, want := range wants {
			if f.IsError() || !strings.Contains(text, want) && !strings.Contains(text, strings.ReplaceAll(want, `"`, `\"`)) {
				t.Errorf("%s: no %q in %s", query, want, f)
			}
		}
	}
	// The server itself refuses that one; what it is about is known all the same.
	if f := c.Call("prometheus__query", `{"query":"mad_over_time(e2e_gauge[1h])"}`); !f.IsError() {
		t.Logf("the server takes mad_over_time")
	}
}

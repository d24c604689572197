package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
)

// rangeAnswer is an answer of query_range.
type rangeAnswer struct {
	Start, End, Step string
	Series           []map[string]any
	Pagination       struct {
		Total    int
		HasMore  bool           `json:"has_more"`
		NextArgs map[string]any `json:"next_args"`
	}
	Hints []string
}

// steps is what a Prometheus sees of a series at each step: the last sample of
// the five minutes before.
func (k known) steps(start, end time.Time, step time.Duration) (values []float64, there []bool) {
	for at := start; !at.After(end); at = at.Add(step) {
		v, ok := 0.0, false
		for _, p := range k.samples {
			if !p.at.After(at) && p.at.After(at.Add(-5*time.Minute)) {
				v, ok = p.v, true
			}
		}
		values, there = append(values, v), append(there, ok)
	}
	return values, there
}

// TestPrometheusRange: summaries and points against the samples that were
// written, with gaps, NaN and Inf in them.
func TestPrometheusRange(t *testing.T) {
	c, _, d := knownPrometheus(t)
	start := d.end.Add(-2 * time.Hour)
	args := fmt.Sprintf(`{"query":"e2e_gauge","start":%q,"end":%q,"step":"1m","points":"all"}`, start.Format(time.RFC3339), d.end.Format(time.RFC3339))
	var got rangeAnswer
	structured(t, c, "prometheus__query_range", args, &got)
	if len(got.Series) != 1 {
		t.Fatalf("%d series", len(got.Series))
	}
	values, there := d.gauge.steps(start, d.end, time.Minute)
	points, _ := got.Series[0]["points"].([]any)
	if len(points) != len(values) {
		t.Fatalf("%d points, want %d", len(points), len(values))
	}
	var seen []float64
	gaps, inGap := 0, false
	for i, v := range values {
		absent := !there[i] || math.IsNaN(v)
		if absent && !inGap {
			gaps++
		}
		inGap = absent
		want := any(v)
		switch {
		case absent:
			want = nil
		case math.IsInf(v, 1):
			want = "+Inf"
		}
		if points[i] != want {
			t.Errorf("point %d is %v, want %v", i, points[i], want)
		}
		if !absent {
			seen = append(seen, v)
		}
	}
	sorted := slices.Sorted(slices.Values(seen))
	for name, want := range map[string]any{
		"first": seen[0], "last": seen[len(seen)-1], "min": sorted[0], "max": "+Inf", "avg": "+Inf",
		"p95": sorted[int(math.Ceil(0.95*float64(len(sorted))))-1], "delta": seen[len(seen)-1] - seen[0], "gaps": float64(gaps),
		"min_at": start.Format(time.RFC3339), "max_at": start.Add(90 * time.Minute).Format(time.RFC3339),
	} {
		if got.Series[0][name] != want {
			t.Errorf("%s is %v, want %v", name, got.Series[0][name], want)
		}
	}
	if gaps != 2 {
		t.Errorf("the test itself counts %d gaps", gaps)
	}
}

// TestPrometheusWeek: seven days of 50 series are few tokens, and their extremes
// are those of the samples.
func TestPrometheusWeek(t *testing.T) {
	c, _, d := knownPrometheus(t)
	args := fmt.Sprintf(`{"query":"e2e_week","start":"%s","end":"%s"`, d.end.Add(-7*24*time.Hour).Format(time.RFC3339), d.end.Format(time.RFC3339))
	for _, more := range []string{`}`, `,"max_series":50}`} {
		text := c.MustCall("prometheus__query_range", args+more)
		t.Logf("seven days of %d series: %d tokens", weekSeries, len(text)/4)
		if len(text)/4 > 6000 {
			t.Errorf("%d tokens, want at most 6,000", len(text)/4)
		}
	}
	seen := map[string]bool{}
	for next, calls := args+`}`, 0; ; calls++ {
		var got rangeAnswer
		structured(t, c, "prometheus__query_range", next, &got)
		if got.Pagination.Total != weekSeries {
			t.Fatalf("the total is %d", got.Pagination.Total)
		}
		for _, s := range got.Series {
			pod := fmt.Sprint(s["pod"])
			if seen[pod] {
				t.Errorf("%s came twice", pod)
			}
			seen[pod] = true
			checkWeek(t, d, got, s)
		}
		if got.Pagination.NextArgs == nil || calls > 10 {
			break
		}
		raw, _ := json.Marshal(got.Pagination.NextArgs)
		next = `{"query":"e2e_week",` + string(raw[1:])
	}
	if len(seen) != weekSeries {
		t.Errorf("%d series of %d", len(seen), weekSeries)
	}
}

func checkWeek(t *testing.T, d *knownData, got rangeAnswer, s map[string]any) {
	t.Helper()
	start, err := time.Parse(time.RFC3339, got.Start)
	if err != nil {
		t.Fatal(err)
	}
	if got.Step != "1h" {
		t.Fatalf("the step is %s", got.Step)
	}
	var n int
	fmt.Sscanf(fmt.Sprint(s["pod"]), "pod-%d", &n)
	values, _ := d.week[n].steps(start, d.end, time.Hour)
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	for name, want := range map[string]float64{
		"first": values[0], "last": values[len(values)-1], "min": slices.Min(values), "max": slices.Max(values), "avg": sum / float64(len(values)),
	} {
		if v, ok := s[name].(float64); !ok || !near(v, want, 1e-5) {
			t.Errorf("pod %d: %s is %v, want %v", n, name, s[name], want)
		}
	}
	least, most := math.Inf(1), math.Inf(-1)
	for _, p := range s["points"].([]any) {
		pair, ok := p.([]any)
		if !ok {
			pair = []any{p}
		}
		for _, v := range pair {
			if v, ok := v.(float64); ok {
				least, most = min(least, v), max(most, v)
			}
		}
	}
	if !near(least, slices.Min(values), 1e-5) || !near(most, slices.Max(values), 1e-5) {
		t.Errorf("pod %d: the points go from %v to %v, the samples from %v to %v", n, least, most, slices.Min(values), slices.Max(values))
	}
}

// near compares values of which an answer has six digits.
func near(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b), 1e-9)
}

// TestPrometheusCounter: a counter that begins again twice in two hours.
func TestPrometheusCounter(t *testing.T) {
	c, _, d := knownPrometheus(t)
	resets, last := 0, 0.0
	for _, p := range d.reset.samples {
		if p.v < last {
			resets++
		}
		last = p.v
	}
	var got struct{ Series []struct{ Value float64 } }
	structured(t, c, "prometheus__query", fmt.Sprintf(`{"query":"resets(e2e_jobs_total[2h1m])","time":%d}`, d.end.Unix()), &got)
	if len(got.Series) != 1 || got.Series[0].Value != float64(resets) || resets != 2 {
		t.Errorf("resets are %+v, want %d", got.Series, resets)
	}
	// In any minute without a reset it grows by seven.
	var rate rangeAnswer
	structured(t, c, "prometheus__query_range", fmt.Sprintf(`{"query":"increase(e2e_jobs_total[2m])/2","start":%d,"end":%d,"step":"1m"}`, d.end.Add(-time.Hour).Unix(), d.end.Unix()), &rate)
	if len(rate.Series) != 1 || !near(rate.Series[0]["p95"].(float64), 7, 1e-5) || !near(rate.Series[0]["max"].(float64), 7, 1e-5) {
		t.Errorf("it grows by %+v", rate.Series)
	}
	if len(rate.Hints) != 0 {
		t.Errorf("hints %q", rate.Hints)
	}
	var raw rangeAnswer
	structured(t, c, "prometheus__query_range", fmt.Sprintf(`{"query":"e2e_jobs_total","start":%d,"end":%d}`, d.end.Add(-time.Hour).Unix(), d.end.Unix()), &raw)
	if len(raw.Hints) != 1 {
		t.Errorf("that it is a counter is said in %q", raw.Hints)
	}
}

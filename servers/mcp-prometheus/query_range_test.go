package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

// matrix answers a range query on its own grid: f gives the value of series i
// at step k, ok false where there is none.
func matrix(n int, f func(i, k int) (v float64, ok bool)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		start, _ := strconv.ParseFloat(r.FormValue("start"), 64)
		end, _ := strconv.ParseFloat(r.FormValue("end"), 64)
		step, _ := strconv.ParseFloat(r.FormValue("step"), 64)
		var list []string
		for i := range n {
			var values []string
			for k := 0; start+float64(k)*step <= end; k++ {
				if v, ok := f(i, k); ok {
					values = append(values, fmt.Sprintf(`[%v,"%v"]`, start+float64(k)*step, v))
				}
			}
			list = append(list, fmt.Sprintf(`{"metric":{"job":"api","namespace":"shop","pod":"pod-%03d"},"values":[%s]}`, i, strings.Join(values, ",")))
		}
		success(`{"resultType":"matrix","result":[`+strings.Join(list, ",")+`]}`)(w, r)
	}
}

func TestRangeSummary(t *testing.T) {
	u := newUpstream(t).on("query_range", matrix(1, func(_, k int) (float64, bool) {
		switch {
		case k == 3 || k == 4:
			return 0, false // a gap
		case k == 6:
			return math.NaN(), true // and another
		}
		return float64(k * 10), true
	}))
	var a answer
	u.connect(t).MustStruct("query_range", args(`{"query":"x","start":"10m","step":"1m"}`), &a)
	want := map[string]any{
		"job": "api", "namespace": "shop", "pod": "pod-000",
		"first": 0.0, "last": 100.0, "min": 0.0, "max": 100.0, "avg": 52.5, "p95": 100.0, "delta": 100.0, "trend": "rising", "gaps": 2.0,
		"min_at": "2026-11-22T11:50:00Z", "max_at": "2026-11-22T12:00:00Z",
		"points": []any{0.0, 10.0, 20.0, nil, nil, 50.0, nil, 70.0, 80.0, 90.0, 100.0},
	}
	if got, want := fmt.Sprint(a.Series[0]), fmt.Sprint(want); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if a.Start != "2026-11-22T11:50:00Z" || a.End != "2026-11-22T12:00:00Z" || a.Step != "1m" || !strings.HasPrefix(a.Points, "one per 1m from start") {
		t.Errorf("%+v", a.about)
	}
}

func TestRangeStep(t *testing.T) {
	u := newUpstream(t).on("query_range", matrix(0, nil))
	c := u.connect(t)
	for _, tc := range []struct{ args, start, end, step string }{
		{`{"query":"x"}`, "11:00:00", "12:00:00", "15.000"},
		{`{"query":"x","start":"5m"}`, "11:55:00", "12:00:00", "5.000"},
		{`{"query":"x","start":"now-7d"}`, "12:00:00", "12:00:00", "3600.000"},
		{`{"query":"x","start":"1y"}`, "12:00:00", "12:00:00", "172800.000"},
		{`{"query":"x","start":"now-61m33s","end":"now-7s"}`, "10:58:00", "11:59:30", "30.000"},
		{`{"query":"x","step":"60"}`, "11:00:00", "12:00:00", "60.000"},
		{`{"query":"x","step":"1m30s"}`, "11:00:00", "12:00:00", "90.000"},
		{`{"query":"x","max_points":1000}`, "11:00:00", "12:00:00", "5.000"},
	} {
		c.MustText("query_range", args(tc.args))
		form := u.form()
		at := func(name string) string {
			f, _ := strconv.ParseFloat(form.Get(name), 64)
			return time.Unix(int64(f), 0).UTC().Format(time.TimeOnly)
		}
		if at("start") != tc.start || at("end") != tc.end || form.Get("step") != tc.step {
			t.Errorf("%s: start %s end %s step %s", tc.args, at("start"), at("end"), form.Get("step"))
		}
	}
	for bad, want := range map[string]string{
		`{"query":"x","step":"1s","start":"1d"}`:        "for example step=8s",
		`{"query":"x","step":"often"}`:                  `argument "step"`,
		`{"query":"x","step":"0"}`:                      "too short",
		`{"query":"x","start":"now","end":"now-1h"}`:    "is not before end",
		`{"query":"x","start":"now+1h","end":"now+2h"}`: "in the future",
		`{"query":"x","points":"some"}`:                 "not one of",
	} {
		has(t, c.MustFail("query_range", args(bad), kit.InvalidArgument), want)
	}
	if got := u.asked(); len(got) != 0 {
		t.Errorf("bad arguments went upstream: %d requests", len(got))
	}
}

// No range makes more steps than the server takes, and the extremes of every
// series are among its points.
func TestRangeProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		window := time.Duration(1+r.IntN(3*365*24*3600)) * time.Second
		end := now.Add(-time.Duration(r.IntN(1000)) * time.Second)
		got, step, err := chooseStep(kit.Range{Start: end.Add(-window), End: end}, "auto", 4+r.IntN(997))
		if err != nil || step <= 0 || got.End.Sub(got.Start)/step >= maxSteps || !got.Start.Before(got.End) || end.Sub(got.End) > time.Minute {
			t.Fatalf("window %v: step %v, %v to %v, %v", window, step, got.Start, got.End, err)
		}
	}
	for range 300 {
		g := grid{start: now, step: 15 * time.Second, steps: 1 + r.IntN(2000)}
		var samples []sample
		low, high := math.Inf(1), math.Inf(-1)
		for k := range g.steps {
			if r.IntN(4) > 0 {
				v := math.Round(r.NormFloat64() * 1000)
				samples = append(samples, sample{float64(now.Unix()) + float64(k)*15, v})
				low, high = min(low, v), max(high, v)
			}
		}
		most := 4 + r.IntN(200)
		points := g.points(samples, g.bucketWidth("auto", most))
		values, least, greatest := 0, math.Inf(1), math.Inf(-1)
		for _, p := range points {
			switch p := p.(type) {
			case num:
				values, least, greatest = values+1, min(least, float64(p)), max(greatest, float64(p))
			case [2]num:
				values, least, greatest = values+2, min(least, float64(p[0]), float64(p[1])), max(greatest, float64(p[0]), float64(p[1]))
			}
		}
		if least != low || greatest != high || values > most {
			t.Fatalf("%d of at most %d values, extremes %v %v, want %v %v", values, most, least, greatest, low, high)
		}
	}
}

func TestRangePoints(t *testing.T) {
	u := newUpstream(t).on("query_range", matrix(2, func(i, k int) (float64, bool) {
		return float64(i * (k * 7919 % 241)), true // one flat, one that jumps
	}))
	c := u.connect(t)
	for mode, want := range map[string][2]int{"auto": {27, 0}, "none": {0, 0}, "all": {241, 241}} {
		var a answer
		c.MustStruct("query_range", map[string]any{"query": "x", "points": mode}, &a)
		for i, n := range want {
			if points, _ := a.Series[i]["points"].([]any); len(points) != n {
				t.Errorf("%s: series %d has %d points, want %d", mode, i, len(points), n)
			}
		}
		if a.Series[0]["pod"] != "pod-001" || (a.Points == "") != (mode == "none") {
			t.Errorf("%s: first series %v, points %q", mode, a.Series[0]["pod"], a.Points)
		}
	}
}

func TestRuns(t *testing.T) {
	pair := [2]num{1, 2}
	in := []any{nil, nil, nil, nil, nil, num(1), num(1), num(1), pair, pair, pair, pair, num(0.5)}
	if got, want := fmt.Sprint(runs(in)), "[null x5 1 1 1 [1,2] x4 0.5]"; got != want {
		t.Errorf("runs = %s, want %s", got, want)
	}
}

func TestTrend(t *testing.T) {
	for want, f := range map[string]func(k float64) float64{
		"flat":    func(k float64) float64 { return 100 + math.Sin(k)/10 },
		"rising":  func(k float64) float64 { return k },
		"falling": func(k float64) float64 { return 1e9 - k*k*1e6 },
		"mixed":   func(k float64) float64 { return math.Sin(k / 3) },
	} {
		var samples []sample
		for k := range 100 {
			samples = append(samples, sample{1.7953488e9 + float64(k)*60, f(float64(k))})
		}
		if got := summarize(samples, 1.7953488e9, 60, 100); got.trend != want || got.gaps != 0 {
			t.Errorf("trend %s with %d gaps, want %s", got.trend, got.gaps, want)
		}
	}
}

// A week of 50 series, 260 000 tokens elsewhere, stays under 6 000.
func TestRangeCost(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	u := newUpstream(t).on("query_range", matrix(50, func(i, _ int) (float64, bool) { return float64(i) + r.Float64(), true }))
	c := u.connect(t)
	for _, shown := range []int{20, 50} {
		r := c.Call("query_range", map[string]any{"query": "rate(x[5m])", "start": "7d", "max_series": shown})
		text, structured := len(kittest.Text(r))/4, len(r.RawStructuredContent)/4
		t.Logf("a week of 50 series, %d shown: %d tokens as text, %d as structured content", shown, text, structured)
		if text > 6000 || strings.Contains(kittest.Text(r), "truncation") {
			t.Errorf("%d shown: %d tokens", shown, text)
		}
	}
}

func TestRangeByteCapIsResumed(t *testing.T) {
	u := newUpstream(t).on("query_range", matrix(50, func(i, k int) (float64, bool) { return float64(i * k), true }))
	c := u.connect(t)
	next, seen := map[string]any{"query": "x", "max_bytes": 4096}, make(map[any]int)
	for calls := 0; calls < 60; calls++ {
		var a answer
		c.MustStruct("query_range", next, &a)
		for _, s := range a.Series {
			seen[s["pod"]]++
		}
		if a.Pagination.NextArgs == nil {
			break
		}
		for name, v := range a.Pagination.NextArgs {
			next[name] = v
		}
	}
	if len(seen) != 50 || seen["pod-000"] != 1 {
		t.Errorf("%d series, %v", len(seen), seen)
	}
	for _, r := range u.asked() {
		if r.Form.Get("start") != "1795345200" || r.Form.Get("step") != "15.000" {
			t.Errorf("a later call asked for another range: %v", r.Form)
		}
	}
}

func TestRangeHistogramsAreRefused(t *testing.T) {
	u := newUpstream(t).on("query_range", success(`{"resultType":"matrix","result":[{"metric":{},"histograms":[[1,{"count":"1","sum":"1"}]]}]}`))
	c := u.connect(t)
	has(t, c.MustFail("query_range", args(`{"query":"h"}`), kit.Unsupported), "histogram_quantile(0.99, h)")
	u.on("query_range", success(`{"resultType":"matrix","result":[{"metric":{"a":"h"},"histograms":[[1,{"count":"1","sum":"1"}]]},{"metric":{"a":"f"},"values":[[1795345200,"2"]]}]}`))
	has(t, c.MustText("query_range", args(`{"query":"h or f"}`)), "\tnative histogram\t", "some series are native histograms", "f\t2\t2")
}

func TestRangeEmptyAndNull(t *testing.T) {
	u := newUpstream(t)
	c := u.connect(t)
	for _, data := range []string{`{"resultType":"matrix","result":[]}`, `{"resultType":"matrix","result":null}`} {
		u.on("query_range", success(data))
		has(t, c.MustText("query_range", args(`{"query":"x_total"}`)), "series: none", "an earlier start", "list_metrics match=x_total")
	}
	u.on("query_range", success(`{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":null},{"metric":null,"values":[[1795345200,"NaN"],null]}]}`))
	has(t, c.MustText("query_range", args(`{"query":"x"}`)), "no values")
}

func TestNum(t *testing.T) {
	for in, want := range map[float64]string{
		0: "0", math.Copysign(0, -1): "0", 1: "1", -3: "-3", 1795348800: "1795348800", 0.1 + 0.2: "0.3", 123456.789: "123456.8",
		1.23456789e-9: "1.23457e-9", 1e300: "1e+300", math.Inf(-1): `"-Inf"`, math.NaN(): "null", 1 << 54: "18014400000000000",
	} {
		got, err := json.Marshal(num(in))
		if err != nil || string(got) != want {
			t.Errorf("num(%v) = %s, %v, want %s", in, got, err, want)
		}
	}
}

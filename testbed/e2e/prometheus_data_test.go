package e2e

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/service"
)

// What is in the known data.
const (
	manySeries = 10_000
	manyZones  = 10
	weekSeries = 50
)

// knownData is what the tests wrote, to compute answers from.
type knownData struct {
	end   time.Time // of all of it: a whole ten minutes, not long ago
	gauge known     // every minute for two hours, with gaps, NaN and Inf
	week  []known   // every ten minutes for a week
	reset known     // a counter, every minute for two hours, that begins again
}

var (
	knownOnce   sync.Once
	knownShared *knownData
)

// knownPrometheus is a client of the whole line before a Prometheus that has
// the known data, which is written once.
func knownPrometheus(t *testing.T) (*testbed.Client, service.Endpoint, *knownData) {
	t.Helper()
	at := use(t, "prometheus")
	knownOnce.Do(func() { knownShared = writeKnown(t, at) })
	if knownShared == nil {
		t.Fatal("the known data was not written: see the test that was first")
	}
	return newWorld(t, prometheusServer(at)).Connect(testbed.ClientOptions{}), at, knownShared
}

func writeKnown(t *testing.T, at service.Endpoint) *knownData {
	// Of the many there are samples to come: they are asked for by their number
	// now, and a sample counts for five minutes.
	began := time.Now().UTC().Truncate(time.Second)
	d := &knownData{end: began.Add(-time.Second).Truncate(10 * time.Minute)}
	d.gauge = known{labels: map[string]string{"__name__": "e2e_gauge", "job": "e2e"}}
	d.reset = known{labels: map[string]string{"__name__": "e2e_jobs_total", "job": "e2e"}}
	for i := range 121 {
		when := d.end.Add(time.Duration(i-120) * time.Minute)
		if v, there := gaugeValue(i); there {
			d.gauge.samples = append(d.gauge.samples, point{when, v})
		}
		d.reset.samples = append(d.reset.samples, point{when, float64(i % 45 * 7)})
	}
	for n := range weekSeries {
		s := known{labels: map[string]string{"__name__": "e2e_week", "job": "e2e", "namespace": "shop", "pod": fmt.Sprintf("pod-%02d", n)}}
		for i := range 7*144 + 1 {
			v := float64(100*n) + 40*math.Sin(float64(i)/20) + float64(i*7919%13)
			s.samples = append(s.samples, point{d.end.Add(time.Duration(i-7*144) * 10 * time.Minute), v})
		}
		d.week = append(d.week, s)
	}
	all := append([]known{d.gauge, d.reset}, d.week...)
	all = append(all, comparedSeries(d.end)...)
	all = append(all, histogramSeries(d.end)...)
	for n := range manySeries {
		s := known{labels: map[string]string{"__name__": "e2e_many", "job": "e2e", "n": fmt.Sprintf("%05d", n), "zone": fmt.Sprintf("z%d", n%manyZones)}}
		for _, when := range []time.Time{d.end, began, began.Add(4 * time.Minute), began.Add(8 * time.Minute)} {
			s.samples = append(s.samples, point{when, float64(n)})
		}
		all = append(all, s)
	}
	writeSeries(t, at, all)
	if got := prometheusValue(at, fmt.Sprintf("count(e2e_many @ %d)", d.end.Unix())); got != fmt.Sprint(manySeries) {
		t.Fatalf("of %d series there are %q", manySeries, got)
	}
	return d
}

// gaugeValue is the gauge at minute i: it rises by one a minute, and is away
// for 30 minutes, NaN for three, infinite for one.
func gaugeValue(i int) (v float64, there bool) {
	switch {
	case 40 <= i && i < 70:
		return 0, false
	case 80 <= i && i < 83:
		return math.NaN(), true
	case i == 90:
		return math.Inf(1), true
	}
	return float64(i), true
}

// comparedSeries are constant in two windows, a day apart: up, down, new, gone.
func comparedSeries(end time.Time) (all []known) {
	for pod, values := range map[string][2]float64{"up": {10, 30}, "down": {100, 75}, "new": {math.NaN(), 5}, "gone": {8, math.NaN()}, "same": {1, 1}} {
		s := known{labels: map[string]string{"__name__": "e2e_compared", "job": "e2e", "pod": pod}}
		for k, before := range []time.Duration{24 * time.Hour, 0} {
			for i := range 121 {
				if !math.IsNaN(values[k]) {
					s.samples = append(s.samples, point{end.Add(-before - time.Duration(120-i)*time.Minute), values[k]})
				}
			}
		}
		all = append(all, s)
	}
	return all
}

// Observations in each minute, by their bound: known quantiles follow.
var (
	classicBounds = []float64{0.1, 0.5, 1, 5, math.Inf(1)}
	classicCounts = []int64{10, 50, 30, 8, 2}
	nativeCounts  = []int64{20, 60, 20} // up to 2, 4, 8
	perMinute     = int64(100)
	classicSum    = 70.0
	nativeSum     = 330.0
)

// histogramSeries are a classic histogram of two handlers, the second with
// twice as much, and a native one, every minute for two hours.
func histogramSeries(end time.Time) (all []known) {
	native := known{labels: map[string]string{"__name__": "e2e_native_seconds", "job": "e2e"}}
	for k, handler := range []string{"/a", "/b"} {
		labels := func(suffix string, more ...string) map[string]string {
			m := map[string]string{"__name__": "e2e_classic_seconds" + suffix, "job": "e2e", "handler": handler}
			if len(more) > 0 {
				m["le"] = more[0]
			}
			return m
		}
		count, sum := known{labels: labels("_count")}, known{labels: labels("_sum")}
		buckets := make([]known, len(classicBounds))
		for b, bound := range classicBounds {
			le := fmt.Sprint(bound)
			if math.IsInf(bound, 1) {
				le = "+Inf"
			}
			buckets[b].labels = labels("_bucket", le)
		}
		for i := range 121 {
			when, times := end.Add(time.Duration(i-120)*time.Minute), int64(i+1000)*int64(k+1)
			below := int64(0)
			for b := range buckets {
				below += classicCounts[b]
				buckets[b].samples = append(buckets[b].samples, point{when, float64(below * times)})
			}
			count.samples = append(count.samples, point{when, float64(perMinute * times)})
			sum.samples = append(sum.samples, point{when, classicSum * float64(times)})
		}
		all = append(append(all, count, sum), buckets...)
	}
	for i := range 121 {
		p := nativePoint{at: end.Add(time.Duration(i-120) * time.Minute), sum: nativeSum * float64(i+1000)}
		for _, n := range nativeCounts {
			p.counts = append(p.counts, n*int64(i+1000))
		}
		native.histograms = append(native.histograms, p)
	}
	return append(all, native)
}

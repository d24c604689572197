package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestLokiMetric compares counts over time with those of the generator.
func TestLokiMetric(t *testing.T) {
	c, _, k := knownLoki(t)
	type answer struct {
		Start, End time.Time
		Step       string
		Labels     map[string]string
		Series     []struct {
			Pod, Level          string
			DetectedLevel       string `json:"detected_level"`
			Value               *float64
			Last, Min, Max, Avg float64
			Points              []*float64
			At                  []string
		}
		Pagination struct{ Total int }
	}
	t.Run("range", func(t *testing.T) {
		var got answer
		structured(t, c, "loki__query_metric", fmt.Sprintf(`{"query":"sum by (detected_level) (count_over_time({job=\"known\"}[$__auto]))","step":"1m",%s}`, k.window()), &got)
		if len(got.Series) != 3 || got.Step != "1m" || !got.Start.Equal(k.start) || !got.End.Equal(k.end) {
			t.Fatalf("%+v", got)
		}
		for _, s := range got.Series {
			// A value counts what came after the time before it, up to its own.
			var points []float64
			for at := got.Start; !at.After(got.End); at = at.Add(time.Minute) {
				points = append(points, float64(len(k.where(func(l knownLine) bool {
					return l.level == s.DetectedLevel && l.at.After(at.Add(-time.Minute)) && !l.at.After(at)
				}))))
			}
			samePoints(t, s.DetectedLevel, s.Points, points)
			if s.Max != slices.Max(points) || s.Last != points[len(points)-1] {
				t.Errorf("%s: %+v of %v", s.DetectedLevel, s, points)
			}
		}
	})
	t.Run("instant", func(t *testing.T) {
		var got answer
		structured(t, c, "loki__query_metric", fmt.Sprintf(`{"query":"sum by (pod) (count_over_time({job=\"known\", env=\"prod\"} |= \"level=error\" [5m]))","time":%q}`, k.end.Format(time.RFC3339)), &got)
		if got.Pagination.Total != 25 || len(got.Series) != 20 {
			t.Fatalf("%d of %d series", len(got.Series), got.Pagination.Total)
		}
		for _, s := range got.Series {
			want := len(k.where(func(l knownLine) bool {
				return l.pod() == s.Pod && l.level == "error" && l.at.After(k.end.Add(-5*time.Minute)) && !l.at.After(k.end)
			}))
			if s.Value == nil || *s.Value != float64(want) {
				t.Errorf("%s: %v, want %d", s.Pod, s.Value, want)
			}
		}
	})
	t.Run("thinned", func(t *testing.T) {
		var got answer
		structured(t, c, "loki__query_metric", fmt.Sprintf(`{"query":"sum(count_over_time({job=\"known\"}[1s]))","step":"1s","max_points":20,%s}`, k.window()), &got)
		if len(got.Series) != 1 || len(got.Series[0].Points) > 20 || len(got.Series[0].At) != len(got.Series[0].Points) {
			t.Fatalf("%+v", got)
		}
		most := 0
		for at := k.start; !at.After(k.end); at = at.Add(time.Second) {
			n := len(k.lines[firstAfter(k, at.Add(-time.Second)):firstAfter(k, at)])
			most = max(most, n)
		}
		if s := got.Series[0]; s.Max != float64(most) {
			t.Errorf("the highest is %v, want %d", s.Max, most)
		}
	})
	t.Run("unwrapped", func(t *testing.T) {
		var got answer
		structured(t, c, "loki__query_metric", fmt.Sprintf(`{"query":"max by (job) (max_over_time({job=\"known\"} |= \"slow query\" | logfmt | unwrap duration(took) [20m]))","time":%q}`, k.end.Format(time.RFC3339)), &got)
		most := 0
		for _, l := range k.lines {
			var ms int
			if _, took, ok := strings.Cut(l.text, " took="); ok {
				if _, err := fmt.Sscanf(took, "%dms", &ms); err == nil {
					most = max(most, ms)
				}
			}
		}
		if len(got.Series) != 1 || got.Series[0].Value == nil || *got.Series[0].Value != float64(most)/1000 {
			t.Errorf("%+v, want %v", got.Series, float64(most)/1000)
		}
	})
	t.Run("lines", func(t *testing.T) {
		f := c.Call("loki__query_metric", `{"query":"{job=\"known\"}"}`)
		if !f.IsError() || !strings.Contains(f.Text(), "sum(count_over_time({job=") {
			t.Errorf("a query for lines gives %s", f)
		}
	})
}

// firstAfter is the index of the first line after a time.
func firstAfter(k *knownLog, at time.Time) int {
	i, _ := slices.BinarySearchFunc(k.lines, at, func(l knownLine, at time.Time) int {
		if l.at.After(at) {
			return 1
		}
		return -1
	})
	return i
}

// samePoints compares points with counts, of which null is zero.
func samePoints(t *testing.T, what string, got []*float64, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d points, want %d", what, len(got), len(want))
		return
	}
	for i, p := range got {
		v := 0.0
		if p != nil {
			v = *p
		}
		if v != want[i] {
			t.Errorf("%s: point %d is %v, want %v", what, i, v, want[i])
			return
		}
	}
}

type lokiSummary struct {
	Total    int
	Previous struct {
		Total  int
		Change string
	}
	First  time.Time `json:"first_seen"`
	Last   time.Time `json:"last_seen"`
	Labels map[string]string
	Levels []struct {
		Level, Share, Change string
		Count, Previous      int
	}
	Volume []struct {
		Start         time.Time
		Count, Errors int
	}
	From     string `json:"patterns_from"`
	Patterns []struct {
		Pattern, Share, Level string
		Count                 int
		First, Last           time.Time
	}
	Errors []struct {
		Time        time.Time
		Level, Line string
		LikeIt      int `json:"like_it"`
	}
	Warnings []string
}

// TestLokiSummary compares a summary with what the generator knows: of one
// stream, whose lines are all looked at, and of all of them.
func TestLokiSummary(t *testing.T) {
	c, _, k := knownLoki(t)
	whole := func(t *testing.T, what string, start, end time.Time, fits func(knownLine) bool) (lokiSummary, []knownLine) {
		var got lokiSummary
		structured(t, c, "loki__summarize_logs", fmt.Sprintf(`{%s,"start":%q,"end":%q}`, what, start.Format(time.RFC3339Nano), end.Format(time.RFC3339Nano)), &got)
		lines := k.where(func(l knownLine) bool { return l.within(start, end) && fits(l) })
		levels := make(map[string]int)
		for _, l := range lines {
			levels[l.level]++
		}
		if got.Total != len(lines) {
			t.Errorf("the total is %d, want %d", got.Total, len(lines))
		}
		for _, l := range got.Levels {
			if l.Count != levels[l.Level] {
				t.Errorf("%s: %d, want %d", l.Level, l.Count, levels[l.Level])
			}
			before := len(k.where(func(o knownLine) bool {
				return o.level == l.Level && o.within(start.Add(-end.Sub(start)), start) && fits(o)
			}))
			if l.Previous != before {
				t.Errorf("%s before: %d, want %d", l.Level, l.Previous, before)
			}
			delete(levels, l.Level)
		}
		if len(levels) > 0 {
			t.Errorf("no row of %v", levels)
		}
		for i, b := range got.Volume {
			to := end
			if i+1 < len(got.Volume) {
				to = got.Volume[i+1].Start
			}
			part := k.where(func(l knownLine) bool { return l.within(b.Start, to) && fits(l) })
			errors := 0
			for _, l := range part {
				if l.level == "error" {
					errors++
				}
			}
			if b.Count != len(part) || b.Errors != errors {
				t.Errorf("from %s: %d with %d errors, want %d with %d", b.Start, b.Count, b.Errors, len(part), errors)
			}
		}
		if len(got.Volume) != 12 {
			t.Errorf("%d buckets", len(got.Volume))
		}
		if ms := time.Millisecond; !got.First.Equal(lines[0].at.Truncate(ms)) || !got.Last.Equal(lines[len(lines)-1].at.Truncate(ms)) {
			t.Errorf("from %s to %s, want %s to %s", got.First, got.Last, lines[0].at, lines[len(lines)-1].at)
		}
		if len(got.Errors) != 1 || !strings.Contains(got.Errors[0].Line, "upstream timed out") || got.Errors[0].Level != "error" {
			t.Errorf("errors %+v", got.Errors)
		}
		if len(got.Warnings) > 0 {
			t.Errorf("warnings %q", got.Warnings)
		}
		return got, lines
	}

	t.Run("one stream", func(t *testing.T) {
		got, lines := whole(t, `"query":"{job=\"known\", pod=\"pod-31\"}"`, k.start, k.end, func(l knownLine) bool { return l.stream == 31 })
		kinds := make(map[string]int)
		for _, l := range lines {
			kinds[l.kind]++
		}
		if got.From != "all lines" || len(got.Patterns) != len(kinds) {
			t.Fatalf("patterns from %s: %+v", got.From, got.Patterns)
		}
		for _, p := range got.Patterns {
			if kinds[p.Pattern] != p.Count {
				t.Errorf("%s: %d, want %d", p.Pattern, p.Count, kinds[p.Pattern])
			}
		}
		if got.Labels["pod"] != "pod-31" || got.Previous.Total != 0 || got.Previous.Change != "new" {
			t.Errorf("labels %v, before %+v", got.Labels, got.Previous)
		}
	})
	t.Run("the window before", func(t *testing.T) {
		// Its borders are times that lines have.
		start, end := k.start.Add(1000*knownEvery), k.start.Add(1400*knownEvery)
		got, _ := whole(t, `"labels":{"job":"known","app":"app-2"}`, start, end, func(l knownLine) bool { return l.stream%5 == 2 })
		if got.Previous.Total != got.Total || got.Previous.Change != "same" {
			t.Errorf("before %+v of %d", got.Previous, got.Total)
		}
	})
	t.Run("all", func(t *testing.T) {
		got, _ := whole(t, `"query":"{job=\"known\"}"`, k.start, k.end, func(knownLine) bool { return true })
		if got.Total != knownLines || len(got.Patterns) < 4 {
			t.Errorf("%d lines, %d patterns", got.Total, len(got.Patterns))
		}
		shares := 0
		for _, p := range got.Patterns {
			if strings.Contains(p.Pattern, "level=") && p.Count > 0 {
				shares++
			}
		}
		if shares < 4 {
			t.Errorf("patterns from %s: %+v", got.From, got.Patterns)
		}
		t.Logf("patterns from %s", got.From)
	})
	t.Run("filtered", func(t *testing.T) {
		got, _ := whole(t, `"query":"{job=\"known\", env=\"staging\"} | json","level":"error"`, k.start, k.end, func(l knownLine) bool { return l.stream%2 == 1 && l.level == "error" })
		if got.Total != knownLines/2/20 {
			t.Errorf("%d", got.Total)
		}
	})
	t.Run("cost", func(t *testing.T) {
		if text := c.MustCall("loki__summarize_logs", fmt.Sprintf(`{"query":"{job=\"known\"}",%s}`, k.window())); len(text)/4 > 2000 {
			t.Errorf("%d tokens:\n%s", len(text)/4, text)
		}
	})
}

// TestLokiCheck: what is said of a query without running it.
func TestLokiCheck(t *testing.T) {
	c, _, k := knownLoki(t)
	check := func(query string) string {
		raw, _ := json.Marshal(query)
		f := c.Call("loki__check_query", fmt.Sprintf(`{"query":%s,%s}`, raw, k.window()))
		if f.IsError() {
			t.Fatalf("%s: %s", query, f)
		}
		var result struct{ Content []struct{ Text string } }
		if err := json.Unmarshal([]byte(f.Result()), &result); err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, content := range result.Content {
			text += content.Text + "\n"
		}
		return text
	}
	for query, want := range map[string][]string{
		`{job="known"}|json|="x"`:                          {`"valid":true`, `"kind":"lines`, "in 50 streams", `{job="known"} | json |= "x"`, "before | json"},
		`{job=~"known"}`:                                   {`write job="known"`},
		`sum(rate({job="known"} |~ ".*timeout.*" [5m]))`:   {`"kind":"numbers`, `|= "timeout"`},
		`{job=~".+"}`:                                      {`"valid":true`, "refused", "names no value"},
		`{job="known"} | logfmt | status >`:                {`"valid":false`, "parse error", "^"},
		"{job=\"known\"}\n| logfmt\n| status == \"x\" or ": {`"valid":false`, "^"},
		`{job="known"`:                                     {`"valid":false`, "             ^"},
		`rate({job="known"}[$__auto])`:                     {`"valid":true`, "without sum by"},
	} {
		text := check(query)
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: want %q in\n%s", query, w, text)
			}
		}
	}
}

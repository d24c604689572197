package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/fault"
)

// TestLokiLists: labels, values and streams, page by page.
func TestLokiLists(t *testing.T) {
	c, _, k := knownLoki(t)
	t.Run("labels", func(t *testing.T) {
		var got struct {
			Names []struct {
				Name   string
				Values int
			}
		}
		structured(t, c, "loki__list_labels", fmt.Sprintf(`{"query":"{job=\"known\"}","with_counts":true,%s}`, k.window()), &got)
		counts := make(map[string]int)
		for _, n := range got.Names {
			counts[n.Name] = n.Values
		}
		want := map[string]int{"job": 1, "app": 5, "pod": knownStreams, "env": 2, "service_name": 5}
		for name, n := range want {
			if counts[name] != n {
				t.Errorf("%s has %d values, want %d", name, counts[name], n)
			}
		}
		if len(counts) != len(want) {
			t.Errorf("labels %v", counts)
		}
	})
	follow := func(t *testing.T, tool, list, arguments string, per int) (all []string) {
		for page := 1; ; page++ {
			var got map[string]any
			structured(t, c, tool, fmt.Sprintf(`{%s,"per_page":%d,"page":%d,%s}`, arguments, per, page, k.window()), &got)
			for _, v := range got[list].([]any) {
				if row, ok := v.(map[string]any); ok {
					v = row["pod"]
				}
				all = append(all, fmt.Sprint(v))
			}
			pagination := got["pagination"].(map[string]any)
			if pagination["has_more"] != true {
				return all
			}
		}
	}
	for what, call := range map[string][3]string{
		"values":          {"loki__list_label_values", "values", `"label":"pod","query":"{job=\"known\"}"`},
		"series":          {"loki__list_series", "streams", `"match":["{job=\"known\"}"]`},
		"series of two":   {"loki__list_series", "streams", `"match":["{job=\"known\",env=\"prod\"}","{job=\"known\",env=\"staging\"}"]`},
		"volume":          {"loki__get_volume", "volumes", `"query":"{job=\"known\"}","group_by":["pod"]`},
		"values by match": {"loki__list_label_values", "values", `"label":"pod","match":"^pod-[0-4]"`},
	} {
		t.Run(what, func(t *testing.T) {
			for _, per := range []int{7, 25, 50} {
				got := follow(t, call[0], call[1], call[2], per)
				seen := make(map[string]int)
				for _, pod := range got {
					seen[pod]++
				}
				for s := range knownStreams {
					if seen[(knownLine{stream: s}).pod()] != 1 {
						t.Errorf("in pages of %d: %v", per, got)
						break
					}
				}
				if len(got) != knownStreams {
					t.Errorf("in pages of %d: %d of %d", per, len(got), knownStreams)
				}
			}
		})
	}
	t.Run("hoisted", func(t *testing.T) {
		var got struct {
			Labels  map[string]string
			Streams []map[string]string
		}
		structured(t, c, "loki__list_series", `{"match":"{job=\"known\",app=\"app-1\",env=\"prod\"}",`+k.window()+`}`, &got)
		if got.Labels["job"] != "known" || got.Labels["app"] != "app-1" || len(got.Streams) != 5 || len(got.Streams[0]) != 1 {
			t.Errorf("%+v", got)
		}
	})
}

// TestLokiSizes: stats, volume and patterns from the index and the ingester.
func TestLokiSizes(t *testing.T) {
	c, at, k := knownLoki(t)
	size := make(map[string]int)
	for _, l := range k.lines {
		size[l.app()] += len(l.text)
		size[""] += len(l.text)
	}
	t.Run("stats", func(t *testing.T) {
		var got struct {
			Streams, Entries, Bytes int
			Verdict                 string
		}
		structured(t, c, "loki__get_stats", `{"query":"{job=\"known\"}",`+k.window()+`}`, &got)
		// For a while Loki counts twice, when one index follows another: each quarter of an hour.
		if got.Streams != knownStreams || got.Entries != knownLines && got.Entries != 2*knownLines || got.Bytes < size[""] || got.Bytes > 4*size[""] || !strings.HasPrefix(got.Verdict, "within") {
			t.Errorf("%+v, want %d streams, %d entries, over %d bytes", got, knownStreams, knownLines, size[""])
		}
	})
	t.Run("volume", func(t *testing.T) {
		var got struct {
			Total   int `json:"total_bytes"`
			Volumes []struct {
				App    string
				Bytes  int
				Points []int
			}
		}
		structured(t, c, "loki__get_volume", `{"query":"{job=\"known\"}","group_by":["app"],"step":"5m",`+k.window()+`}`, &got)
		if len(got.Volumes) != 5 {
			t.Fatalf("%+v", got)
		}
		for _, v := range got.Volumes {
			sum := 0
			for _, p := range v.Points {
				sum += p
			}
			// The index counts in chunks, what Loki adds to lines, and at times twice.
			if v.Bytes < size[v.App] || v.Bytes > 4*size[v.App] || sum < v.Bytes*9/10 || sum > v.Bytes*11/10 || len(v.Points) != 4 {
				t.Errorf("%s: %d bytes, %v over time, want over %d", v.App, v.Bytes, v.Points, size[v.App])
			}
		}
	})
	t.Run("patterns", func(t *testing.T) {
		// A small stream of their own: Loki hands lines on to where patterns are found
		// in a queue, and drops them when that is full.
		const n = perStream
		lines := &pushedStream{Stream: map[string]string{"job": "patterned"}}
		kinds := make(map[string]int)
		start := time.Now().Add(-time.Minute)
		for i, l := range k.where(func(l knownLine) bool { return l.stream == 7 }) {
			lines.add(start.Add(time.Duration(i)*10*time.Millisecond), l.text)
			kinds[l.kind]++
		}
		pushStreams(t, at, lines)
		var got struct {
			Total    int `json:"total_lines"`
			Patterns []struct {
				Pattern, Trend string
				Count          int
			}
		}
		found := make(map[string]int)
		testbed.Eventually(t, "the patterns have nearly all lines of each kind", func() bool {
			structured(t, c, "loki__list_patterns", `{"query":"{job=\"patterned\"}","start":"10m"}`, &got)
			clear(found)
			for _, p := range got.Patterns {
				for _, kind := range []string{"upstream timed out", "slow query", "request served", "cache refreshed"} {
					if strings.Contains(p.Pattern, kind) {
						found[kind] += p.Count
					}
				}
			}
			return len(found) == 4 && got.Total >= n*95/100
		})
		for kind, n := range kinds {
			for word, count := range found {
				if strings.Contains(kind, word) && (count < n*90/100 || count > n) {
					t.Errorf("%s: %d, want %d", word, count, n)
				}
			}
		}
		t.Logf("%d lines in %d patterns: %v", got.Total, len(got.Patterns), found)
	})
	t.Run("fields", func(t *testing.T) {
		var got struct {
			Fields []struct {
				Field, Type string
				Cardinality int
				Value       *string
				Parsers     []string
			}
		}
		structured(t, c, "loki__list_detected_fields", `{"query":"{job=\"known\"}",`+k.window()+`}`, &got)
		types := make(map[string]string)
		for _, f := range got.Fields {
			types[f.Field] = f.Type
		}
		for field, typ := range map[string]string{"id": "int", "took": "duration", "status": "int", "path": "string", "msg": "string", "level": "string"} {
			if types[field] != typ {
				t.Errorf("%s is of type %q, want %s", field, types[field], typ)
			}
		}
		structured(t, c, "loki__list_detected_fields", `{"query":"{job=\"known\"}","field":"status",`+k.window()+`}`, &got)
		var values []string
		for _, f := range got.Fields {
			if f.Value != nil {
				values = append(values, *f.Value)
			}
		}
		if all := strings.Join(values, " "); all != "200 202" { // of even lines only
			t.Errorf("the values are %s", all)
		}
	})
}

// TestLokiLesser: a Loki without what is optional, as the front makes of a real one.
func TestLokiLesser(t *testing.T) {
	_, at, k := knownLoki(t)
	front := fault.Proxy(t, at.URL)
	for _, path := range []string{"/loki/api/v1/patterns", "/loki/api/v1/index/*", "/loki/api/v1/detected_fields", "/loki/api/v1/format_query"} {
		front.On(fault.Path(path), fault.Answer(404, "text/plain; charset=utf-8", "404 page not found\n"))
	}
	c := newWorld(t, lokiServer(front.URL)).Connect(testbed.ClientOptions{})
	for tool, arguments := range map[string]string{"list_patterns": "", "get_volume": "", "get_stats": "", "list_detected_fields": ""} {
		f := c.Call("loki__"+tool, fmt.Sprintf(`{"query":"{job=\"known\"}"%s,%s}`, arguments, k.window()))
		if !f.IsError() || !strings.Contains(f.Text(), "ERROR unsupported: this Loki does not have ") {
			t.Errorf("%s: %s", tool, f)
		}
	}
	var got lokiSummary
	structured(t, c, "loki__summarize_logs", `{"query":"{job=\"known\"}",`+k.window()+`}`, &got)
	if got.Total != knownLines || got.From != "a sample of 4000 of 100000 lines; counts are estimates" || len(got.Patterns) != 4 || len(got.Warnings) != 2 {
		t.Errorf("%d lines, patterns from %s: %+v, warnings %q", got.Total, got.From, got.Patterns, got.Warnings)
	}
	a := logs(t, c, "query_logs", `{"query":"{job=\"known\"}","per_page":3,`+k.window()+`}`)
	if a.Count != 3 || len(a.Warnings) != 1 {
		t.Errorf("%d lines, warnings %q", a.Count, a.Warnings)
	}
	if text := c.MustCall("loki__check_query", `{"query":"{job=known}"}`); !strings.Contains(text, `"valid":false`) {
		t.Errorf("a query with a mistake is %s", text)
	}
}

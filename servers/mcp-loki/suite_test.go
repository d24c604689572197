package main

import (
	"net/http"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

func TestSuite(t *testing.T) {
	var source *fake
	server := func(t testing.TB, n int, text string) *kit.Server {
		source = newFake(t, many(n, text)...)
		return testServer(t, source.URL)
	}
	of := func(more ...any) map[string]any {
		args := map[string]any{"query": `{app="api"}`}
		for i := 0; i < len(more); i += 2 {
			args[more[i].(string)] = more[i+1]
		}
		return args
	}
	metric := map[string]any{"query": `sum by (pod) (count_over_time({app="api"}[$__auto]))`, "start": "1h"}
	kittest.Suite{
		New:    func(t testing.TB) *kit.Server { return server(t, 40, "text") },
		Tokens: 3000,
		Calls: map[string]any{
			"query_logs": of("per_page", 20), "tail_logs": of("window", "1h"), "summarize_logs": of("start", "2h"),
			"list_labels": map[string]any{"with_counts": true}, "list_label_values": map[string]any{"label": "pod"},
			"query_metric": metric, "check_query": of("start", "1h"), "list_series": map[string]any{"match": []string{`{app="api"}`}},
			"get_log_context": map[string]any{"labels": map[string]any{"app": "api"}, "time": "2026-11-01T11:59:30Z", "before": 5},
			"get_volume":      of("group_by", []string{"pod"}, "step", "auto"), "get_stats": of("end", "now"), "list_patterns": of(), "list_detected_fields": of(),
		},
		Lists: map[string]kittest.List{
			"list_label_values": {Name: "values", Args: map[string]any{"label": "pod"}}, "list_series": {Name: "streams", Args: map[string]any{"match": `{app="api"}`}},
			"query_metric": {Name: "series", Args: metric, Size: "max_series"}, "get_volume": {Name: "volumes", Args: of()},
			"list_patterns": {Name: "patterns", Args: of()}, "list_detected_fields": {Name: "fields", Args: of()},
		},
		Full:   func(t testing.TB, n int) *kit.Server { return server(t, n, "text") },
		Hung:   func(t testing.TB, url string) *kit.Server { return testServer(t, url) },
		Saying: func(t testing.TB, text string) *kit.Server { return server(t, 3, text) },
		Changes: func() (n int) {
			for _, r := range source.asked() {
				if r.Method != http.MethodGet {
					n++
				}
			}
			return n
		},
	}.Run(t)
}

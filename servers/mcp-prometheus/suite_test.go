package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

// filled is a Prometheus with n of everything, which says text wherever a
// target can.
func filled(t testing.TB, n int, text string) *fake {
	said, _ := json.Marshal(text)
	list := func(one func(i int) string) string {
		all := make([]string, n)
		for i := range all {
			all[i] = one(i)
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	labels := func(i int) string { return fmt.Sprintf(`{"__name__":"m_%d","said":%s}`, i, said) }
	meta := func(i int) string { return fmt.Sprintf(`"m_%d":[{"type":"gauge","help":%s,"unit":""}]`, i, said) }
	metadata := list(meta)
	u := newUpstream(t)
	vector := success(`{"resultType":"vector","result":` + list(func(i int) string { return fmt.Sprintf(`{"metric":%s,"value":[1,"%d"]}`, labels(i), i) }) + `}`)
	one := success(`{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]}]}`)
	u.on("query", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.FormValue("query"), "count(") {
			one(w, r)
			return
		}
		vector(w, r)
	})
	u.on("query_range", success(`{"resultType":"matrix","result":`+list(func(i int) string { return fmt.Sprintf(`{"metric":%s,"values":[[1,"%d"],[2,"3"]]}`, labels(i), i) })+`}`))
	u.on("labels", success(list(func(i int) string { return fmt.Sprintf(`"l_%d"`, i) })))
	u.on("label/__name__/values", success(list(func(i int) string { return fmt.Sprintf(`"m_%d"`, i) })))
	u.on("label/l_1/values", success(list(func(i int) string { return fmt.Sprintf(`"v_%d"`, i) })))
	u.on("series", success(list(labels)))
	u.on("targets", success(`{"activeTargets":`+list(func(i int) string {
		return fmt.Sprintf(`{"labels":{"job":"j","instance":"i_%d"},"scrapePool":"j","health":"down","lastError":%s,"scrapeInterval":"15s","discoveredLabels":{"said":%s}}`, i, said, said)
	})+`}`))
	alert := func(i int) string {
		return fmt.Sprintf(`{"labels":{"alertname":"A_%d","said":%s},"annotations":{"summary":%s},"state":"firing","activeAt":"2026-11-22T11:00:00Z","value":"1"}`, i, said, said)
	}
	u.on("alerts", success(`{"alerts":`+list(alert)+`}`))
	u.on("rules", success(`{"groups":[{"name":"g","file":"f","rules":`+list(func(i int) string {
		return fmt.Sprintf(`{"type":"alerting","name":"A_%d","query":"up == 0","state":"firing","health":"err","lastError":%s,"labels":{"said":%s},"annotations":{"summary":%s},"alerts":[%s]}`, i, said, said, said, alert(i))
	})+`}]}`))
	u.on("status/tsdb", success(`{"headStats":{"numSeries":1},"seriesCountByLabelValuePair":`+list(func(i int) string { return fmt.Sprintf(`{"name":%s,"value":%d}`, said, i) })+`}`))
	u.on("status/buildinfo", success(fmt.Sprintf(`{"version":%s}`, said)))
	u.on("metadata", success("{"+metadata[1:len(metadata)-1]+"}"))
	return u
}

func TestSuite(t *testing.T) {
	var source *fake
	server := func(t testing.TB, n int, text string) *kit.Server {
		source = filled(t, n, text)
		return frozen(testClient(t, "PROMETHEUS_URL="+source.URL))
	}
	query := map[string]any{"query": "up"}
	kittest.Suite{
		New:    func(t testing.TB) *kit.Server { return server(t, 40, "text") },
		Tokens: 3500,
		Calls: map[string]any{
			"query": query, "query_range": map[string]any{"query": "up", "start": "1h", "max_points": 10},
			"list_metrics": map[string]any{"type": "gauge", "per_page": 10}, "list_labels": map[string]any{"match": []string{"up"}, "start": "1h"},
			"check_query": map[string]any{"query": "rate(m_1[5m])", "explain": true}, "compare_query": map[string]any{"query": "up", "window": "30m", "max_series": 10},
			"query_histogram": map[string]any{"metric": "m", "by": []string{"said"}, "labels": map[string]string{"a": "b"}, "start": "1h"},
			"describe_metric": map[string]any{"metric": "m_1"}, "list_label_values": map[string]any{"label": "l_1", "filter": "v", "start": "1h"},
			"list_series": map[string]any{"match": []string{"up"}, "start": "1h"}, "list_targets": map[string]any{"health": "down", "with_discovered_labels": true},
			"list_rules": map[string]any{"name": "A", "exclude_alerts": false}, "list_alerts": map[string]any{"name": "A"},
			"explain_alert": map[string]any{"name": "A_1"}, "get_tsdb_status": map[string]any{"limit": 5}, "get_server_info": nil,
		},
		Lists: map[string]kittest.List{
			"query":             {Name: "series", Args: query, Size: "max_series"},
			"query_range":       {Name: "series", Args: query, Size: "max_series"},
			"list_metrics":      {Name: "metrics"},
			"list_labels":       {Name: "labels"},
			"compare_query":     {Name: "series", Args: query, Size: "max_series"},
			"query_histogram":   {Name: "groups", Args: map[string]any{"metric": "m", "by": "said"}},
			"list_label_values": {Name: "values", Args: map[string]any{"label": "l_1"}},
			"list_series":       {Name: "series", Args: map[string]any{"match": "up"}},
			"list_targets":      {Name: "targets"},
			"list_rules":        {Name: "rules"},
			"list_alerts":       {Name: "alerts"},
		},
		Full:   func(t testing.TB, n int) *kit.Server { return server(t, n, "text") },
		Hung:   func(t testing.TB, url string) *kit.Server { return frozen(testClient(t, "PROMETHEUS_URL="+url)) },
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

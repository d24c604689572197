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
	u.on("query", success(`{"resultType":"vector","result":`+list(func(i int) string { return fmt.Sprintf(`{"metric":%s,"value":[1,"%d"]}`, labels(i), i) })+`}`))
	u.on("query_range", success(`{"resultType":"matrix","result":`+list(func(i int) string { return fmt.Sprintf(`{"metric":%s,"values":[[1,"%d"],[2,"3"]]}`, labels(i), i) })+`}`))
	u.on("labels", success(list(func(i int) string { return fmt.Sprintf(`"l_%d"`, i) })))
	u.on("label/__name__/values", success(list(func(i int) string { return fmt.Sprintf(`"m_%d"`, i) })))
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
		Tokens: 1500,
		Calls: map[string]any{
			"query": query, "query_range": map[string]any{"query": "up", "start": "1h", "max_points": 10},
			"list_metrics": map[string]any{"type": "gauge", "per_page": 10}, "list_labels": map[string]any{"match": []string{"up"}, "start": "1h"},
		},
		Lists: map[string]kittest.List{
			"query":        {Name: "series", Args: query, Size: "max_series"},
			"query_range":  {Name: "series", Args: query, Size: "max_series"},
			"list_metrics": {Name: "metrics"},
			"list_labels":  {Name: "labels"},
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

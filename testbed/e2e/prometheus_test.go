package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/service"
)

// TestPrometheus calls every tool of mcp-prometheus through the whole line, on
// a real Prometheus that scrapes itself.
func TestPrometheus(t *testing.T) {
	at := use(t, "prometheus")
	w := newWorld(t, prometheusServer(at))
	c := w.Connect(testbed.ClientOptions{})
	testbed.Eventually(t, "there are three scrapes", func() bool { return prometheusValue(at, "count_over_time(up{job=\"prometheus\"}[1m])>=3") != "" })

	t.Run("list", func(t *testing.T) {
		names, _ := c.Ask("tools/list", "").Tools()
		all := strings.Join(names, " ")
		for _, tool := range []string{"query", "query_range", "list_labels", "list_metrics"} {
			if !strings.Contains(all, "prometheus__"+tool) {
				t.Errorf("the tools are %s, without prometheus__%s", all, tool)
			}
		}
	})
	t.Run("query", func(t *testing.T) {
		var got struct {
			Series []struct {
				Job   string
				Value json.Number
			}
		}
		structured(t, c, "prometheus__query", `{"query":"up{job=\"prometheus\"}"}`, &got)
		if len(got.Series) != 1 || got.Series[0].Job != "prometheus" || got.Series[0].Value != "1" {
			t.Errorf("up is %+v", got)
		}
	})
	t.Run("query_range", func(t *testing.T) {
		var got struct{ Series []struct{ Points []*float64 } }
		structured(t, c, "prometheus__query_range", `{"query":"up{job=\"prometheus\"}","start":"now-1m","step":"1s","points":"all"}`, &got)
		if len(got.Series) != 1 {
			t.Fatalf("the range has %d series", len(got.Series))
		}
		up := 0
		for _, p := range got.Series[0].Points {
			if p != nil && *p == 1 {
				up++
			}
		}
		if up < 3 || len(got.Series[0].Points) != 61 {
			t.Errorf("of %d points %d are 1", len(got.Series[0].Points), up)
		}
	})
	t.Run("list_labels", func(t *testing.T) {
		var got struct{ Labels []string }
		structured(t, c, "prometheus__list_labels", `{}`, &got)
		if all := strings.Join(got.Labels, " "); !strings.Contains(all, "job") || !strings.Contains(all, "instance") {
			t.Errorf("the labels are %s", all)
		}
	})
	t.Run("list_metrics", func(t *testing.T) {
		var got struct{ Metrics []struct{ Name, Type string } }
		structured(t, c, "prometheus__list_metrics", `{"match":"prometheus_build_info"}`, &got)
		if len(got.Metrics) != 1 || got.Metrics[0].Name != "prometheus_build_info" || got.Metrics[0].Type != "gauge" {
			t.Errorf("the metrics are %+v", got.Metrics)
		}
	})
	t.Run("version", func(t *testing.T) {
		if text := c.MustCall("prometheus__query", `{"query":"prometheus_build_info"}`); !strings.Contains(text, at.Version) {
			t.Errorf("the Prometheus is not %s:\n%s", at.Version, text)
		}
	})
	t.Run("bad query", func(t *testing.T) {
		f := c.Call("prometheus__query", `{"query":"up{"}`)
		if !f.IsError() || !strings.Contains(f.Text(), "invalid_argument") {
			t.Errorf("a query that does not parse gives %s", f)
		}
	})
}

// TestPrometheusGone: without its upstream a tool says so, at once.
func TestPrometheusGone(t *testing.T) {
	gate(t)
	prometheus, at := bed.Alone(t, "prometheus")
	w := newWorld(t, prometheusServer(at))
	c := w.Connect(testbed.ClientOptions{})
	c.MustCall("prometheus__query", `{"query":"1"}`)
	if err := prometheus.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	f := c.Call("prometheus__query", `{"query":"up"}`)
	t.Logf("answered %s after the upstream was gone", time.Since(began).Round(time.Millisecond))
	for _, text := range []string{`"code":"unavailable"`, `"retryable":true`} {
		if !f.IsError() || !strings.Contains(f.Text()+string(f.Raw), text) {
			t.Errorf("without its upstream the tool gives %s, want %s in it", f, text)
		}
	}
}

// prometheusServer is a registry with mcp-prometheus for that Prometheus.
func prometheusServer(at service.Endpoint) string {
	return fmt.Sprintf("servers:\n  prometheus: {from: shipped, env: {PROMETHEUS_URL: %q}}\n", at.URL)
}

// prometheusValue is the first value of a query, asked without Loom.
func prometheusValue(at service.Endpoint, query string) string {
	var answer struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := getJSON(at.URL+"/api/v1/query?query="+url.QueryEscape(query), &answer); err != nil || len(answer.Data.Result) == 0 {
		return ""
	}
	text, _ := answer.Data.Result[0].Value[1].(string)
	return text
}

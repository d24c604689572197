package e2e

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
)

// TestPrometheus calls every tool of mcp-prometheus through the whole line, on
// a real Prometheus that scrapes itself, and then takes the Prometheus away.
func TestPrometheus(t *testing.T) {
	gate(t)
	binary, err := prometheusProgram.build(context.Background(), say)
	if err != nil {
		t.Fatal(err)
	}
	w := testbed.New(t, testbed.Options{
		Loom: filepath.Join(bin, "loom"), Loomd: filepath.Join(bin, "loomd"),
		Names: map[string]string{"url": ""},
	})
	local := &localPrometheus{world: w, binary: binary}
	var upstream service = local
	r := &run{service: "prometheus", provider: "local", version: prometheusVersion}
	record(t, r)
	began := time.Now()
	upstream.Start(t)
	r.start = time.Since(began)

	w.Registry("servers:\n  prometheus: {from: shipped, env: {PROMETHEUS_URL: \"" + upstream.URL() + "\"}}\n")
	c := w.Connect(testbed.ClientOptions{})
	check := func(name string, f func(t *testing.T)) {
		if t.Run(name, f) {
			r.tests++
		}
	}

	check("list", func(t *testing.T) {
		names, _ := c.Ask("tools/list", "").Tools()
		all := strings.Join(names, " ")
		for _, tool := range []string{"query", "query_range", "list_labels", "list_metrics"} {
			if !strings.Contains(all, "prometheus__"+tool) {
				t.Errorf("the tools are %s, without prometheus__%s", all, tool)
			}
		}
	})
	check("query", func(t *testing.T) {
		var got struct {
			Series []struct {
				Job   string
				Value json.Number
			}
		}
		structured(t, c, "prometheus__query", `{"query":"up"}`, &got)
		if len(got.Series) != 1 || got.Series[0].Job != "prometheus" || got.Series[0].Value != "1" {
			t.Errorf("up is %+v", got)
		}
	})
	check("query_range", func(t *testing.T) {
		testbed.Eventually(t, "there are three scrapes", func() bool { return local.value("count_over_time(up[1m])>=3") != "" })
		var got struct{ Series []struct{ Points []*float64 } }
		structured(t, c, "prometheus__query_range", `{"query":"up","start":"now-1m","step":"1s","points":"all"}`, &got)
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
	check("list_labels", func(t *testing.T) {
		var got struct{ Labels []string }
		structured(t, c, "prometheus__list_labels", `{}`, &got)
		if all := strings.Join(got.Labels, " "); !strings.Contains(all, "job") || !strings.Contains(all, "instance") {
			t.Errorf("the labels are %s", all)
		}
	})
	check("list_metrics", func(t *testing.T) {
		var got struct{ Metrics []struct{ Name, Type string } }
		structured(t, c, "prometheus__list_metrics", `{"match":"prometheus_build_info"}`, &got)
		if len(got.Metrics) != 1 || got.Metrics[0].Name != "prometheus_build_info" || got.Metrics[0].Type != "gauge" {
			t.Errorf("the metrics are %+v", got.Metrics)
		}
	})
	check("version", func(t *testing.T) {
		if text := c.MustCall("prometheus__query", `{"query":"prometheus_build_info"}`); !strings.Contains(text, prometheusVersion) {
			t.Errorf("the Prometheus is not %s:\n%s", prometheusVersion, text)
		}
	})
	check("bad query", func(t *testing.T) {
		f := c.Call("prometheus__query", `{"query":"up{"}`)
		if !f.IsError() || !strings.Contains(f.Text(), "invalid_argument") {
			t.Errorf("a query that does not parse gives %s", f)
		}
	})
	check("upstream gone", func(t *testing.T) {
		w.Kill(local.cmd.Process.Pid)
		w.Gone(local.cmd.Process.Pid)
		began := time.Now()
		f := c.Call("prometheus__query", `{"query":"up"}`)
		t.Logf("answered %s after the upstream was killed", time.Since(began).Round(time.Millisecond))
		for _, text := range []string{`"code":"unavailable"`, `"retryable":true`} {
			if !f.IsError() || !strings.Contains(f.Text()+string(f.Raw), text) {
				t.Errorf("without its upstream the tool gives %s, want %s in it", f, text)
			}
		}
	})
}

// structured calls a tool and decodes its structured content.
func structured(t *testing.T, c *testbed.Client, tool, arguments string, into any) {
	t.Helper()
	f := c.Call(tool, arguments)
	if f.Err() != nil || f.IsError() {
		t.Fatalf("%s %s: %s", tool, arguments, f)
	}
	var result struct {
		StructuredContent json.RawMessage
	}
	if err := json.Unmarshal([]byte(f.Result()), &result); err != nil || len(result.StructuredContent) == 0 {
		t.Fatalf("%s %s has no structured content (%v): %s", tool, arguments, err, f)
	}
	if err := json.Unmarshal(result.StructuredContent, into); err != nil {
		t.Fatalf("%s %s: %v: %s", tool, arguments, err, result.StructuredContent)
	}
}

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/loom-core/loom/testbed"
)

// walk calls a tool and then with next_args until there are none, and returns
// all rows of the list of that name.
func walk(t *testing.T, c *testbed.Client, tool string, arguments map[string]any, list string) (rows []json.RawMessage) {
	t.Helper()
	for calls := 0; ; calls++ {
		raw, err := json.Marshal(arguments)
		if err != nil || calls > 2*manySeries/100 {
			t.Fatalf("%s does not end (%v)", tool, err)
		}
		got := map[string]json.RawMessage{}
		structured(t, c, tool, string(raw), &got)
		var page []json.RawMessage
		var pagination struct {
			NextArgs map[string]any `json:"next_args"`
		}
		if err := json.Unmarshal(got[list], &page); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(got["pagination"], &pagination); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, page...)
		if pagination.NextArgs == nil {
			return rows
		}
		for name, v := range pagination.NextArgs {
			arguments[name] = v
		}
	}
}

// TestPrometheusMany: of 10,000 series none is lost and none comes twice.
func TestPrometheusMany(t *testing.T) {
	c, _, d := knownPrometheus(t)
	all := func(t *testing.T, tool, list string, arguments map[string]any) {
		t.Helper()
		seen := map[string]bool{}
		rows := walk(t, c, tool, arguments, list)
		for _, row := range rows {
			seen[string(row)] = true
		}
		if len(rows) != manySeries || len(seen) != manySeries {
			t.Errorf("%s has %d rows, %d of them different, want %d", tool, len(rows), len(seen), manySeries)
		}
	}
	t.Run("series", func(t *testing.T) {
		all(t, "prometheus__list_series", "series", map[string]any{"match": "e2e_many", "per_page": 500, "max_bytes": 98304})
	})
	t.Run("values", func(t *testing.T) {
		all(t, "prometheus__list_label_values", "values", map[string]any{"label": "n", "match": "e2e_many", "per_page": 500})
	})
	t.Run("query", func(t *testing.T) {
		all(t, "prometheus__query", "series", map[string]any{"query": "e2e_many", "time": d.end.Unix(), "max_series": 500})
	})
	t.Run("first of many", func(t *testing.T) {
		var got struct {
			Common  map[string]string `json:"common_labels"`
			Values  map[string]int    `json:"values_per_label"`
			Smaller []string          `json:"smaller_queries"`
			Series  []struct {
				N     string
				Value float64
			}
			Pagination struct{ Total int }
		}
		structured(t, c, "prometheus__query", fmt.Sprintf(`{"query":"e2e_many","time":%d}`, d.end.Unix()), &got)
		if got.Pagination.Total != manySeries || len(got.Series) != 50 || got.Series[0].N != "09999" || got.Series[49].Value != manySeries-50 {
			t.Errorf("%d of %d, from %+v", len(got.Series), got.Pagination.Total, got.Series[0])
		}
		if got.Values["n"] != manySeries || got.Values["zone"] != manyZones || got.Common["job"] != "e2e" || len(got.Smaller) != 2 {
			t.Errorf("values %v, common %v, smaller %q", got.Values, got.Common, got.Smaller)
		}
		var sums struct {
			Series []struct {
				Zone  string
				Value float64
			}
		}
		structured(t, c, "prometheus__query", fmt.Sprintf(`{"query":%q,"time":%d}`, got.Smaller[1], d.end.Unix()), &sums)
		for _, s := range sums.Series { // zone k has k, k+10, k+20 …
			var k int
			fmt.Sscanf(s.Zone, "z%d", &k)
			if want := float64(1000*k + 10*999*1000/2); s.Value != want {
				t.Errorf("the sum of %s is %v, want %v", s.Zone, s.Value, want)
			}
		}
		if len(sums.Series) != manyZones {
			t.Errorf("%d zones", len(sums.Series))
		}
	})
}

// TestPrometheusNames: what exists, and what was meant by what does not.
func TestPrometheusNames(t *testing.T) {
	c, _, _ := knownPrometheus(t)
	t.Run("labels", func(t *testing.T) {
		var got struct{ Labels []string }
		structured(t, c, "prometheus__list_labels", `{"match":"e2e_many"}`, &got)
		if strings.Join(got.Labels, " ") != "__name__ job n zone" {
			t.Errorf("%q", got.Labels)
		}
	})
	t.Run("values", func(t *testing.T) {
		var got struct {
			Values, Hints []string
			Pagination    struct{ Total int }
		}
		structured(t, c, "prometheus__list_label_values", `{"label":"zone","match":["e2e_many"]}`, &got)
		if len(got.Values) != manyZones || got.Pagination.Total != manyZones {
			t.Errorf("%+v", got)
		}
		structured(t, c, "prometheus__list_label_values", `{"label":"n","filter":"^0000[0-4]$"}`, &got)
		if strings.Join(got.Values, " ") != "00000 00001 00002 00003 00004" {
			t.Errorf("%q", got.Values)
		}
		structured(t, c, "prometheus__list_label_values", `{"label":"zones"}`, &got)
		if len(got.Hints) != 1 || !strings.Contains(got.Hints[0], "did you mean zone?") {
			t.Errorf("hints %q", got.Hints)
		}
	})
	t.Run("describe", func(t *testing.T) {
		var got struct {
			Name, Type, Help string
			Series           []struct {
				Name   string
				Series int
			}
			Labels []struct {
				Label  string
				Values int
				Top    []string
			}
			Samples  []map[string]any
			Examples []string `json:"example_queries"`
		}
		structured(t, c, "prometheus__describe_metric", `{"metric":"prometheus_http_request_duration_seconds_bucket"}`, &got)
		if got.Name != "prometheus_http_request_duration_seconds" || got.Type != "histogram" || got.Help == "" || len(got.Series) != 3 || !strings.Contains(got.Examples[0], "_bucket[5m]") {
			t.Errorf("%+v", got)
		}
		structured(t, c, "prometheus__describe_metric", `{"metric":"up"}`, &got)
		if len(got.Series) != 1 || got.Series[0].Series != 2 || len(got.Samples) != 2 || got.Labels[0].Values != 2 {
			t.Errorf("%+v", got)
		}
		if f := c.Call("prometheus__describe_metric", `{"metric":"prometheus_build_inof"}`); !f.IsError() || !strings.Contains(f.Text(), "did you mean prometheus_build_info?") {
			t.Errorf("%s", f)
		}
		for _, example := range got.Examples {
			raw, _ := json.Marshal(map[string]any{"query": example})
			c.MustCall("prometheus__query", string(raw))
		}
	})
	t.Run("tsdb", func(t *testing.T) {
		var got struct {
			Series  int
			Metrics []struct {
				Name  string
				Value int
			} `json:"series_by_metric"`
			Labels []struct {
				Name  string
				Value int
			} `json:"values_by_label"`
		}
		structured(t, c, "prometheus__get_tsdb_status", `{"limit":3}`, &got)
		if got.Series < manySeries || len(got.Metrics) != 3 || got.Metrics[0].Name != "e2e_many" || got.Metrics[0].Value != manySeries || got.Labels[0].Name != "n" || got.Labels[0].Value != manySeries {
			t.Errorf("%+v", got)
		}
	})
	t.Run("server", func(t *testing.T) {
		text := c.MustCall("prometheus__get_server_info", `{}`)
		for _, want := range []string{"version: 3.15.0", "ready: yes", "config_reload_ok: true", "config_sections: global", "targets\ttrue"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
		if strings.Contains(text, "hunter2") || strings.Contains(text, "dead") {
			t.Errorf("it shows the configuration:\n%s", text)
		}
	})
}

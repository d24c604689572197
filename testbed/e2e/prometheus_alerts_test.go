package e2e

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/testbed"
)

// TestPrometheusAlerts: targets, rules and alerts of the testbed's own
// configuration.
func TestPrometheusAlerts(t *testing.T) {
	at := use(t, "prometheus")
	c := newWorld(t, prometheusServer(at)).Connect(testbed.ClientOptions{})
	testbed.Eventually(t, "one alert fires, one waits, and what they read is recorded", func() bool {
		return prometheusValue(at, `ALERTS{alertstate="firing"}`) != "" && prometheusValue(at, `ALERTS{alertstate="pending"}`) != "" &&
			prometheusValue(at, `job:up:sum{job="prometheus"} == 1`) != ""
	})
	type target struct {
		Job, Health string
		LastError   string            `json:"last_error"`
		Discovered  map[string]string `json:"discovered_labels"`
	}
	t.Run("targets", func(t *testing.T) {
		var got struct {
			Targets []target
			Pools   []struct {
				Pool     string
				Up, Down int
			}
		}
		structured(t, c, "prometheus__list_targets", `{}`, &got)
		if len(got.Targets) != 2 || got.Targets[0].Job != "dead" || got.Targets[0].Health != "down" || !strings.Contains(got.Targets[0].LastError, "refused") || got.Targets[0].Discovered != nil {
			t.Errorf("%+v", got.Targets)
		}
		if len(got.Pools) != 2 || got.Pools[0].Down != 1 || got.Pools[1].Up != 1 {
			t.Errorf("%+v", got.Pools)
		}
		for args, want := range map[string]int{`{"errors_only":true}`: 1, `{"health":"up"}`: 1, `{"job":"dead","health":"up"}`: 0, `{"scrape_pool":"dead"}`: 1, `{"state":"any"}`: 2, `{"state":"dropped"}`: 0} {
			structured(t, c, "prometheus__list_targets", args, &got)
			if len(got.Targets) != want {
				t.Errorf("%s: %+v", args, got.Targets)
			}
		}
		text := c.MustCall("prometheus__list_targets", `{"job":"dead","with_discovered_labels":true}`)
		if !strings.Contains(text, "__param_token=[redacted]") || strings.Contains(text, "hunter2") {
			t.Errorf("%s", text)
		}
	})
	t.Run("rules", func(t *testing.T) {
		var got struct {
			Unhealthy int
			Rules     []struct {
				Name, Type, State, Health, Expr, For, Group string
				LastError                                   string `json:"last_error"`
				Alerts                                      []map[string]any
			}
		}
		testbed.Eventually(t, "the broken rule was evaluated", func() bool {
			structured(t, c, "prometheus__list_rules", `{}`, &got)
			return got.Unhealthy == 1
		})
		if len(got.Rules) != 5 || got.Rules[0].Name != "broken:ratio" || got.Rules[0].Health != "err" || !strings.Contains(got.Rules[0].LastError, "duplicate") {
			t.Errorf("%+v", got.Rules)
		}
		for args, want := range map[string]string{
			`{"type":"alert","state":"pending"}`: "Waits", `{"name":"sleeps"}`: "Sleeps", `{"group":"recorded"}`: "job:up:sum", `{"type":"record","name":"up"}`: "job:up:sum", `{"file":"nothing.like.it"}`: "",
		} {
			structured(t, c, "prometheus__list_rules", args, &got)
			if want == "" && len(got.Rules) > 0 || want != "" && (len(got.Rules) != 1 || got.Rules[0].Name != want) {
				t.Errorf("%s: %+v, want %s", args, got.Rules, want)
			}
		}
		structured(t, c, "prometheus__list_rules", `{"name":"Waits","exclude_alerts":false}`, &got)
		if len(got.Rules) != 1 || len(got.Rules[0].Alerts) != 1 || got.Rules[0].For != "1h" {
			t.Errorf("%+v", got.Rules)
		}
	})
	t.Run("alerts", func(t *testing.T) {
		type alert struct{ Alertname, State, Summary string }
		var got struct{ Alerts []alert }
		structured(t, c, "prometheus__list_alerts", `{}`, &got)
		if len(got.Alerts) != 2 || got.Alerts[0] != (alert{"Fires", "firing", "prometheus is up"}) || got.Alerts[1].State != "pending" {
			t.Errorf("%+v", got.Alerts)
		}
		for args, want := range map[string]int{`{"severity":"page"}`: 1, `{"state":"firing"}`: 1, `{"name":"wait"}`: 1, `{"labels":{"job":"dead"}}`: 1, `{"labels":{"job":"nobody"}}`: 0} {
			structured(t, c, "prometheus__list_alerts", args, &got)
			if len(got.Alerts) != want {
				t.Errorf("%s: %+v", args, got.Alerts)
			}
		}
	})
	for name, wants := range map[string][]string{
		"Fires":  {"state: firing", "verdict: firing: the expression is true for 1 series", "severity=info", "series_true_now: 1", "compared: up{job=\"prometheus\"} == 1"},
		"Waits":  {"state: pending", "verdict: pending for 1 series", "for: 1h", "fires_in", "threshold"},
		"sleeps": {"state: inactive", "verdict: not firing: the expression is true for no series", "compared: job:up:sum{job=\"prometheus\"} > 100", "recording_rules:", "sum by (job) (up)", "\t100\t-99\n"},
	} {
		t.Run("explain "+name, func(t *testing.T) {
			text := c.MustCall("prometheus__explain_alert", `{"name":"`+name+`"}`)
			for _, want := range wants {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
		})
	}
	t.Run("no such alert", func(t *testing.T) {
		if f := c.Call("prometheus__explain_alert", `{"name":"Fire"}`); !f.IsError() || !strings.Contains(f.Text(), "did you mean Fires?") {
			t.Errorf("%s", f)
		}
	})
	t.Run("resource", func(t *testing.T) {
		f := c.Ask("resources/read", `{"uri":"prom://rules/alerts"}`)
		if f.Err() != nil || !strings.Contains(f.Result(), "Sleeps") || strings.Contains(f.Result(), "broken") {
			t.Errorf("%s", f)
		}
	})
	t.Run("prompt", func(t *testing.T) {
		names := c.Ask("prompts/list", `{}`).Result()
		name := "explain_alert"
		if strings.Contains(names, "prometheus__explain_alert") {
			name = "prometheus__explain_alert"
		}
		f := c.Ask("prompts/get", `{"name":"`+name+`","arguments":{"name":"Waits"}}`)
		if f.Err() != nil || !strings.Contains(f.Result(), "Waits") {
			t.Errorf("%s of %s", f, names)
		}
	})
}

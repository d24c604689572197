package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/fault"
	"github.com/loom-core/loom/testbed/service"
)

// TestPrometheusLies: whatever the upstream answers, each tool answers in time (that of [testbed.Client.Answer])
// with the documented error or with less, and no credential leaves.
func TestPrometheusLies(t *testing.T) {
	at := use(t, "prometheus")
	front := fault.Proxy(t, at.URL)
	stranger := fault.Stranger(t)
	registry := fmt.Sprintf("servers:\n  prometheus: {from: shipped, env: {PROMETHEUS_URL: %q, PROMETHEUS_TOKEN: hunter2-of-the-front}}\n", front.URL)
	c := newWorld(t, registry).Connect(testbed.ClientOptions{})
	c.MustCall("prometheus__query", `{"query":"1"}`)

	calls := map[string]string{
		"query": `{"query":"up"}`, "query_range": `{"query":"up"}`, "compare_query": `{"query":"up"}`, "query_histogram": `{"metric":"x"}`,
		"check_query": `{"query":"up"}`, "list_metrics": `{}`, "describe_metric": `{"metric":"up"}`, "list_labels": `{}`, "list_label_values": `{"label":"job"}`,
		"list_series": `{"match":"up"}`, "list_targets": `{}`, "list_rules": `{}`, "list_alerts": `{}`, "explain_alert": `{"name":"Fires"}`,
		"get_tsdb_status": `{}`, "get_server_info": `{}`,
	}
	for _, tc := range []struct {
		name string
		lies []fault.Behaviour
		code string
	}{
		{"{}", []fault.Behaviour{fault.Answer(200, "application/json", "{}")}, "failed_precondition"},
		{"login page", []fault.Behaviour{fault.LoginPage()}, "failed_precondition"},
		{"HTML 200", []fault.Behaviour{fault.Answer(200, "text/html", "<html>")}, "failed_precondition"},
		{"half", []fault.Behaviour{fault.Half()}, "unavailable"},
		{"empty", []fault.Behaviour{fault.Empty()}, "unavailable"},
		{"500", []fault.Behaviour{fault.Status(500)}, "unavailable"},
		{"503", []fault.Behaviour{fault.ErrorPage(503)}, "unavailable"},
		{"cut", []fault.Behaviour{fault.Cut(fault.InBody)}, "unavailable"},
		{"429, a minute", []fault.Behaviour{fault.RetryAfter(time.Minute)}, "rate_limited"},
		{"redirect", []fault.Behaviour{fault.Redirect(307, stranger.URL)}, ""},
		{"redirect loop", []fault.Behaviour{fault.RedirectLoop(302)}, ""},
		{"null data", []fault.Behaviour{fault.Answer(200, "application/json", `{"status":"success","data":null}`)}, "any"},
		{"a list for data", []fault.Behaviour{fault.Answer(200, "application/json", `{"status":"success","data":[]}`)}, "any"},
		{"nulls", []fault.Behaviour{fault.Answer(200, "application/json", `{"status":"success","data":{"resultType":"vector","result":[null,{"metric":null}],"activeTargets":[{}],"groups":[{"rules":[{}]}],"alerts":[{}],"yaml":null,"headStats":null}}`)}, "any"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rule := front.On(fault.Any, tc.lies...)
			defer rule.Off()
			ids := map[string]string{}
			for tool, arguments := range calls { // at once: each waits between its tries
				ids[tool] = c.Begin("prometheus__"+tool, arguments)
			}
			for tool, id := range ids {
				f := c.Answer(id)
				text := f.Text() + string(f.Raw)
				switch {
				case f.Err() != nil:
					t.Errorf("%s: a JSON-RPC error: %s", tool, f)
				case strings.Contains(text, "hunter2") || strings.Contains(text, `"code":"internal"`) || strings.Contains(text, `\"code\":\"internal\"`):
					t.Errorf("%s: %s", tool, f)
				case tool == "check_query":
					if f.IsError() || !strings.Contains(text, "valid") {
						t.Errorf("%s needs the server: %s", tool, f)
					}
				case tc.code == "any":
				case !f.IsError() || !strings.Contains(text, tc.code):
					t.Errorf("%s: want %q in %s", tool, tc.code, f)
				}
			}
		})
	}
	if got := stranger.Credentials(); len(got) > 0 {
		t.Errorf("the other host was given %q", got)
	}
}

// TestPrometheusHangs: an upstream that does not answer is left when the client
// goes, and before the deadline when it stays.
func TestPrometheusHangs(t *testing.T) {
	at := use(t, "prometheus")
	front := fault.Proxy(t, at.URL)
	c := newWorld(t, prometheusServer(service.Endpoint{URL: front.URL})).Connect(testbed.ClientOptions{})
	c.MustCall("prometheus__query", `{"query":"1"}`)
	front.On(fault.Path("/api/v1/query"), fault.Hang())

	id := c.Begin("prometheus__query", `{"query":"up"}`)
	front.AwaitRequests(2)
	c.Cancel(id)
	front.AwaitCancelled(1, time.Second)

	// The check of a query is there without the server, after a short wait.
	began := time.Now()
	text := c.MustCall("prometheus__check_query", `{"query":"rate(up[5m])"}`)
	if took := time.Since(began); took > 15*time.Second || !strings.Contains(text, "checked without the server") {
		t.Errorf("after %s: %s", took, text)
	}
}

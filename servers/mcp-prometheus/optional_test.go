package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

// store answers queries and lists, and lacks the rest in its own way: Mimir,
// Thanos, Cortex, VictoriaMetrics, each of them behind Grafana.
func store(t *testing.T, lacking http.HandlerFunc) *fake {
	u := newUpstream(t).
		on("query", vector(`{"metric":{"__name__":"up","job":"a"},"value":[1,"1"]}`)).
		on("query_range", success(`{"resultType":"matrix","result":[]}`)).
		on("labels", success(`["job"]`)).on("label/job/values", success(`["a"]`)).on("label/__name__/values", success(`["up"]`)).
		on("series", success(`[{"__name__":"up","job":"a"}]`))
	for _, path := range []string{"targets", "rules", "alerts", "metadata", "status/tsdb", "status/buildinfo", "status/runtimeinfo", "status/flags", "status/config", "alertmanagers", "features"} {
		u.on(path, lacking)
	}
	return u
}

func text(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, body, status) }
}

// What a store does not have is unsupported, with what to ask instead, and
// what needs it only a little goes on without.
func TestStoresThatLackAPIs(t *testing.T) {
	for name, lacking := range map[string]http.HandlerFunc{
		"mimir":           text(404, "404 page not found"),
		"grafana":         reply(404, `{"message":"Not found"}`),
		"cortex":          reply(404, `{"status":"error","errorType":"not_found","error":"not found"}`),
		"victoriametrics": text(400, `unsupported path requested: "/api/v1/targets"`),
		"a proxy":         text(405, "method not allowed"),
		"amp":             text(501, "not implemented"),
	} {
		t.Run(name, func(t *testing.T) {
			c := store(t, lacking).connect(t)
			for tool, hint := range map[string]string{
				"list_targets": "query up is 1", "list_rules": "query ALERTS", "list_alerts": "query ALERTS", "explain_alert": "query ALERTS", "get_tsdb_status": "query topk(10",
			} {
				arguments := map[string]any{}
				if tool == "explain_alert" {
					arguments["name"] = "x"
				}
				has(t, c.MustFail(tool, arguments, kit.Unsupported), "Hint: Mimir, Thanos", hint)
			}
			var info serverInfo
			c.MustStruct("get_server_info", nil, &info)
			if len(info.APIs) != 11 || info.APIs[0].Here || info.APIs[0].Why != "the server does not have it" {
				t.Errorf("%+v", info.APIs)
			}
			has(t, c.MustText("check_query", args(`{"query":"rate(up[1m])"}`)), "valid, answers with a vector", "up  (1 series now, gauge, range 1m)", "rate-of-gauge")
			has(t, c.MustText("list_metrics", nil), "no types and help texts", "up\tunknown")
			has(t, c.MustText("describe_metric", args(`{"metric":"up"}`)), "name: up", "metadata: ")
			for tool, a := range map[string]string{
				"query": `{"query":"up"}`, "query_range": `{"query":"up"}`, "compare_query": `{"query":"up"}`, "query_histogram": `{"metric":"up"}`,
				"list_labels": `{}`, "list_label_values": `{"label":"job"}`, "list_series": `{"match":"up"}`,
			} {
				c.MustText(tool, args(a))
			}
		})
	}
}

// A store of many tenants says what is missing in words of its own.
func TestTenants(t *testing.T) {
	u := newUpstream(t).on("query", text(401, "no org id"))
	has(t, u.connect(t).MustFail("query", args(`{"query":"up"}`), kit.Unauthenticated), "no org id", "PROMETHEUS_TENANT")
	u.on("query", reply(422, `{"status":"error","errorType":"bad_data","error":"multiple org IDs present"}`))
	has(t, u.connect(t).MustFail("query", args(`{"query":"up"}`), kit.InvalidArgument), "multiple org IDs")
	u.on("query", reply(422, `{"status":"error","errorType":"execution","error":"the query time range exceeds the limit (query length: 200h0m0s, limit: 168h0m0s) (err-mimir-max-query-length)"}`))
	has(t, u.connect(t).MustFail("query", args(`{"query":"up"}`), kit.TooLarge), "limit: 168h0m0s", "Hint: narrow")
}

// Nothing that a configuration may hide is shown.
func TestServerInfoHasNoSecrets(t *testing.T) {
	const canary = "hunter2"
	u := newUpstream(t).on("query", vector()).
		on("status/config", success(`{"yaml":"global:\n  external_labels: {token: hunter2}\nhunter2:\n  x: y\nscrape_configs:\n- basic_auth:\n    password: hunter2\n  params: |\n    a\nalerting:\n  alertmanagers: []\n"}`)).
		on("status/flags", success(`{"web.external-url":"http://u:hunter2@x","query.timeout":"2m","storage.tsdb.path":"/hunter2","enable-feature":""}`)).
		on("alertmanagers", success(`{"activeAlertmanagers":[{"url":"http://u:hunter2@am:9093/api?token=hunter2"},{"url":"http://u:hunter2@[bad"}]}`)).
		on("status/buildinfo", success(`{"version":"2.53.0","goVersion":"go1.22"}`)).
		on("status/runtimeinfo", success(`{"startTime":"2026-11-22T11:00:00.5Z","reloadConfigSuccess":false,"corruptionCount":2,"CWD":"/hunter2","storageRetention":"15d"}`))
	r := u.connect(t).Call("get_server_info", nil)
	got := kittest.Text(r) + string(r.RawStructuredContent)
	if strings.Contains(got, canary) {
		t.Errorf("a secret is shown:\n%s", got)
	}
	has(t, got, "version: 2.53.0\n", "config_sections: global, scrape_configs, alerting\n", "flags: query.timeout=2m\n", "alertmanagers: http://am:9093/api, (a URL that does not parse)",
		"started: 2026-11-22T11:00:00Z", "retention: 15d", "ready: unknown", "config_reload_ok: false", "an older one is in force", "samples may be lost")
}

// A server that is not there is one error at once, not one for each question.
func TestServerInfoOfNothing(t *testing.T) {
	u := newUpstream(t).on("query", text(401, "no"))
	u.connect(t).MustFail("get_server_info", nil, kit.Unauthenticated)
	if n := len(u.asked()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

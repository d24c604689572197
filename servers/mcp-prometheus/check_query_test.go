package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

// Without its server check_query says what the query itself says.
func TestCheckQueryAlone(t *testing.T) {
	u := newUpstream(t)
	c := u.connect(t)
	u.Close()
	has(t, c.MustText("check_query", args(`{"query":"sum(rate(sum(x)[5m:]))"}`)), `"valid":true`, "checked without the server: ", "wrong, aggregate-before-rate at 1:5")
	has(t, c.MustText("check_query", args(`{"query":"sum by (job) (rate(x[5m])"}`)), `"valid":false`, "not PromQL: 1:26: unclosed left parenthesis", "\n                         ^\n")
	has(t, c.MustText("check_query", args(`{"query":"select * from up"}`)), "This is SQL")
	has(t, c.MustText("check_query", args(`{"query":"rate(x[$__rate_interval])"}`)), "Variables of a dashboard")
	has(t, c.MustText("check_query", args(`{"query":"{a=\"b\"} |= \"x\""}`)), "This is LogQL")
}

func TestCheckQueryWithoutDetails(t *testing.T) {
	u := newUpstream(t).on("query", vector(`{"metric":{},"value":[1,"1"]}`)).on("label/__name__/values", success(`["up"]`)).
		on("metadata", success(`{}`)).on("targets", success(`{"activeTargets":[{"labels":{"job":"a"},"scrapeInterval":"30s"},{"labels":{"job":"b"},"scrapeInterval":"1m"}]}`))
	c := u.connect(t)
	text := c.MustText("check_query", args(`{"query":"sum_over_time(up{job=\"b\"}[1m])","explain":false}`))
	if strings.Contains(text, "reads:") || !strings.Contains(text, "findings: none") {
		t.Errorf("%s", text)
	}
	for _, r := range u.asked() {
		if strings.HasPrefix(r.FormValue("query"), "count(") {
			t.Errorf("it counts: %s", r.FormValue("query"))
		}
	}
	has(t, c.MustText("check_query", args(`{"query":"rate(x_total{job=\"b\"}[90s])"}`)), "come every 1m: write [4m]", "absent-metric")
	has(t, c.MustText("check_query", args(`{"query":"rate(x_total[90s])"}`)), "info, range-short", "come every 30s")
}

// A server may refuse what the parser takes: an older one, or one without a
// feature flag.
func TestCheckQueryThatTheServerRefuses(t *testing.T) {
	u := newUpstream(t).on("label/__name__/values", success(`["up"]`)).on("query", func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.FormValue("query"), "mad_over_time") {
			reply(400, `{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:7: parse error: unknown function with name \"mad_over_time\""}`)(w, r)
			return
		}
		vector(`{"metric":{},"value":[1,"1"]}`)(w, r)
	})
	text := u.connect(t).MustText("check_query", args(`{"query":"mad_over_time(up[5m])"}`))
	has(t, text, `"valid":true`, "info, experimental", `wrong, refused-by-server: this server does not take it: unknown function with name "mad_over_time"`, "up  (1 series now, gauge, range 5m)")
}

func TestCompareQueryArguments(t *testing.T) {
	u := newUpstream(t).on("query", vector())
	c := u.connect(t)
	c.MustText("compare_query", args(`{"query":"up","window":"2h","offset":"1w","time":"2026-11-22T10:00:00Z"}`))
	var times []string
	for _, r := range u.asked() {
		times = append(times, r.FormValue("time"))
		if got, want := r.FormValue("query"), "avg_over_time((up\n)[2h:2m])"; got != want {
			t.Errorf("asked %q, want %q", got, want)
		}
	}
	if len(times) != 2 || !strings.Contains(strings.Join(times, " "), "1795341600") || !strings.Contains(strings.Join(times, " "), "1794736800") {
		t.Errorf("at %v", times)
	}
	for bad, want := range map[string]string{
		`{"query":"up[5m]"}`: "range vector", `{"query":"\"a\""}`: "string", `{"query":"up","window":"0"}`: "too short", `{"query":"up","offset":"soon"}`: `argument "offset"`,
	} {
		has(t, c.MustFail("compare_query", args(bad), kit.InvalidArgument), want)
	}
	u.on("query", vector(`{"metric":{},"histogram":[1,{"count":"1","sum":"1"}]}`))
	has(t, c.MustFail("compare_query", args(`{"query":"h"}`), kit.Unsupported), "histogram_quantile(0.99, h)")
}

func TestHistogramArguments(t *testing.T) {
	u := newUpstream(t).on("query", vector())
	c := u.connect(t)
	has(t, c.MustText("query_histogram", args(`{"metric":"x_bucket"}`)), "no histogram x has samples")
	for bad, want := range map[string]string{`{"metric":"x","quantiles":["half"]}`: "no quantile", `{"metric":"x","quantiles":["101"]}`: "no quantile", `{}`: "required"} {
		has(t, c.MustFail("query_histogram", args(bad), kit.InvalidArgument), want)
	}
	d := distribution{metric: "x.y", labels: map[string]string{"a": "b\"c"}, by: []string{"svc.name"}, span: "5m"}
	if got, want := d.quantile(0.5), `histogram_quantile(0.5, sum by (le, "svc.name") (rate({"x.y_bucket",a="b\"c"}[5m])))`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestLabelPath(t *testing.T) {
	for name, want := range map[string]string{"job": "job", "svc.name": "U__svc_2e_name", "a/b": "U__a_2f_b"} {
		if got := labelPath(name); got != want {
			t.Errorf("labelPath(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestListTargetsHidesParameters(t *testing.T) {
	u := newUpstream(t).on("targets", success(`{"activeTargets":[{"health":"down","lastError":"Get \"http://x/p?token=hunter2&a=b\": refused","lastScrape":"0001-01-01T00:00:00Z",
		"labels":{"job":"a"},"discoveredLabels":{"__param_api_key":"hunter2","__param_module":"http"},"scrapePool":"a"}],"droppedTargetCounts":{"a":7}}`))
	text := u.connect(t).MustText("list_targets", args(`{"with_discovered_labels":true}`))
	has(t, text, `Get "http://x/p?[redacted]": refused`, "__param_api_key=[redacted]", "__param_module=http", "a\t0\t1\t7")
	if strings.Contains(text, "hunter2") || strings.Contains(text, "0001") {
		t.Errorf("%s", text)
	}
}

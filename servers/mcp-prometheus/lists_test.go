package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

func TestListLabels(t *testing.T) {
	u := newUpstream(t).on("labels", reply(200, `{"status":"success","data":["__name__","job","zone"],"warnings":["results truncated due to limit"]}`))
	c := u.connect(t)
	has(t, c.MustText("list_labels", args(`{"match":"up{job=\"a\",zone=~\"b|c\"}"}`)),
		"start: 2026-11-22T11:00:00Z\nend: 2026-11-22T12:00:00Z\nwarnings: results truncated due to limit\nlabels: __name__, job, zone\n", "total=3")
	if form := u.form(); strings.Join(form["match[]"], "|") != `up{job="a",zone=~"b|c"}` || form.Get("limit") != "50000" || form.Get("start") != "1795345200" {
		t.Errorf("asked %v", form)
	}
	c.MustText("list_labels", args(`{"match[]":["up","x"],"from":"2d"}`))
	if form := u.form(); len(form["match[]"]) != 2 || form.Get("start") != "1795176000" {
		t.Errorf("asked %v", form)
	}
	for _, none := range []string{`[]`, `null`} {
		u.on("labels", success(none))
		has(t, c.MustText("list_labels", nil), "labels: none", "no series match in this range")
	}
	u.on("labels", reply(400, `{"status":"error","errorType":"bad_data","error":"invalid parameter \"match[]\": 1:4: parse error"}`))
	c.MustFail("list_labels", args(`{"match":"up{"}`), kit.InvalidArgument)
}

const someMetadata = `{
	"http_requests_total":[{"type":"counter","help":"Requests.","unit":""}],
	"go_goroutines":[{"type":"gauge","help":"Goroutines.","unit":null}],
	"rpc_seconds":[{"type":"histogram","help":"Latency of RPCs.","unit":"seconds"}],
	"odd":[], "nothing":null,
	"long":[{"type":null,"help":"` + "héllo wörld " + `long long long long long long long long long long long long long long long long long long long long long long long long"}]}`

func listing(t *testing.T) *fake {
	return newUpstream(t).
		on("label/__name__/values", success(`["go_goroutines","http_requests_total","long","odd","rpc_seconds_bucket","rpc_seconds_count","rpc_seconds_sum"]`)).
		on("metadata", success(someMetadata))
}

func TestListMetrics(t *testing.T) {
	u := listing(t)
	c := u.connect(t)
	text := c.MustText("list_metrics", nil)
	has(t, text, "name\ttype\thelp\tunit\tsuffixes\n", "go_goroutines\tgauge\tGoroutines.\t\t\n",
		"rpc_seconds\thistogram\tLatency of RPCs.\tseconds\t_bucket _count _sum\n", "odd\tunknown\t\t\t\n", "…", "total=5")
	for _, tc := range []struct{ args, want string }{
		{`{"match":"^http_"}`, "http_requests_total"},
		{`{"match":"REQUESTS"}`, "http_requests_total"},
		{`{"match":"requests http"}`, "http_requests_total"},
		{`{"match":"rpc_seconds_sum"}`, "rpc_seconds"},
		{`{"pattern":"rpc","type":"histogram"}`, "rpc_seconds"},
		{`{"type":"gauge"}`, "go_goroutines"},
		{`{"match":"[go"}`, ""},
	} {
		var a struct {
			Metrics []metric
			Hints   []string
		}
		c.MustStruct("list_metrics", args(tc.args), &a)
		var names []string
		for _, m := range a.Metrics {
			names = append(names, m.Name)
		}
		if strings.Join(names, " ") != tc.want || (len(names) == 0) != (len(a.Hints) > 0) {
			t.Errorf("%s: %v, hints %v, want %s", tc.args, names, a.Hints, tc.want)
		}
	}
	has(t, c.MustText("list_metrics", args(`{"match":"go_gorutines"}`)), "did you mean go_goroutines?")
	u.asked()
	c.MustText("list_metrics", args(`{"job":"a\"b"}`))
	for _, r := range u.asked() {
		if strings.HasSuffix(r.URL.Path, "values") && r.Form.Get("match[]") != `{job="a\"b"}` {
			t.Errorf("asked %v", r.Form)
		}
	}
}

func TestListMetricsCounts(t *testing.T) {
	u := listing(t).on("query", vector(
		`{"metric":{"__name__":"rpc_seconds_bucket"},"value":[1,"20"]}`, `{"metric":{"__name__":"rpc_seconds_sum"},"value":[1,"2"]}`, `{"metric":{"__name__":"go_goroutines"},"value":[1,"3"]}`))
	c := u.connect(t)
	has(t, c.MustText("list_metrics", args(`{"with_series_count":"true","job":"api"}`)), "rpc_seconds\thistogram\t22\t", "go_goroutines\tgauge\t3\t", "odd\tunknown\t0\t")
	for _, r := range u.asked() {
		if r.URL.Path == "/api/v1/query" && r.Form.Get("query") != `count by (__name__) ({__name__=~"go_goroutines|http_requests_total|long|odd|rpc_seconds_bucket|rpc_seconds_count|rpc_seconds_sum",job="api"})` {
			t.Errorf("asked %s", r.Form.Get("query"))
		}
	}
	u.on("query", reply(422, `{"status":"error","errorType":"execution","error":"too many samples"}`))
	has(t, c.MustText("list_metrics", args(`{"with_series_count":true}`)), "warnings: series are not counted: too many samples", "go_goroutines")
}

func TestListMetricsWithoutMetadata(t *testing.T) {
	u := listing(t).on("metadata", http.NotFound)
	has(t, u.connect(t).MustText("list_metrics", nil), "no types and help texts", "rpc_seconds_bucket\tunknown")
}

// Pages together are the list.
func TestListMetricsPages(t *testing.T) {
	var names []string
	for i := range 123 {
		names = append(names, fmt.Sprintf(`"m_%03d"`, i))
	}
	u := newUpstream(t).on("label/__name__/values", success("["+strings.Join(names, ",")+"]")).on("metadata", success(`{}`))
	c := u.connect(t)
	next, got := map[string]any{"max_bytes": 2048}, 0
	for next != nil {
		var a struct {
			Metrics    []metric
			Pagination kit.Pagination
		}
		c.MustStruct("list_metrics", next, &a)
		for _, m := range a.Metrics {
			if want := fmt.Sprintf("m_%03d", got); m.Name != want {
				t.Fatalf("got %s, want %s", m.Name, want)
			}
			got++
		}
		if a.Pagination.NextArgs == nil {
			break
		}
		for name, v := range a.Pagination.NextArgs {
			next[name] = v
		}
	}
	if got != 123 {
		t.Errorf("%d of 123", got)
	}
}

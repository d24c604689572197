package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

var api = map[string]any{"query": `{app="api"}`}

func TestUpstreamErrors(t *testing.T) {
	for _, tc := range []struct {
		name     string
		upstream http.HandlerFunc
		code     kit.Code
		want     []string
	}{
		{"parse error", plain(400, "parse error at line 1, col 2: syntax error"), kit.InvalidArgument, []string{"\n  {app=\"api\"}\n   ^\n", `"status":400`}},
		{"too long", plain(400, "the query time range exceeds the limit (query length: 800h, limit: 721h)"), kit.InvalidArgument, []string{"shorter range"}},
		{"too many bytes", plain(400, "the query would read too many bytes (query: 5TB, limit: 1TB)"), kit.TooLarge, []string{"narrow the selector"}},
		{"tenant", plain(401, "no org id"), kit.Unauthenticated, []string{"LOKI_TENANT"}},
		{"token", plain(401, "unauthorized"), kit.Unauthenticated, []string{"LOKI_TOKEN"}},
		{"403", reply(403, "application/json", `{"message":"no access to this data source"}`), kit.PermissionDenied, []string{"no access"}},
		{"timeout", plain(504, "context deadline exceeded"), kit.Timeout, []string{"narrow the selector"}},
		{"500", plain(500, "boom"), kit.Unavailable, []string{"boom"}},
		{"429", plain(429, "Maximum active stream limit exceeded"), kit.RateLimited, nil},
		{"no Loki", plain(404, "404 page not found"), kit.FailedPrecondition, []string{"LOKI_URL"}},
		{"Grafana", reply(404, "application/json", `{"message":"Data source not found"}`), kit.NotFound, []string{"Data source not found"}},
		{"login page", reply(200, "text/html", "<html>"), kit.FailedPrecondition, []string{"LOKI_URL"}},
		{"{}", reply(200, "application/json", "{}"), kit.FailedPrecondition, []string{"LOKI_URL"}},
		{"a list", reply(200, "application/json", "[]"), kit.FailedPrecondition, []string{"LOKI_URL"}},
		{"half", reply(200, "application/json", `{"status":"success","data":{"resultT`), kit.Unavailable, nil},
		{"empty", reply(200, "application/json", ""), kit.Unavailable, nil},
		{"wrong shape", success(`{"resultType":"streams","result":{"a":1}}`), kit.Unavailable, []string{"decoding"}},
		{"wrong entry", success(`{"resultType":"streams","result":[{"stream":{},"values":[["x","y"]]}]}`), kit.Unavailable, []string{"no number"}},
		{"numbers", success(`{"resultType":"matrix","result":[]}`), kit.InvalidArgument, []string{"query_metric"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			has(t, newFake(t).on("query_range", tc.upstream).connect(t).MustFail("query_logs", api, tc.code), tc.want...)
		})
	}
}

// TestNulls: members that are null or absent are none.
func TestNulls(t *testing.T) {
	f := newFake(t).on("query_range", success(`{"resultType":"streams","result":[{"stream":null,"values":[["1793534300000000000","hello",null],["1793534300000000000","there",{"structuredMetadata":null}]]},{}]}`))
	has(t, f.connect(t).MustText("query_logs", api), "hello", "there", `"count":2`)
	for path, tool := range map[string]string{"labels": "list_labels", "series": "list_series", "patterns": "list_patterns", "index/volume": "get_volume", "detected_fields": "list_detected_fields"} {
		f := newFake(t).on(path, reply(200, "application/json", `{"status":"success","data":null}`))
		args := map[string]any{"query": `{app="api"}`}
		if tool == "list_series" {
			args = map[string]any{"match": `{app="api"}`}
		}
		has(t, f.connect(t).MustText(tool, args), "count=0")
	}
}

// TestLesserLoki: what is not there is unsupported, or missed with a warning.
func TestLesserLoki(t *testing.T) {
	old := newFake(t, many(40, "level=error boom")...)
	for _, path := range []string{"patterns", "index/volume", "index/stats", "detected_fields", "detected_field/x/values", "format_query"} {
		old.on(path, plain(404, "404 page not found"))
	}
	old.level = "" // it did not look for levels
	c := old.connect(t)
	for tool, more := range map[string]map[string]any{"list_patterns": {}, "get_volume": {}, "get_stats": {}, "list_detected_fields": {"field": "x"}} {
		args := map[string]any{"query": `{app="api"}`}
		for k, v := range more {
			args[k] = v
		}
		has(t, c.MustFail(tool, args, kit.Unsupported), "this Loki does not have")
	}
	c.MustText("query_logs", api)
	has(t, c.MustText("check_query", api), `"valid":true`, "checked without Loki")
	has(t, c.MustText("check_query", map[string]any{"query": `{app=api}`}), `"valid":false`, "     ^")
	has(t, c.MustText("summarize_logs", api), "total: 40", "error\t40\t100.0%", "patterns: this Loki does not have patterns", "line <_> level=error boom\t40", "patterns_from: all lines")
}

// TestBehindGrafana: the path of a data source, a token and a tenant are sent.
func TestBehindGrafana(t *testing.T) {
	var got *http.Request
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		success(`["app"]`)(w, r)
	}))
	t.Cleanup(s.Close)
	server := testServer(t, s.URL+"/api/datasources/proxy/uid/abc/", "LOKI_TOKEN=glsa", "LOKI_TENANT=team-a")
	kittest.Connect(t, server).MustText("list_labels", map[string]any{})
	if got.URL.Path != "/api/datasources/proxy/uid/abc/loki/api/v1/labels" || got.Header.Get("Authorization") != "Bearer glsa" || got.Header.Get("X-Scope-OrgID") != "team-a" {
		t.Errorf("%s %v", got.URL, got.Header)
	}
}

// TestLongLines: an answer over what is read is asked for in smaller parts.
func TestLongLines(t *testing.T) {
	lines := many(100, strings.Repeat("x", 1000))
	for i := range lines {
		lines[i].line = fmt.Sprintf("n=%d; %s", i, strings.Repeat("x", 1000))
	}
	got, _ := followLogs(t, newFake(t, lines...).connect(t, "LOKI_MAX_BODY=32KiB"), map[string]any{"query": `{app="api"}`, "per_page": 100, "line_max": 40}, nil)
	once(t, "long lines", got, 100)
}

// TestInstances: each has its own address and its own limit of lines.
func TestInstances(t *testing.T) {
	small, large := newFake(t, equal(30, 1)...), newFake(t, equal(20, 1)...)
	small.most = 5
	c := kittest.Connect(t, testServer(t, "", "LOKI_INSTANCES=small,large", "LOKI_SMALL_URL="+small.URL, "LOKI_LARGE_URL="+large.URL))
	got, _ := followLogs(t, c, map[string]any{"query": `{app="api"}`, "per_page": 20}, nil)
	once(t, "small", got, 30)
	got, calls := followLogs(t, c, map[string]any{"query": `{app="api"}`, "per_page": 20, "instance": "large"}, nil)
	if once(t, "large", got, 20); calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

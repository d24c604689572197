package main

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

func has(t testing.TB, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("want %q in %s", w, text)
		}
	}
}

func TestGuard(t *testing.T) {
	big := reply(200, "application/json", `{"streams":5,"chunks":9,"entries":1000,"bytes":53687091200}`)
	for _, tc := range []struct {
		name     string
		tool     string
		args     map[string]any
		settings []string
		big      bool
		code     kit.Code // empty: it passes
		want     []string
	}{
		{name: "any", args: map[string]any{"query": `{app=~".+"}`}, code: kit.FailedPrecondition, want: []string{`{app=~".+"} reads all streams`, `{app="api"}`}},
		{name: "not", args: map[string]any{"query": `{app!="x"}`}, code: kit.FailedPrecondition},
		{name: "one of two", args: map[string]any{"query": `{app!="x", pod="y"}`}},
		{name: "two days", args: map[string]any{"query": `{app="api"}`, "start": "2d"}, code: kit.FailedPrecondition, want: []string{"reads 2d, the guard allows 1d", "start=2026-10-31T12:00:00Z end=2026-11-01T12:00:00Z"}},
		{name: "two days allowed", args: map[string]any{"query": `{app="api"}`, "start": "2d"}, settings: []string{"LOKI_MAX_RANGE=7d"}},
		{name: "bytes", args: map[string]any{"query": `{app="api"}`, "start": "10h"}, big: true, code: kit.FailedPrecondition,
			want: []string{"about 50.0 GiB, the guard allows 20.0 GiB", "start=2026-11-01T09:00:00Z end=2026-11-01T12:00:00Z"}},
		{name: "bytes allowed", args: map[string]any{"query": `{app="api"}`}, big: true, settings: []string{"LOKI_MAX_SCAN=60GiB"}},
		{name: "off", args: map[string]any{"query": `{app=~".+"}`, "start": "9d"}, big: true, settings: []string{"LOKI_GUARD=off"}},
		{name: "override", args: map[string]any{"query": `{app=~".+"}`, "start": "9d", "override": true}, big: true, settings: []string{"LOKI_ALLOW_OVERRIDE=true"}, want: []string{"overridden"}},
		{name: "override refused", args: map[string]any{"query": `{app="api"}`, "override": true}, code: kit.PermissionDenied, want: []string{"LOKI_ALLOW_OVERRIDE"}},
		{name: "window in a metric", tool: "query_metric", args: map[string]any{"query": `sum(count_over_time({app="api"}[3d]))`, "time": "now"}, code: kit.FailedPrecondition, want: []string{"in brackets"}},
		{name: "offset in a metric", tool: "query_metric", args: map[string]any{"query": `sum(count_over_time({app="api"}[1h] offset 2d))`}, code: kit.FailedPrecondition},
		{name: "second selector", tool: "query_metric", args: map[string]any{"query": `sum(rate({app="api"}[5m])) / sum(rate({app=~".*"}[5m]))`}, code: kit.FailedPrecondition, want: []string{`{app=~".*"} reads all`}},
		{name: "no selector", tool: "query_metric", args: map[string]any{"query": `vector(1)`}},
		{name: "summary", tool: "summarize_logs", args: map[string]any{"query": `{app=~".+"}`}, code: kit.FailedPrecondition},
		{name: "tail", tool: "tail_logs", args: map[string]any{"query": `{app=~".+"}`}, code: kit.FailedPrecondition},
		{name: "tail of a week", tool: "tail_logs", args: map[string]any{"query": `{app="api"}`, "window": "1w"}, code: kit.FailedPrecondition},
		{name: "context", tool: "get_log_context", args: map[string]any{"labels": map[string]any{}, "time": "11:00"}, code: kit.InvalidArgument},
		{name: "fields", tool: "list_detected_fields", args: map[string]any{"query": `{app=~".+"}`}, code: kit.FailedPrecondition},
		{name: "stats say so", tool: "get_stats", args: map[string]any{"query": `{app="api"}`}, big: true, want: []string{"refused: over 20.0 GiB"}},
		{name: "labels", args: map[string]any{"labels": map[string]any{"app": "~.*"}}, code: kit.FailedPrecondition},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(t, many(3, "x")...)
			if tc.big {
				f.on("index/stats", big)
			}
			tool := tc.tool
			if tool == "" {
				tool = "query_logs"
			}
			c := f.connect(t, tc.settings...)
			if tc.code == "" {
				has(t, c.MustText(tool, tc.args), tc.want...)
				return
			}
			has(t, c.MustFail(tool, tc.args, tc.code), tc.want...)
			for _, r := range f.asked() {
				if strings.Contains(r.URL.Path, "/query") {
					t.Errorf("it was asked: %s", r.URL)
				}
			}
		})
	}
}

// TestGuardReadsTheWholeWindow: the estimate is of what is read, offsets and
// ranges in brackets with it.
func TestGuardReadsTheWholeWindow(t *testing.T) {
	f := newFake(t)
	f.connect(t).MustText("query_metric", map[string]any{"query": `sum(count_over_time({app="api"}[2h] offset 1h))`, "start": "2026-11-01T10:00:00Z", "end": "2026-11-01T11:00:00Z"})
	q := f.asked()[0].URL.Query()
	if q.Get("query") != `{app="api"}` || q.Get("start") != "1793516400000000000" || q.Get("end") != "1793527200000000000" {
		t.Errorf("estimated is %v", q)
	}
}

// TestGuardOfFreshLines: the index knows nothing yet, the volume does.
func TestGuardOfFreshLines(t *testing.T) {
	f := newFake(t).on("index/stats", reply(200, "application/json", `{"streams":0,"chunks":0,"entries":0,"bytes":0}`))
	f.on("index/volume", success(`{"resultType":"vector","result":[{"metric":{"app":"api"},"value":[1,"53687091200"]}]}`))
	has(t, f.connect(t).MustFail("query_logs", map[string]any{"query": `{app="api"}`}, kit.FailedPrecondition), "50.0 GiB")
}

func TestGuardWithoutEstimate(t *testing.T) {
	f := newFake(t, many(3, "x")...).on("index/stats", plain(404, "404 page not found"))
	has(t, f.connect(t).MustText("query_logs", map[string]any{"query": `{app="api"}`}), "how much this reads is not known", "line 2 x")
}

func TestGuardSettings(t *testing.T) {
	for _, setting := range []string{"LOKI_GUARD=maybe", "LOKI_MAX_RANGE=x", "LOKI_MAX_SCAN=lots", "LOKI_ALLOW_OVERRIDE=perhaps"} {
		name, value, _ := strings.Cut(setting, "=")
		if _, err := newGuard(func(n string) string { return map[string]string{name: value}[n] }); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", setting, err)
		}
	}
	for text, want := range map[string]int64{"20GiB": 20 << 30, "1.5 G": 3 << 29, "512": 512, "10kb": 10 << 10} {
		if n, ok := parseBytes(text); !ok || n != want {
			t.Errorf("%s is %d", text, n)
		}
	}
}

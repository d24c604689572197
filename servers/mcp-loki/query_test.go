package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
)

// queried are the texts of all queries for lines that f was asked.
func (f *fake) queried() (list []string) {
	for _, r := range f.asked() {
		if strings.HasSuffix(r.URL.Path, "/query_range") {
			list = append(list, r.FormValue("query"))
		}
	}
	return list
}

func TestWhatIsAsked(t *testing.T) {
	for _, tc := range []struct {
		args map[string]any
		want string
	}{
		{map[string]any{"query": `{app="api"}`}, `{app="api"}`},
		{map[string]any{"labels": `{"app":"api"}`, "contains": "a, b", "level": "Error"}, `{app="api"} |= "a, b" | detected_level=~"error" or level=~"(?i)(error|err|eror)"`},
		{map[string]any{"labels": map[string]any{"app": "~a|b", "pod": "!x"}, "exclude": []string{"h\"i"}}, "{app=~\"a|b\", pod!=\"x\"} != `h\"i`"},
		{map[string]any{"logql": "{app=\"api\"} |= \"x\" # mine", "contains": []string{"y"}}, "{app=\"api\"} |= \"x\" # mine\n |= \"y\""},
	} {
		f := newFake(t)
		f.connect(t).MustText("query_logs", tc.args)
		if got := f.queried(); len(got) == 0 || got[0] != tc.want {
			t.Errorf("%v asks %q, want %s", tc.args, got, tc.want)
		}
	}
}

func TestBadQueries(t *testing.T) {
	c := newFake(t).connect(t)
	for _, tc := range []struct {
		tool string
		args map[string]any
		want string
	}{
		{"query_logs", nil, "query or labels is required"},
		{"query_logs", map[string]any{"query": `{app="api"}`, "labels": map[string]any{"a": "b"}}, "both set"},
		{"query_logs", map[string]any{"query": `{app="api"`}, "  {app=\"api\"\n            ^"},
		{"query_logs", map[string]any{"query": `sum(rate({app="api"}[5m]))`}, "use query_metric"},
		{"query_metric", map[string]any{"query": `{app="api"}`}, `sum(count_over_time({app="api"}[$__auto]))`},
		{"query_metric", map[string]any{"query": `vector(1)`, "step": "1ms"}, "no step"},
		{"query_metric", map[string]any{"query": `vector(1)`, "start": "20h", "step": "1s"}, "11000 are the most"},
		{"query_logs", map[string]any{"labels": map[string]any{`a"}`: "b"}}, "no name of a label"},
		{"query_logs", map[string]any{"labels": map[string]any{"a": "b"}, "level": "loud"}, "no level"},
		{"tail_logs", map[string]any{"query": `{app="api"}`, "window": "soon"}, "no duration"},
		{"list_label_values", map[string]any{"label": "app", "match": "("}, "match"},
		{"summarize_logs", map[string]any{"query": `{app="api"}`, "start": "10ms"}, "too short"},
		{"get_log_context", map[string]any{"labels": map[string]any{"app": "api"}, "time": "never"}, "no time"},
	} {
		has(t, c.MustFail(tc.tool, tc.args, kit.InvalidArgument), tc.want)
	}
}

func TestHints(t *testing.T) {
	c := newFake(t, many(2, "x")...).connect(t)
	for query, want := range map[string]string{
		`{app="apii"}`:                `did you mean \"api\"?`,
		`{appp="api"}`:                "did you mean app?",
		`{app="api"} |= "no such"`:    "no line passes the filters",
		`{app="api", pod="pod-0009"}`: "values of pod are pod-0000, pod-0001",
	} {
		text := c.MustText("query_logs", map[string]any{"query": query, "contains": "no such"})
		if !strings.Contains(text, want) {
			t.Errorf("%s: %s", query, text)
		}
	}
}

// TestLegend: labels that lines share are said once, those that differ in a
// legend, and those that differ on each line are named.
func TestLegend(t *testing.T) {
	f := newFake(t, many(400, strings.Repeat("text ", 5))...)
	a := callLogs(t, f.connect(t), "query_logs", map[string]any{"query": `{app="api"}`, "per_page": 400, "max_bytes": 96 << 10})
	if a.Labels["app"] != "api" || len(a.Hidden) != 1 || a.Hidden[0] != "pod" || strings.Contains(a.body, "pod-0") || a.Count != 400 {
		t.Errorf("%+v", a.logsMeta)
	}
	a = callLogs(t, f.connect(t), "query_logs", map[string]any{"query": `{app="api"}`, "per_page": 3})
	if !strings.HasPrefix(a.body, "a: pod=pod-0399\nb: pod=pod-0398\nc: pod=pod-0397\n\n2026-11-01 UTC\n11:59:59.000 info a line 399") {
		t.Error(a.body)
	}
	a = callLogs(t, f.connect(t), "query_logs", map[string]any{"query": `{app="api"}`, "per_page": 1, "keep_labels": "app,detected_level"})
	if len(a.Labels) != 2 || a.Labels["detected_level"] != "info" || !strings.HasPrefix(a.body, "2026-11-01 UTC\n11:59:59.000 info line 399") {
		t.Errorf("%v\n%s", a.Labels, a.body)
	}
}

// TestCost: a page of 100 lines costs less than 5,000 tokens.
func TestCost(t *testing.T) {
	f := newFake(t, many(100, "level=info method=GET path=/api/v1/items/4711 status=200 took=12ms trace=4bf92f3577b34da6a3ce929d0e0e4736")...)
	text := f.connect(t).MustText("query_logs", map[string]any{"query": `{app="api"}`, "per_page": 100})
	if strings.Count(text, "trace=") != 100 || len(text)/4 > 5000 {
		t.Errorf("%d lines cost %d tokens", strings.Count(text, "trace="), len(text)/4)
	}
}

// TestLongQueriesGoAsAForm: proxies take no address of any length.
func TestLongQueriesGoAsAForm(t *testing.T) {
	f := newFake(t).on("query_range", success(`{"resultType":"streams","result":[]}`)).on("index/stats", reply(200, "application/json", `{"streams":1,"bytes":1}`))
	query := `{app=~"api|` + strings.Repeat("x|", 3000) + `y"}`
	f.connect(t).MustText("query_logs", map[string]any{"query": query})
	for _, r := range f.asked()[:2] {
		if r.Method != http.MethodPost || r.URL.RawQuery != "" {
			t.Errorf("%s %.80s", r.Method, r.URL)
		}
	}
}

func TestSteps(t *testing.T) {
	for length, want := range map[time.Duration]time.Duration{time.Hour: time.Minute, time.Minute: time.Second, day: 30 * time.Minute, 30 * day: 12 * time.Hour, 7 * day: 3 * time.Hour} {
		if got := autoStep(length, 60); got != want {
			t.Errorf("%s: %s, want %s", length, got, want)
		}
	}
	points, index := thin([]float64{0, 0, 9, 0, 0, 0, -5, 0}, 4)
	if len(points) != 4 || points[1] != 9 || index[1] != 2 || points[3] != -5 || index[3] != 6 {
		t.Errorf("%v at %v", points, index)
	}
}

// TestAttached: what clients attach, and what users pick.
func TestAttached(t *testing.T) {
	c := newFake(t, many(2, "x")...).connect(t)
	for uri, want := range map[string]string{"loki://labels": `pod\t2`, "loki://labels/pod": "pod-0000, pod-0001"} {
		has(t, string(c.Do("resources/read", map[string]any{"uri": uri})), want)
	}
	text := string(c.Do("prompts/get", map[string]any{"name": "triage_logs", "arguments": map[string]string{"query": `{app="api"}`, "start": "2h", "issue": "slow"}}))
	has(t, text, "What was seen: slow", `summarize_logs with query={app=\"api\"} and start=2h`, "5. Answer with")
	has(t, string(c.Do("prompts/get", map[string]any{"name": "triage_logs"})), "1. list_labels", "5. query_metric", "6. Answer")
}

// TestHalfACredential: a cut goes through none, which nobody would know then.
func TestHalfACredential(t *testing.T) {
	secret := "glpat-" + strings.Repeat("x1", 10)
	for before := range 60 {
		f := newFake(t, fakeLine{noon.UnixNano() - 1e9, "p", strings.Repeat("y", before) + " " + secret + " and more"})
		f.level = "error"
		c := f.connect(t)
		for tool, args := range map[string]map[string]any{
			"query_logs":      {"query": `{app="api"}`, "line_max": 40},
			"tail_logs":       {"query": `{app="api"}`, "line_max": 40},
			"get_log_context": {"labels": map[string]string{"app": "api"}, "time": "2026-11-01T11:59:59.000Z", "line_max": 40},
		} {
			if text := c.MustText(tool, args); strings.Contains(text, "glpat") {
				t.Fatalf("%s: %s", tool, text)
			}
		}
	}
	f := newFake(t, fakeLine{noon.UnixNano() - 1e9, "p", strings.Repeat("y", maxError-20) + " " + secret})
	f.level = "error"
	if text := f.connect(t).MustText("summarize_logs", map[string]any{"query": `{app="api"}`}); strings.Contains(text, "glpat") {
		t.Errorf("%s", text)
	}
}

// TestSummaryOfABurst: of lines that nearly all came at the end, what came at the
// end is most, though each part of the range is looked at as much.
func TestSummaryOfABurst(t *testing.T) {
	var lines []fakeLine
	for i := range 2000 {
		lines = append(lines, fakeLine{noon.Add(-time.Hour + time.Duration(i)*1500*time.Millisecond).UnixNano(), "p", fmt.Sprintf("calm %d", i)})
	}
	for i := range 9000 {
		lines = append(lines, fakeLine{noon.Add(-10*time.Minute + time.Duration(i)*time.Millisecond).UnixNano(), "p", fmt.Sprintf("burst %d", i)})
	}
	var got struct {
		Total    int
		Patterns []struct {
			Pattern string
			Count   int
		}
	}
	newFake(t, lines...).connect(t).MustStruct("summarize_logs", map[string]any{"query": `{app="api"}`, "compare": "none"}, &got)
	if got.Total != 11000 || len(got.Patterns) != 2 || got.Patterns[0].Pattern != "burst <_>" || got.Patterns[0].Count < 8000 {
		t.Errorf("%+v", got)
	}
}

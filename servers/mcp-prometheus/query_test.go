package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

func TestQueryText(t *testing.T) {
	u := newUpstream(t)
	c := u.connect(t)
	for _, tc := range []struct{ name, data, want string }{
		{"vector", `{"resultType":"vector","result":[
			{"metric":{"__name__":"m","job":"api","pod":"a"},"value":[1795348800,"1.23456789"]},
			{"metric":{"__name__":"m","job":"api","pod":"b"},"value":[1795348800,"NaN"]},
			{"metric":{"__name__":"m","job":"api","pod":"c"},"value":[1795348800.5,"+Inf"]},
			{"metric":{"__name__":"m","job":"api","pod":"d","value":"x"},"value":[1795348800,"1795348800.25"]}]}`,
			"common_labels: __name__=m job=api\nseries:\npod\tvalue\tlabel_value\nc\t+Inf\t\nd\t1795348800.2\tx\na\t1.23457\t\nb\tnull\t\n"},
		{"one series keeps its labels", `{"resultType":"vector","result":[{"metric":{"job":"api"},"value":[1,"0"]}]}`, "series:\njob\tvalue\napi\t0\n"},
		{"nulls", `{"resultType":"vector","result":[{"metric":null,"value":null,"histogram":null},{"value":[null,null]}]}`, "series:\nvalue\nnull\nnull\n"},
		{"null result", `{"resultType":"vector","result":null}`, "series: none\n"},
		{"scalar", `{"resultType":"scalar","result":[1,"2.5"]}`, "result_type: scalar\nseries:\nvalue\n2.5\n"},
		{"string", `{"resultType":"string","result":[1,"a\u001b[31m\nb"]}`, "value\na\\nb\n"},
		{"matrix", `{"resultType":"matrix","result":[{"metric":{"job":"a"},"values":[[1,"1"],[2,"3"]]}]}`, "job\tfirst\tlast\tmin\tmax"},
		{"histogram", `{"resultType":"vector","result":[{"metric":{"job":"a"},"histogram":[1,{"count":"10","sum":"20","buckets":[[0,"0","1","5"],[0,"1","3","5"]]}]}]}`,
			"job\tcount\tsum\tavg\tp50\tp90\tp99\na\t10\t20\t2\t1\t2.6\t2.96\n"},
		{"empty", `{"resultType":"vector","result":[]}`, "query_range start=now-1d"},
	} {
		u.on("query", success(tc.data))
		if got := c.MustText("query", args(`{"query":"up"}`)); !strings.Contains(got, tc.want) {
			t.Errorf("%s:\n got %s\nwant %s", tc.name, got, tc.want)
		}
	}
}

func TestQueryEmptyHints(t *testing.T) {
	for query, want := range map[string]string{
		`sum by (job) (rate(http_requests_total{code="500"}[5m]))`: "match=http_requests_total ",
		`{__name__=~"x.+"}`:      "",
		`count(up) or vector(1)`: "match=up ",
	} {
		got := strings.Join(emptyHints(query, true), "|")
		if want == "" && strings.Contains(got, "list_metrics") || !strings.Contains(got, want) {
			t.Errorf("%s: %s", query, got)
		}
	}
}

func pods(n int) (elements []string) {
	for i := range n {
		elements = append(elements, fmt.Sprintf(`{"metric":{"job":"api","zone":"z%d","pod":"pod-%03d"},"value":[1,"%d"]}`, i%3, i, i*7%n))
	}
	return elements
}

func TestQueryMoreThanMaxSeries(t *testing.T) {
	u := newUpstream(t).on("query", vector(pods(120)...))
	c := u.connect(t)
	var a answer
	c.MustStruct("query", args(`{"query":"x","time":"now-1h"}`), &a)
	if len(a.Series) != 50 || *a.Pagination.Total != 120 || !a.Pagination.HasMore {
		t.Errorf("%d series, %+v", len(a.Series), a.Pagination)
	}
	if a.Time != "2026-11-22T11:00:00Z" || u.form().Get("time") != "1795345200" {
		t.Errorf("time %s", a.Time)
	}
	if a.Label["pod"] != 120 || a.Label["zone"] != 3 || a.Common["job"] != "api" {
		t.Errorf("labels %v, common %v", a.Label, a.Common)
	}
	if got := strings.Join(a.Rewrites, " | "); got != "topk(50, x) | sum by (zone) (x)" {
		t.Errorf("smaller queries: %s", got)
	}
	// next_args reach the rest, at the same time as the first answer.
	seen := make(map[any]bool)
	next := map[string]any{"query": "x"}
	for next != nil {
		var a answer
		c.MustStruct("query", next, &a)
		for _, s := range a.Series {
			seen[s["pod"]] = true
		}
		if a.Pagination.NextArgs == nil {
			break
		}
		for name, v := range a.Pagination.NextArgs {
			next[name] = v
		}
		if next["time"] != "2026-11-22T12:00:00Z" {
			t.Fatalf("next_args %v do not hold the time", a.Pagination.NextArgs)
		}
	}
	if len(seen) != 120 {
		t.Errorf("all pages together have %d series", len(seen))
	}
	// 100 rows cost few tokens.
	if text := c.MustText("query", args(`{"query":"x","max_series":100}`)); len(text)/4 > 1000 {
		t.Errorf("100 series cost %d tokens", len(text)/4)
	}
}

func TestQuerySort(t *testing.T) {
	u := newUpstream(t).on("query", vector(
		`{"metric":{"p":"b"},"value":[1,"2"]}`, `{"metric":{"p":"n"},"value":[1,"NaN"]}`, `{"metric":{"p":"a"},"value":[1,"2"]}`, `{"metric":{"p":"c"},"value":[1,"9"]}`))
	c := u.connect(t)
	for order, want := range map[string]string{"value_desc": "c a b n", "value_asc": "a b c n", "labels": "a b c n"} {
		var a answer
		c.MustStruct("query", map[string]any{"query": "x", "sort": order}, &a)
		var got []string
		for _, s := range a.Series {
			got = append(got, fmt.Sprint(s["p"]))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", order, got, want)
		}
	}
}

func TestQueryArguments(t *testing.T) {
	u := newUpstream(t).on("query", reply(200, `{"status":"success","data":{"resultType":"vector","result":[]},"warnings":["w"],"infos":["i"]}`))
	c := u.connect(t)
	has(t, c.MustText("query", args(`{"expr":" up "}`)), "warnings: w\n", "infos: i\n")
	if got := u.form(); got.Get("query") != "up" || got.Get("time") != "1795348800" {
		t.Errorf("asked %v", got)
	}
	for bad, want := range map[string]string{
		`{}`: `"query" is required`, `{"query":"up","time":"yesterday"}`: `argument "time"`, `{"query":"up","sort":"size"}`: "not one of", `{"query":"up","url":"http://x"}`: "unknown argument",
	} {
		has(t, c.MustFail("query", args(bad), kit.InvalidArgument), want)
	}
	if got := u.asked(); len(got) != 0 {
		t.Errorf("bad arguments went upstream: %d requests", len(got))
	}
}

func TestQueryCleansForeignText(t *testing.T) {
	u := newUpstream(t).on("query", vector(`{"metric":{"p":"a\u202e\u001b[2Jb"},"value":[1,"1"]}`))
	r := u.connect(t).Call("query", args(`{"query":"x"}`))
	if text := kittest.Text(r); !strings.Contains(text, "\nab\t1\n") || r.Meta == nil || r.Meta.AdditionalFields["loom/untrusted"] != true {
		t.Errorf("%q, meta %v", text, r.Meta)
	}
}

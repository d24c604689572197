package promql

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func must(t testing.TB, text string) *Query {
	t.Helper()
	q, err := Parse(text)
	if err != nil {
		t.Fatalf("Parse(%q): %v", text, err)
	}
	return q
}

func TestSyntaxError(t *testing.T) {
	for _, tc := range []struct{ in, want, caret string }{
		{`up{`, "1:4: unexpected end of input", "up{\n   ^"},
		{"sum(\n\trate(x[5m)\n)", "2:11: ", "\x20rate(x[5m)\n          ^"},
		{`{a="ü"} ++`, "1:11: unexpected end of input", "{a=\"ü\"} ++\n          ^"},
		{``, "1:1: no expression found", "\n^"},
		{`rate(up)`, "expected type range vector", ""},
		{strings.Repeat("x+", 100) + ")", "1:202: unexpected right parenthesis", "…+" + strings.Repeat("x+", 29) + ")\n" + strings.Repeat(" ", 61) + "^"},
		{strings.Repeat("x", MaxLength+1), "at most 65536", ""},
	} {
		_, err := Parse(tc.in)
		var e *SyntaxError
		if !errors.As(err, &e) || !strings.Contains(e.Error(), tc.want) {
			t.Errorf("Parse(%.40q) = %v, want %q", tc.in, err, tc.want)
			continue
		}
		if got := e.Caret(); tc.caret != "" && got != tc.caret {
			t.Errorf("Parse(%.40q):\n%s\nwant\n%s", tc.in, got, tc.caret)
		}
	}
}

func TestQuery(t *testing.T) {
	q := must(t, `sum by (job, le) (rate(http_bucket{job="a"}[5m] offset 1h)) / on (job) group_left max without (x) (max_over_time(up[1h:1m] offset 10m))`)
	want := []Selector{
		{Text: `http_bucket{job="a"}`, Names: []string{"http_bucket"}, Range: 5 * time.Minute, Offset: time.Hour},
		{Text: `up`, Names: []string{"up"}},
	}
	if diff := cmp.Diff(want, q.Selectors(), cmpopts.IgnoreUnexported(Selector{})); diff != "" {
		t.Errorf("selectors (-want +got):\n%s", diff)
	}
	if got := q.Selectors()[0].Job(); got != "a" {
		t.Errorf("job %q", got)
	}
	if got, want := strings.Join(q.Functions(), " "), "rate max_over_time"; got != want {
		t.Errorf("functions %s, want %s", got, want)
	}
	if got, want := strings.Join(q.Aggregations(), "; "), "sum by (job, le); max without (x)"; got != want {
		t.Errorf("aggregations %s, want %s", got, want)
	}
	if got, want := q.Reach(), 70*time.Minute; got != want {
		t.Errorf("reach %v, want %v", got, want)
	}
	if got := q.Groupings(); len(got) != 1 || got[0].Label != "job" {
		t.Errorf("groupings %v", got)
	}
	for text, want := range map[string]string{"1": "scalar", "up": "instant vector", "up[5m]": "range vector", `"a"`: "string"} {
		if got := must(t, text).Type(); got != want {
			t.Errorf("%s is a %s, want %s", text, got, want)
		}
	}
	if got := must(t, `{__name__=~"a|b",x="y"}`).Names(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("names %v", got)
	}
	if got := must(t, `sum(up)`).Pretty(); got != "sum(up)" {
		t.Errorf("pretty %q", got)
	}
}

func TestExperimental(t *testing.T) {
	for text, experimental := range map[string]bool{`up`: false, `mad_over_time(up[5m])`: true, `rate(up[5m + 1m])`: true, `limitk(3, up)`: true} {
		if got := must(t, text).Experimental; (got != "") != experimental {
			t.Errorf("%s: experimental %q, want %v", text, got, experimental)
		}
	}
}

func TestThreshold(t *testing.T) {
	for text, want := range map[string]string{
		`(sum(up) < 3)`: "sum(up) < 3", `up == -1`: "up == -1", `up == bool 1`: "", `up`: "", `1 < up`: "", `up > other`: "", `rate(x[5m]) > (0.5)`: "rate(x[5m]) > 0.5",
	} {
		left, op, limit, ok := must(t, text).Threshold()
		got := ""
		if ok {
			got = strings.TrimSpace(left + " " + op + " " + strings.TrimRight(strings.TrimRight(cmpFloat(limit), "0"), "."))
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func cmpFloat(f float64) string {
	switch f {
	case -1:
		return "-1"
	case 0.5:
		return "0.5"
	}
	return "3"
}

func TestLint(t *testing.T) {
	facts := Facts{
		Types:     map[string]string{"temp": "gauge", "req_total": "counter", "lat": "summary", "hidden": "counter"},
		Intervals: map[string]time.Duration{"slow": time.Minute, "": 15 * time.Second},
	}
	for query, want := range map[string]string{
		`rate(req_total[5m])`:                               "",
		`sum by (job) (rate(req_total{job="api"}[5m])) > 1`: "",
		`up == 0`:                          "",
		`temp`:                             "",
		`rate(temp[5m])`:                   "wrong rate-of-gauge",
		`increase(temp[5m])`:               "wrong rate-of-gauge",
		`rate(lat[5m])`:                    "wrong rate-of-quantile",
		`rate(lat_sum[5m])`:                "",
		`req_total`:                        "warning counter-without-rate",
		`sum(hidden)`:                      "warning counter-without-rate",
		`other_total > 5`:                  "info counter-without-rate",
		`count(req_total)`:                 "",
		`absent(req_total)`:                "",
		`resets(req_total[1h])`:            "",
		`rate(req_total[20s])`:             "wrong range-too-short",
		`rate(req_total[45s])`:             "info range-short",
		`rate(req_total{job="slow"}[90s])`: "wrong range-too-short",
		`rate(sum(req_total)[5m:])`:        "wrong aggregate-before-rate",
		`up{job=~"api"}`:                   "info regex-without-need",
		`up{job!~"api"}`:                   "info regex-without-need",
		`up{job=~".*"}`:                    "info regex-matches-all",
		`up{job=~"^a.*$"}`:                 "info regex-anchored",
		`up{job=~"a|b"}`:                   "",
		`histogram_quantile(0.9, sum by (job) (rate(x_bucket[5m])))`:     "wrong quantile-without-le",
		`histogram_quantile(0.9, sum without (le)(rate(x_bucket[5m])))`:  "wrong quantile-without-le",
		`histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m])))`:      "",
		`histogram_quantile(0.9, sum without (pod)(rate(x_bucket[5m])))`: "",
		`histogram_quantile(0.9, sum by (job) (rate(x[5m])))`:            "",
		`histogram_quantile(99, rate(x_bucket[5m]))`:                     "wrong quantile-out-of-range",
		`histogram_quantile(0.9, x_bucket)`:                              "warning quantile-without-rate, info counter-without-rate",
		`count(up == bool 1)`:                                            "wrong count-of-bool",
		`sum(up == bool 1)`:                                              "",
		`up == bool 1`:                                                   "info bool-at-top",
		`(up == bool 1)`:                                                 "info bool-at-top",
		`1 == bool 1`:                                                    "",
		`avg(lat{quantile="0.99"})`:                                      "wrong aggregate-of-quantiles",
		`mad_over_time(temp[5m])`:                                        "info experimental",
	} {
		var got []string
		for _, f := range must(t, query).Lint(facts) {
			got = append(got, string(f.Level)+" "+f.Rule)
			if f.Text == "" || strings.Contains(f.Text, "%!") || f.At >= len(query) {
				t.Errorf("%s: %+v", query, f)
			}
		}
		slices.Sort(got)
		wants := strings.Split(want, ", ")
		slices.Sort(wants)
		if strings.Join(got, ", ") != strings.Join(wants, ", ") {
			t.Errorf("%s:\n got %s\nwant %s", query, strings.Join(got, ", "), want)
		}
	}
}

// Whatever parses can be looked at.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`up`, `rate(x[5m:1m] offset 1h @ end())`, `a{b=~"c"} == bool on (d) group_left (e) f`, `sum(`, `"\xff"`, `{__name__=~"a|b"}`, `-(1)`, `info(x, {a="b"})`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Parse(text)
		var e *SyntaxError
		if errors.As(err, &e) {
			e.Caret()
			return
		}
		q.Lint(Facts{})
		q.Selectors()
		q.Functions()
		q.Groupings()
		q.Threshold()
		q.Reach()
		q.Pretty()
	})
}

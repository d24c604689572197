package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

const someRules = `{"groups":[
	{"name":"a","file":"/etc/one.yml","rules":[
		{"type":"recording","name":"job:up:sum","query":"sum by (job) (up)","health":"ok","evaluationTime":0.5},
		{"type":"alerting","name":"Down","query":"job:up:sum < 1","duration":300,"state":"pending","health":"ok","evaluationTime":0.001,"labels":{"severity":"page"},
			"alerts":[{"labels":{"alertname":"Down","severity":"page","job":"api"},"state":"pending","activeAt":"2026-11-22T11:57:00Z","value":"0e+00"}]}]},
	{"name":"b","file":"/etc/two.yml","rules":[
		{"type":"alerting","name":"Down","query":"job:up:sum < 3","state":"inactive","health":"ok","labels":{"severity":"info"},"alerts":null},
		{"type":"alerting","name":"Broken","query":"x / y","state":"inactive","health":"err","lastError":"many-to-many"},
		{"type":"alerting","name":"Blind","query":"missing_total > 5","state":"inactive","health":"ok"},
		null]}]}`

func TestListRulesOrder(t *testing.T) {
	u := newUpstream(t).on("rules", success(someRules))
	c := u.connect(t)
	var a struct {
		Unhealthy int
		File      string
		Rules     []ruleRow
	}
	c.MustStruct("list_rules", nil, &a)
	if a.Unhealthy != 1 || a.File != "" || a.Rules[0].Name != "Broken" || a.Rules[1].Name != "job:up:sum" || a.Rules[1].File != "/etc/one.yml" || a.Rules[2].For != "5m" {
		t.Errorf("%+v", a)
	}
	if form := u.form(); form.Get("exclude_alerts") != "true" || form.Get("group_limit") != "100" {
		t.Errorf("asked %v", form)
	}
	a.Rules = nil
	c.MustStruct("list_rules", args(`{"file":"two","type":"alert","group":"b"}`), &a)
	if a.File != "/etc/two.yml" || a.Rules[0].File != "" {
		t.Errorf("%+v", a)
	}
	has(t, c.MustText("list_rules", args(`{"name":"Brokn"}`)), "did you mean Broken?")
}

// Rules come page by page where the server has pages, and at once where not.
func TestRulePages(t *testing.T) {
	one := func(name string) string {
		return fmt.Sprintf(`{"name":"g","rules":[{"type":"recording","name":%q,"health":"ok"}]}`, name)
	}
	refuse := ""
	u := newUpstream(t).on("rules", func(w http.ResponseWriter, r *http.Request) {
		token := r.FormValue("group_next_token")
		switch {
		case refuse != "" && r.FormValue(refuse) != "":
			reply(400, `{"status":"error","errorType":"bad_data","error":"invalid group_next_token. were rule groups changed?"}`)(w, r)
		case r.FormValue("group_limit") == "":
			success(`{"groups":[`+one("r0")+`,`+one("r1")+`,`+one("r2")+`]}`)(w, r)
		case token == "":
			success(`{"groups":[`+one("r0")+`],"groupNextToken":"t1"}`)(w, r)
		case token == "t1":
			success(`{"groups":[`+one("r1")+`],"groupNextToken":"t2"}`)(w, r)
		default: // a server that repeats itself
			success(`{"groups":[`+one("r2")+`],"groupNextToken":"t2"}`)(w, r)
		}
	})
	c := u.connect(t)
	for _, tc := range []struct {
		refuse string
		calls  int
	}{{"", 3}, {"group_limit", 2}, {"group_next_token", 3}} {
		refuse = tc.refuse
		text := c.MustText("list_rules", nil)
		if n := len(u.asked()); n != tc.calls || strings.Count(text, "\tok\t") != 3 {
			t.Errorf("refusing %q: %d requests, want %d:\n%s", tc.refuse, n, tc.calls, text)
		}
	}
}

func TestExplainAlert(t *testing.T) {
	u := newUpstream(t).on("rules", success(someRules)).
		on("query", vector(`{"metric":{"job":"api"},"value":[1,"0"]}`, `{"metric":{"job":"db"},"value":[1,"7"]}`, `{"metric":{"job":"x"},"value":[1,"NaN"]}`)).
		on("query_range", success(`{"resultType":"matrix","result":[{"metric":{"job":"api"},"values":[[1795348620,"0"],[1795348680,"0"]]}]}`)).
		on("label/__name__/values", success(`["up","job:up:sum","missing_totals"]`))
	c := u.connect(t)
	has(t, c.MustText("explain_alert", args(`{"name":"down"}`)),
		"state: pending\n", "verdict: pending for 1 series: the expression is true, and has to stay so for 5m", "fires_in", "\t2m\t", "job=api",
		"recording_rules:\nname\texpr\thealth\njob:up:sum\tsum by (job) (up)\tok", "compared: job:up:sum < 1", "api\t0\t1\t-1\ndb\t7\t1\t6\n",
		"true_minutes", "api\t2\t2026-11-22T11:57:00Z\t2026-11-22T11:58:00Z", "another rule of that name is inactive: group b")
	has(t, c.MustText("explain_alert", args(`{"name":"Down","labels":{"severity":"info"}}`)), "state: inactive", "expr: job:up:sum < 3", "became true after the last evaluation")
	has(t, c.MustText("explain_alert", args(`{"name":"Broken"}`)), "cannot be evaluated, so it fires for nothing: many-to-many")
	u.on("query", vector())
	has(t, c.MustText("explain_alert", args(`{"name":"Blind"}`)), "cannot: what it compares has no series now", "no series was named missing_total in the last hour, did you mean missing_totals?")
	u.on("query", reply(422, `{"status":"error","errorType":"execution","error":"boom"}`))
	has(t, c.MustText("explain_alert", args(`{"name":"Blind"}`)), "could not be evaluated now", "the expression now: boom")
	has(t, c.MustFail("explain_alert", args(`{"name":"Dawn"}`), kit.NotFound), "did you mean Down?", "all 4")
	has(t, c.MustFail("explain_alert", args(`{"name":"Down","labels":{"job":"nobody"}}`), kit.NotFound), "list_alerts name=Down")
}

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/fault"
)

// lokiCalls is one call of each tool.
var lokiCalls = map[string]string{
	"query_logs": `{"query":"{job=\"known\"}"}`, "tail_logs": `{"query":"{job=\"known\"}"}`, "summarize_logs": `{"query":"{job=\"known\"}"}`,
	"list_labels": `{}`, "list_label_values": `{"label":"job"}`, "query_metric": `{"query":"sum(rate({job=\"known\"}[5m]))"}`,
	"check_query": `{"query":"{job=\"known\"}"}`, "get_log_context": `{"labels":{"job":"known"},"time":"5m"}`, "list_series": `{"match":"{job=\"known\"}"}`,
	"get_volume": `{"query":"{job=\"known\"}"}`, "get_stats": `{"query":"{job=\"known\"}"}`, "list_patterns": `{"query":"{job=\"known\"}"}`,
	"list_detected_fields": `{"query":"{job=\"known\"}"}`,
}

// TestLokiLies: whatever the upstream answers, each tool answers in time with
// the documented error or with less, and no credential leaves.
func TestLokiLies(t *testing.T) {
	_, at, _ := knownLoki(t)
	front := fault.Proxy(t, at.URL)
	stranger := fault.Stranger(t)
	c := newWorld(t, lokiServer(front.URL, "LOKI_TOKEN=hunter2-of-the-front", "LOKI_HEADERS=X-Key: hunter2-too")).Connect(testbed.ClientOptions{})
	c.MustCall("loki__list_labels", `{}`)
	for _, tc := range []struct {
		name string
		lies []fault.Behaviour
		code string // empty: an error; any: also an answer
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
		{"429", []fault.Behaviour{fault.Status(429)}, "rate_limited"},
		{"redirect", []fault.Behaviour{fault.Redirect(307, stranger.URL)}, ""},
		{"redirect loop", []fault.Behaviour{fault.RedirectLoop(302)}, ""},
		{"null data", []fault.Behaviour{fault.Answer(200, "application/json", `{"status":"success","data":null}`)}, "any"},
		{"a list for data", []fault.Behaviour{fault.Answer(200, "application/json", `{"status":"success","data":[]}`)}, "any"},
		{"nulls", []fault.Behaviour{fault.Answer(200, "application/json", `{"status":"success","streams":1,"fields":[null],"values":[null],"data":{"resultType":"streams","result":[null,{"stream":null,"values":[null]}]}}`)}, "any"},
		{"numbers", []fault.Behaviour{fault.Answer(200, "application/json", `{"status":"success","streams":-1,"bytes":-5,"data":{"resultType":"vector","result":[null,{"metric":null},{"value":[1,"NaN"]}]}}`)}, "any"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rule := front.On(fault.Any, tc.lies...)
			defer rule.Off()
			began, asked := time.Now(), make(map[string]string)
			for tool, arguments := range lokiCalls {
				asked[tool] = c.Begin("loki__"+tool, arguments)
			}
			for tool, id := range asked { // they wait between their tries, all at once
				f := c.Answer(id)
				if took := time.Since(began); took > 25*time.Second {
					t.Errorf("%s took %s", tool, took)
				}
				text := f.Text() + string(f.Raw)
				switch {
				case f.Err() != nil:
					t.Errorf("%s: a JSON-RPC error: %s", tool, f)
				case strings.Contains(text, "hunter2") || strings.Contains(text, `\"code\":\"internal\"`):
					t.Errorf("%s: %s", tool, f)
				case tc.code == "any", tool == "check_query" && strings.Contains(text, "checked without Loki"):
				case tc.name == "{}" && tool == "list_detected_fields": // the guard asks first
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

// TestLokiHangs: an upstream that does not answer is left when the client goes.
func TestLokiHangs(t *testing.T) {
	_, at, _ := knownLoki(t)
	front := fault.Proxy(t, at.URL)
	c := newWorld(t, lokiServer(front.URL)).Connect(testbed.ClientOptions{})
	c.MustCall("loki__list_labels", `{}`)
	front.On(fault.Path("/loki/api/v1/query_range"), fault.Hang())
	before := len(front.Requests())
	id := c.Begin("loki__query_logs", `{"query":"{job=\"known\"}"}`)
	front.AwaitRequests(before + 2) // the estimate, and the query
	c.Cancel(id)
	front.AwaitCancelled(1, time.Second)
	c.MustCall("loki__list_labels", `{}`)
}

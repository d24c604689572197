package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestRulesResource(t *testing.T) {
	u := newUpstream(t).on("rules", success(strings.ReplaceAll(someRules, `"name":"b","file"`, `"name":"node exporter: 5%","file"`)))
	c := u.connect(t)
	read := func(uri string) string { return string(c.Do("resources/read", map[string]any{"uri": uri})) }
	if got := read("prom://rules/a"); !strings.Contains(got, "job:up:sum") || strings.Contains(got, "Broken") {
		t.Errorf("%s", got)
	}
	if got := read("prom://rules/node%20exporter%3A%205%25"); !strings.Contains(got, "Broken") || strings.Contains(got, "Down\\talert\\tpending") {
		t.Errorf("%s", got)
	}
}

func TestExplainAlertPrompt(t *testing.T) {
	c := newUpstream(t).connect(t)
	for arguments, want := range map[string]string{`{}`: "Call list_alerts state=firing", `{"name":"Down"}`: `Call explain_alert name=\"Down\"`} {
		got := string(c.Do("prompts/get", map[string]any{"name": "explain_alert", "arguments": json.RawMessage(arguments)}))
		if !strings.Contains(got, want) || !strings.Contains(got, "Do not guess numbers") {
			t.Errorf("%s: %s", arguments, got)
		}
	}
}

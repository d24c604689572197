package conformance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/testbed"
)

// everyCapability is a client for which the server has all its tools.
const everyCapability = `{"sampling":{"tools":{},"context":{}},"elicitation":{"form":{},"url":{}},"roots":{"listChanged":true},` +
	`"tasks":{"list":{},"cancel":{},"requests":{"sampling":{"createMessage":{}},"elicitation":{"create":{}}}}}`

// answersAll answers as a user, a model and, for what may take long, as a task.
func answersAll(f testbed.Frame) (result, failure string) {
	const said = `{"role":"assistant","content":{"type":"text","text":"<weft> & é"},"model":"loom-1","stopReason":"endTurn"}`
	const filledIn = `{"action":"accept","content":{"name":"Ada <&>","favoriteColor":"Red","interpretation":"technical","integer":7,"number":0.10,"agreeToTerms":true}}`
	task := func(of, status string) string {
		return `{"taskId":"` + of + `","status":"` + status + `","ttl":300000,"pollInterval":100,"createdAt":"2026-11-01T00:00:00Z","lastUpdatedAt":"2026-11-01T00:00:00Z"}`
	}
	of, _ := strings.CutPrefix(strings.Trim(f.Find("taskId"), `"`), "of ")
	switch method := f.Method(); {
	case f.Find("task") != "": // the question is to be answered later
		return `{"task":` + task("of "+method, "working") + `}`, ""
	case method == "tasks/get":
		return task("of "+of, "completed"), ""
	case method == "sampling/createMessage", method == "tasks/result" && of == "sampling/createMessage":
		return said, ""
	case method == "elicitation/create", method == "tasks/result":
		return filledIn, ""
	case method == "roots/list":
		return `{"roots":[{"uri":"file:///","name":"all of it"}]}`, ""
	}
	return "", `{"code":-32601,"message":"the client cannot do that"}`
}

// begin waits until the server, which Loom starts only when it is needed, has
// asked for the roots and said so, a moment after its start.
func begin(p *pair, level string) {
	p.t.Helper()
	p.settled("logging/setLevel", `{"level":"`+level+`"}`)
	p.call("echo", `{"message":"begin"}`)
	p.told("notifications/message")
}

// TestEverything: the server that has one of each kind of thing has them through
// Loom as well.
func TestEverything(t *testing.T) {
	p := reference(t, "everything", "", testbed.ClientOptions{Capabilities: everyCapability, OnRequest: answersAll}, nil, "stdio")

	begin(p, "debug")
	p.list("tools/list", "tools")
	p.list("resources/list", "resources")
	p.list("resources/templates/list", "resourceTemplates")
	p.list("prompts/list", "prompts")

	for tool, arguments := range map[string]string{
		"echo":                              `{"message":"<warp> & é \u0000"}`,
		"get-annotated-message":             `{"messageType":"error","includeImage":true}`,
		"get-resource-links":                `{"count":4}`,
		"get-resource-reference":            `{"resourceType":"Blob","resourceId":3}`,
		"get-structured-content":            `{"location":"Chicago"}`,
		"get-sum":                           `{"a":0.1,"b":9007199254740993}`,
		"get-tiny-image":                    `{}`,
		"get-roots-list":                    `{}`,
		"trigger-elicitation-request":       `{}`,
		"trigger-sampling-request":          `{"prompt":"warp?","maxTokens":7}`,
		"trigger-url-elicitation":           `{"url":"https://example.invalid/","elicitationId":"one"}`,
		"simulate-research-query":           `{"topic":"without a task"}`,
		"trigger-long-running-operation":    `{"duration":0.1,"steps":2}`,
		"trigger-sampling-request-async":    `{"prompt":"later?"}`,
		"trigger-elicitation-request-async": `{}`,
	} {
		p.call(tool, arguments)
	}
	p.call("get-sum", `{"a":"no number"}`)
	for name, c := range p.clients() { // Loom says so itself
		if f := c.Call("no-such-tool", "{}"); !f.IsError() && f.Err() == nil {
			t.Errorf("no-such-tool %s: %s", name, f)
		}
		if f := c.Ask("prompts/get", `{"name":"no-such-prompt"}`); f.Err() == nil || f.Err().Code != -32602 {
			t.Errorf("no-such-prompt %s: %s", name, f)
		}
	}
	// An error with data: what the user has to do first; the second call succeeds.
	p.call("trigger-url-elicitation", `{"url":"https://example.invalid/","errorPath":true}`)
	p.call("trigger-url-elicitation", `{"url":"https://example.invalid/","elicitationId":"two"}`)
	for name, c := range p.clients() { // the environments differ
		if f := c.Call("get-env", "{}"); !strings.Contains(f.Text(), `"HOME"`) {
			t.Errorf("get-env %s: %s", name, f)
		}
	}

	for _, uri := range []string{"demo://resource/static/document/features.md", "demo://resource/dynamic/text/17", "demo://resource/dynamic/blob/17", "demo://resource/nowhere"} {
		p.same("resources/read", `{"uri":"`+uri+`"}`)
	}
	for _, params := range []string{
		`{"name":"simple-prompt"}`,
		`{"name":"args-prompt","arguments":{"city":"Łódź","state":"<PL>"}}`,
		`{"name":"args-prompt","arguments":{}}`,
		`{"name":"completable-prompt","arguments":{"department":"Sales","name":"Eve"}}`,
		`{"name":"resource-prompt","arguments":{"resourceType":"Text","resourceId":"2"}}`,
	} {
		p.same("prompts/get", params)
	}
	for _, params := range []string{
		`{"ref":{"type":"ref/prompt","name":"completable-prompt"},"argument":{"name":"department","value":"S"}}`,
		`{"ref":{"type":"ref/prompt","name":"completable-prompt"},"argument":{"name":"name","value":""},"context":{"arguments":{"department":"Sales"}}}`,
		`{"ref":{"type":"ref/resource","uri":"demo://resource/dynamic/text/{resourceId}"},"argument":{"name":"resourceId","value":"1"}}`,
	} {
		p.same("completion/complete", params)
	}

	// A resource that a tool has made is listed, announced and read.
	for _, c := range p.clients() {
		c.Forget("notifications/resources/list_changed")
	}
	p.call("gzip-file-as-resource", `{"name":"warp.gz","data":"data:text/plain,warp","outputType":"resourceLink"}`)
	for _, c := range p.clients() {
		c.Notification("notifications/resources/list_changed")
	}
	p.same("resources/read", `{"uri":"demo://resource/session/warp.gz"}`)
	p.list("resources/list", "resources")

	p.settled("ping", "")
	p.same("no/such-method", "{}")
	if want, got := p.asked[0].sorted(), p.asked[1].sorted(); !slices.Equal(want, got) {
		t.Errorf("through Loom the client was asked\n%s\nand directly\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestEverythingTells: progress, log messages, changed resources and changed
// roots arrive, in both directions.
func TestEverythingTells(t *testing.T) {
	p := reference(t, "everything", "", testbed.ClientOptions{Capabilities: everyCapability, OnRequest: answersAll}, nil, "stdio")
	begin(p, "info")

	for _, token := range []string{`"<p> & é"`, `0`} {
		p.same("tools/call", `{"name":"trigger-long-running-operation","arguments":{"duration":0.3,"steps":3},"_meta":{"progressToken":`+token+`}}`)
		for range 3 {
			if f := p.told("notifications/progress"); f.Find("progressToken") != token {
				t.Errorf("the token is %s in %s", token, f)
			}
		}
	}
	for name, c := range p.clients() {
		for _, f := range c.Unread() {
			if f.Method() == "notifications/progress" {
				t.Errorf("%s there is more progress: %s", name, f)
			}
		}
	}

	p.direct.Notify("notifications/roots/list_changed", "")
	p.through.Notify("notifications/roots/list_changed", "")
	p.told("notifications/message")

	p.same("resources/subscribe", `{"uri":"demo://resource/dynamic/text/1"}`)
	p.told("notifications/message")
	p.call("toggle-subscriber-updates", "{}")
	p.told("notifications/resources/updated")
	p.call("toggle-subscriber-updates", "{}")
	p.same("resources/unsubscribe", `{"uri":"demo://resource/dynamic/text/1"}`)
	p.told("notifications/message")

	p.settled("logging/setLevel", `{"level":"debug"}`)
	p.call("toggle-simulated-logging", "{}")
	for name, c := range p.clients() { // its level is random
		f := c.Notification("notifications/message")
		if f.Find("level") == "" || !strings.Contains(f.Find("data"), "level") {
			t.Errorf("%s: %s", name, f)
		}
	}
	p.call("toggle-simulated-logging", "{}")
}

// TestEverythingTasks: calls that are fetched later, one that has a question,
// and one that is cancelled.
func TestEverythingTasks(t *testing.T) {
	p := reference(t, "everything", "", testbed.ClientOptions{Capabilities: everyCapability, OnRequest: answersAll}, nil, "stdio")
	type started struct{ direct, through string }
	start := func(topic string, ambiguous bool) started {
		t.Helper()
		params := fmt.Sprintf(`{"name":"simulate-research-query","arguments":{"topic":%q,"ambiguous":%t},"task":{"ttl":60000}}`, topic, ambiguous)
		a, b := p.direct.Ask("tools/call", params), p.through.Ask("tools/call", params)
		p.equal("a task", a, b)
		return started{a.Find("task", "taskId"), b.Find("task", "taskId")}
	}
	ask := func(method string, task started) testbed.Frame {
		t.Helper()
		a := p.direct.Request(method, `{"taskId":`+task.direct+`}`)
		b := p.through.Request(method, `{"taskId":`+task.through+`}`)
		return p.equal(method, p.direct.Answer(a), p.through.Answer(b))
	}
	plain, unclear, given := start("weaving", false), start("python", true), start("nothing", false)
	ask("tasks/cancel", given)
	ask("tasks/get", given)
	if f := ask("tasks/result", unclear); !strings.Contains(f.Text(), "technical") {
		t.Errorf("the answer is not in the result: %s", f)
	}
	ask("tasks/result", plain)
	if f := ask("tasks/get", plain); f.Find("status") != `"completed"` {
		t.Errorf("after its result a task is %s", f)
	}
	p.list("tasks/list", "tasks")
	if want, got := p.asked[0].sorted(), p.asked[1].sorted(); len(want) != 1 || !slices.Equal(want, got) {
		t.Errorf("through Loom the client was asked\n%s\nand directly\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

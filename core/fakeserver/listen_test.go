package fakeserver

import (
	"strings"
	"testing"
)

// listening opens a subscription and returns its id.
func (p *peer) listening(filter, agreed string) (id string) {
	p.t.Helper()
	id = p.request("subscriptions/listen", `{"notifications":`+filter+`}`)
	is(p.t, "the acknowledgement", p.read(), `{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"`+metaSubscription+`":`+id+`,"x-meta":0.10},"notifications":`+agreed+`}}`)
	return id
}

// TestListen: a subscription is acknowledged with what of it is known, brings
// that alone, and ends from either side.
func TestListen(t *testing.T) {
	p := start(t, Options{Era: "modern", Surface: true})
	told := func(tool, arguments string, want ...string) {
		t.Helper()
		_, before := p.call(tool, arguments)
		if len(before) != len(want) {
			t.Errorf("%s brings %q, want %d", tool, before, len(want))
			return
		}
		for i, id := range want {
			is(t, "the subscription", member(before[i], "params", "_meta", metaSubscription), id)
		}
	}
	lists := p.listening(`{"toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":false,"x":true}`, `{"toolsListChanged":true,"promptsListChanged":true}`)
	some := p.listening(`{"toolsListChanged":true,"resourceSubscriptions":[ "fake://fake/text", "x:y" ]}`, `{"toolsListChanged":true,"resourceSubscriptions":[ "fake://fake/text", "x:y" ]}`)
	none := p.listening(`{}`, `{}`)
	told("grow", `{}`, lists, some)
	told("grow_prompts", `{}`, lists)
	told("grow_resources", `{}`)
	told("touch", `{"uri":"x:y"}`, some)
	told("touch", `{"uri":"fake://fake/blob"}`)
	p.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":` + lists + `}}`)
	told("grow", `{}`, some)
	_, before := p.call("unlisten", `{}`)
	for i, id := range []string{some, none} {
		is(t, "the end", before[i], `{"jsonrpc":"2.0","id":`+id+`,"result":{"resultType":"complete","_meta":{"`+metaSubscription+`":`+id+`}}}`)
	}
	told("grow", `{}`)
}

// TestListenEndsWithStdin: subscriptions that are open at the end get a result.
func TestListenEndsWithStdin(t *testing.T) {
	p := start(t, Options{Era: "modern", Surface: true})
	id := p.listening(`{}`, `{}`)
	p.in.Close()
	p.answer(id)
}

// TestListenToTasks needs a client that knows tasks.
func TestListenToTasks(t *testing.T) {
	p := start(t, Options{Era: "modern", Surface: true})
	answer, _ := p.ask("subscriptions/listen", `{"notifications":{"taskIds":["task-0"]}}`)
	wants(t, answer, `"code":-32021`, `{"requiredCapabilities":{"extensions":{"`+extensionTasks+`":{}}}}`)
}

// TestModernLogs: without a level in the request there are no log lines.
func TestModernLogs(t *testing.T) {
	p := start(t, Options{Era: "modern", Surface: true})
	for level, want := range map[string]int{"debug": 1, "info": 1, "error": 0, "loud": 0} {
		p.meta = modernMeta + `,"` + metaLogLevel + `":"` + level + `"`
		answer, before := p.call("log", `{"level":"info","text":"T"}`)
		if n := strings.Count(strings.Join(before, ""), "notifications/message"); n != want {
			t.Errorf("with %s come %d lines, want %d: %s", level, n, want, answer)
		}
	}
}

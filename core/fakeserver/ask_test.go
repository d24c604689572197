package fakeserver

import (
	"strings"
	"testing"
)

// TestAskLegacy: a tool asks the client under ids that begin at 0, and gives
// back what it is answered.
func TestAskLegacy(t *testing.T) {
	for _, tc := range []struct{ kind, method, want string }{
		{"elicitation", "elicitation/create", `"message":"T: what is it? <é>"`},
		{"elicitation_url", "elicitation/create", `"elicitationId":"url-0"`},
		{"sampling", "sampling/createMessage", `"text":"T"`},
		{"roots", "roots/list", `"method":"roots/list"}`},
		{"ping", "ping", `"method":"ping"}`},
		{"custom", "x/custom", `{"tag":"T","n":9007199254740993}`},
	} {
		t.Run(tc.kind, func(t *testing.T) {
			p := start(t, Options{Surface: true})
			id := p.request("tools/call", toolCall("ask", `{"kind":"`+tc.kind+`","tag":"T"}`))
			asked := p.read()
			wants(t, asked, tc.want)
			is(t, "the method", member(asked, "method"), `"`+tc.method+`"`)
			is(t, "the id", member(asked, "id"), "0")
			p.send(`{"jsonrpc":"2.0","id":0,"result":{"action":"accept","content":{"n": 0.10}}}`)
			answer, before := p.answer(id)
			is(t, "what was given", member(answer, "result", "structuredContent"), `{"answers":[{"result":{"action":"accept","content":{"n": 0.10}}}]}`)
			if tc.kind == "elicitation_url" {
				is(t, "what comes before", strings.Join(before, ""), `{"jsonrpc":"2.0","method":"notifications/elicitation/complete","params":{"elicitationId":"url-0","x-complete":true}}`)
			}
			p.quiet()
		})
	}
}

// TestAskOften: questions go out one by one or together, and the answers come
// back in their order.
func TestAskOften(t *testing.T) {
	p := start(t, Options{Surface: true})
	id := p.request("tools/call", toolCall("ask", `{"kind":"sampling","times":2,"rounds":2,"progress":true}`))
	for _, n := range []string{"0", "1", "2", "3"} {
		asked := p.read()
		is(t, "the id", member(asked, "id"), n)
		is(t, "the token", member(asked, "params", "_meta", "progressToken"), n)
		p.send(`{"jsonrpc":"2.0","id":` + n + `,"error":{"code":-1,"message":"` + n + `"}}`)
	}
	answer, _ := p.answer(id)
	is(t, "what was given", member(answer, "result", "structuredContent", "answers"), `[{"error":{"code":-1,"message":"0"}},{"error":{"code":-1,"message":"1"}},{"error":{"code":-1,"message":"2"}},{"error":{"code":-1,"message":"3"}}]`)

	id = p.request("tools/call", toolCall("ask", `{"kind":"roots","times":2,"parallel":true}`))
	p.read()
	p.read()
	p.send(`{"jsonrpc":"2.0","id":5,"result":{"n":5}}`)
	p.send(`{"jsonrpc":"2.0","id":4,"result":{"n":4}}`)
	answer, _ = p.answer(id)
	is(t, "what was given", member(answer, "result", "structuredContent", "answers"), `[{"result":{"n":4}},{"result":{"n":5}}]`)
}

// TestAskTakenBack: the server takes a question back when it waited long enough,
// and when the call that it is for is taken back.
func TestAskTakenBack(t *testing.T) {
	p := start(t, Options{Surface: true})
	answer, before := p.call("ask", `{"kind":"elicitation","cancel_after_ms":1}`)
	is(t, "what was given", member(answer, "result", "structuredContent"), `{"answers":[{"cancelled":true}]}`)
	if len(before) != 2 {
		t.Fatalf("before came %q", before)
	}
	is(t, "the second", member(before[1], "params", "requestId"), "0")
	p.send(`{"jsonrpc":"2.0","id":0,"result":{"action":"accept"}}`) // too late, and ignored
	p.quiet()

	id := p.request("tools/call", toolCall("ask", `{"kind":"elicitation"}`))
	p.read()
	p.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":` + id + `}}`)
	wants(t, p.read(), `"notifications/cancelled"`, `"requestId":1`)
	p.quiet()
}

// TestAskOutside: a server asks when no call is open, at the start and later.
func TestAskOutside(t *testing.T) {
	p := start(t, Options{Surface: true, AskFirst: "roots"})
	wants(t, p.read(), `"id":0,"method":"roots/list"`)
	answer, before := p.call("ask_later", `{"ms":1,"kind":"elicitation","tag":"later"}`)
	wants(t, answer, `"text":"later"`)
	if len(before) != 0 {
		t.Errorf("it asked before it answered: %q", before)
	}
	wants(t, p.read(), `"id":1,"method":"elicitation/create"`, "later: what is it?")
	p.send(`{"jsonrpc":"2.0","id":1,"result":{"action":"decline"}}`)
	p.quiet()
}

// TestAskInsideOthers: a prompt and a resource ask too, in both eras.
func TestAskInsideOthers(t *testing.T) {
	for method, params := range map[string]string{"prompts/get": `{"name":"asking"}`, "resources/read": `{"uri":"fake://fake/asking"}`} {
		p := start(t, Options{Surface: true})
		id := p.request(method, params)
		wants(t, p.read(), `"elicitation/create"`)
		p.send(`{"jsonrpc":"2.0","id":0,"result":{"action":"accept"}}`)
		answer, _ := p.answer(id)
		wants(t, answer, `\"action\":\"accept\"`)

		p = start(t, Options{Era: "modern", Surface: true})
		answer, _ = p.ask(method, params)
		is(t, "the kind of result", member(answer, "result", "resultType"), `"input_required"`)
		if member(answer, "result", "ttlMs") != "" && method == "prompts/get" {
			t.Errorf("a prompt is cached: %s", answer)
		}
		answer, _ = p.ask(method, retry(params, answer, `{"q1.0 <é>":{"action":"accept"}}`))
		wants(t, answer, `"resultType":"complete"`, `\"action\":\"accept\"`)
	}
}

// retry is params with the answers to what a result asked for.
func retry(params, answer, responses string) string {
	more := `,"requestState":` + member(answer, "result", "requestState")
	if responses != "" {
		more = `,"inputResponses":` + responses + more
	}
	return params[:len(params)-1] + more + "}"
}

// TestAskModern: the same tool answers with what it wants to know, and completes
// when it is told so, in as many rounds as it is asked for.
func TestAskModern(t *testing.T) {
	p := start(t, Options{Era: "modern", Surface: true})
	call := toolCall("ask", `{"kind":"elicitation","tag":"T","rounds":2,"times":2,"shed":1}`)
	answer, _ := p.ask("tools/call", call)
	is(t, "the kind of result", member(answer, "result", "resultType"), `"input_required"`)
	is(t, "what it asks under load", member(answer, "result", "inputRequests"), "")
	answer, _ = p.ask("tools/call", retry(call, answer, ""))
	for _, key := range []string{"q1.0 <é>", "q1.1 <é>"} {
		question := member(answer, "result", "inputRequests", key)
		is(t, "the method", member(question, "method"), `"elicitation/create"`)
		wants(t, question, `"message":"T: `)
	}
	again, _ := p.ask("tools/call", retry(call, answer, `{"q1.0 <é>":{}}`))
	is(t, "what is asked when one lacks", member(again, "result", "inputRequests"), member(answer, "result", "inputRequests"))
	answer, _ = p.ask("tools/call", retry(call, answer, `{"q1.0 <é>":{"n": 0.10},"q1.1 <é>":{}}`))
	wants(t, member(answer, "result", "inputRequests"), inputKey(2, 0), inputKey(2, 1))
	other, _ := p.ask("tools/call", retry(strings.Replace(call, `"T"`, `"U"`, 1), answer, `{}`))
	wants(t, other, `"code":-32602`, "not of this request")
	answer, _ = p.ask("tools/call", retry(call, answer, `{"q2.0 <é>":{},"q2.1 <é>":{}}`))
	is(t, "the kind of result", member(answer, "result", "resultType"), `"complete"`)
	is(t, "what was given", member(answer, "result", "structuredContent"), `{"inputResponses":[{"q1.0 <é>":{"n": 0.10},"q1.1 <é>":{}},{"q2.0 <é>":{},"q2.1 <é>":{}}]}`)
	bad, _ := p.ask("tools/call", call[:len(call)-1]+`,"requestState":"mine"}`)
	wants(t, bad, `"code":-32602`)
}

// TestModernAsksNothing: no kind of question is a request in the modern era, and
// a browser's has no id.
func TestModernAsksNothing(t *testing.T) {
	for _, kind := range []string{"elicitation", "elicitation_url", "sampling", "roots"} {
		p := start(t, Options{Era: "modern", Surface: true})
		answer, before := p.call("ask", `{"kind":"`+kind+`","tag":"T"}`)
		if len(before) > 0 || strings.Contains(answer, "elicitationId") {
			t.Errorf("%s: %q %s", kind, before, answer)
		}
	}
}

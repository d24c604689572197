package testbed

import (
	"strings"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
)

// metaSubscription is under what a notification says whose it is (2026-07-28,
// "Subscriptions").
const metaSubscription = "io.modelcontextprotocol/subscriptionId"

// Listen opens a subscription with a raw filter, for example
// {"toolsListChanged":true}, and waits until it is acknowledged, which has to be
// the first that it brings. It returns the subscription's id, raw; Cancel ends
// it, and the other side does with an answer to it.
func (c *Client) Listen(filter string) (id string) {
	c.t.Helper()
	id = c.Request("subscriptions/listen", `{"notifications":`+filter+`}`)
	first := c.Wait("the acknowledgement of subscription "+id, func(f Frame) bool {
		return f.Find("_meta", metaSubscription) == id || f.msg.Kind() == jsonrpc.Response && f.ID() == id
	})
	if first.Method() != "notifications/subscriptions/acknowledged" {
		c.t.Fatalf("subscription %s of %s begins with %s", id, c.name, first)
	}
	return id
}

// Told waits for a notification with that method that a subscription brings.
func (c *Client) Told(subscription, method string) Frame {
	c.t.Helper()
	return c.Wait(method+" of subscription "+subscription, func(f Frame) bool {
		return f.Method() == method && f.Find("_meta", metaSubscription) == subscription
	})
}

// maxRounds is after how many rounds a request is taken for one without end.
const maxRounds = 50

// AskMRTR sends a request, answers what it wants to know and sends it again,
// until it is complete (2026-07-28, "Multi Round-Trip Requests"). answer is
// given a question, its params raw, and returns the raw result. If it is nil, the
// client's OnRequest answers, with the key as the id of its frame: so one test
// does for both eras.
func (c *Client) AskMRTR(method, params string, answer func(key, method, params string) string) Frame {
	c.t.Helper()
	if answer == nil {
		answer = c.answerInput
	}
	f := c.Ask(method, params)
	for range maxRounds {
		if !f.WantsInput() {
			return f
		}
		f = c.Ask(method, withMembers(params, c.inputs(f, answer)))
	}
	c.t.Fatalf("%s of %s wants more and more: %s", method, c.name, f)
	panic("unreachable")
}

// WantsInput reports whether it is the answer of a modern server that wants to
// know something first.
func (f Frame) WantsInput() bool { return f.Find("resultType") == `"input_required"` }

// Again is the raw params with which a request goes out again after the answer f,
// which [Frame.WantsInput]: OnRequest answers, as in AskMRTR.
func (c *Client) Again(params string, f Frame) string {
	c.t.Helper()
	return withMembers(params, c.inputs(f, c.answerInput))
}

// answerInput has OnRequest answer a question.
func (c *Client) answerInput(key, method, params string) string {
	c.t.Helper()
	var given []byte
	if params != "" {
		given = []byte(params)
	}
	f := Frame{Raw: jsonrpc.NewRequest(jsonrpc.Quote(key), method, given), At: time.Now()}
	f.msg, _ = jsonrpc.Scan(f.Raw) // made of what was scanned
	if c.persona.OnRequest == nil {
		c.t.Fatalf("%s asked, which nobody expected: %s", c.name, f)
	}
	result, failure := c.persona.OnRequest(f)
	if result == "" {
		c.t.Fatalf("the test has no answer to %s but %q", f, failure)
	}
	return result
}

// inputs are the raw members that a retry adds to the params.
func (c *Client) inputs(f Frame, answer func(key, method, params string) string) string {
	c.t.Helper()
	var members []string
	if questions, ok := jsonrpc.Find(f.Raw, f.msg.Result, "inputRequests"); ok {
		var answers []string
		jsonrpc.Members(f.Raw, questions, func(key string, question jsonrpc.Span) bool {
			method, _ := jsonrpc.Find(f.Raw, question, "method")
			params, _ := jsonrpc.Find(f.Raw, question, "params")
			name, _ := jsonrpc.Text(method.Of(f.Raw))
			answers = append(answers, string(jsonrpc.Quote(key))+`:`+answer(key, name, string(params.Of(f.Raw))))
			return true
		})
		members = append(members, `"inputResponses":{`+strings.Join(answers, ",")+`}`)
	}
	if state := f.Find("requestState"); state != "" {
		members = append(members, `"requestState":`+state)
	}
	if members == nil {
		c.t.Fatalf("%s wants something and does not say what: %s", c.name, f)
	}
	return strings.Join(members, ",")
}

// withMembers puts raw members at the end of raw params.
func withMembers(params, members string) string {
	params = strings.TrimSpace(params)
	if params == "" || strings.TrimSpace(params[1:len(params)-1]) == "" {
		return "{" + members + "}"
	}
	return params[:len(params)-1] + "," + members + "}"
}

package testbed_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/loom-core/loom/testbed"
)

// TestAsLegacyClient: what the client says of itself arrives, it answers what it
// is asked, and leaves to the test what it is told to.
func TestAsLegacyClient(t *testing.T) {
	w := newWorld(t, fake)
	c := w.Direct(testbed.ClientOptions{
		Version: "2025-11-25", Capabilities: `{"elicitation":{"form":{}},"n":1e400}`, Info: `{"name":"me","version":"0"}`,
		OnRequest: func(f testbed.Frame) (result, failure string) {
			switch f.Method() {
			case "elicitation/create":
				return `{"action":"accept","content":{"to":` + f.Find("message") + `}}`, ""
			case "roots/list":
				return "", `{"code":-32601,"message":"no roots"}`
			}
			return "", ""
		},
	}, "@fake", "-surface")
	if got, want := c.Call("who", "{}").Find("structuredContent"), `{"clientInfo":{"name":"me","version":"0"},"capabilities":{"elicitation":{"form":{}},"n":1e400},"protocolVersion":"2025-11-25","meta":null}`; got != want {
		t.Errorf("the server was told %s, want %s", got, want)
	}
	for kind, want := range map[string]string{
		"elicitation": `{"answers":[{"result":{"action":"accept","content":{"to":"T: what is it? <é>"}}}]}`,
		"roots":       `{"answers":[{"error":{"code":-32601,"message":"no roots"}}]}`,
	} {
		if got := c.Call("ask", `{"tag":"T","kind":"`+kind+`"}`).Find("structuredContent"); got != want {
			t.Errorf("%s: the server was given %s, want %s", kind, got, want)
		}
	}
	id := c.Begin("ask", `{"kind":"sampling","times":2}`)
	c.AnswerRequest(c.Asked("sampling/createMessage"), `{"n":1}`)
	c.RefuseRequest(c.Asked("sampling/createMessage"), `{"code":-1,"message":"n"}`)
	if got, want := c.Answer(id).Find("structuredContent"), `{"answers":[{"result":{"n":1}},{"error":{"code":-1,"message":"n"}}]}`; got != want {
		t.Errorf("by hand the server was given %s, want %s", got, want)
	}
}

// TestWithdrawnRequest: a request that the other side took back is not answered.
func TestWithdrawnRequest(t *testing.T) {
	w := newWorld(t, fake)
	release := make(chan struct{})
	journal := w.Home + "/withdrawn"
	c := w.Direct(testbed.ClientOptions{OnRequest: func(testbed.Frame) (result, failure string) {
		<-release
		return `{"late":true}`, ""
	}}, "@fake", "-surface", "-journal", journal)
	if got := c.Call("ask", `{"kind":"roots","cancel_after_ms":1}`).Find("structuredContent"); got != `{"answers":[{"cancelled":true}]}` {
		t.Errorf("the server was given %s", got)
	}
	c.Notification("notifications/cancelled")
	close(release)
	c.Close()
	raw, err := os.ReadFile(journal)
	if err != nil || strings.Contains(string(raw), "late") {
		t.Errorf("the request was answered: %v\n%s", err, raw)
	}
}

// TestAsModernClient: each request carries what the era asks for, questions are
// answered by a retry, and subscriptions bring what was asked for.
func TestAsModernClient(t *testing.T) {
	w := newWorld(t, fake)
	c := w.Direct(testbed.ClientOptions{
		Era: "modern", Capabilities: `{"elicitation":{}}`,
		OnRequest: func(f testbed.Frame) (result, failure string) { return `{"to":` + f.ID() + `}`, "" },
	}, "@fake", "-surface", "-era=modern")
	who := func(params string) string { return c.Ask("tools/call", params).Find("structuredContent") }
	if got, want := who(`{"name":"who"}`), `{"clientInfo":{"name":"testbed","version":"1"},"capabilities":{"elicitation":{}},"protocolVersion":"2026-07-28","meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}},"io.modelcontextprotocol/clientInfo":{"name":"testbed","version":"1"}}}`; got != want {
		t.Errorf("the server was told %s, want %s", got, want)
	}
	c.Declare(`{"roots":{}}`)
	if got, want := who(`{"name":"who", "_meta": { "io.modelcontextprotocol/clientInfo":1 } }`), `{"clientInfo":1,"capabilities":{"roots":{}},"protocolVersion":"2026-07-28","meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"roots":{}}, "io.modelcontextprotocol/clientInfo":1 }}`; got != want {
		t.Errorf("the server was told %s, want %s", got, want)
	}

	ask := `{"name":"ask","arguments":{"kind":"elicitation","tag":"T","rounds":2,"shed":2}}`
	if got, want := c.AskMRTR("tools/call", ask, nil).Find("structuredContent"), `{"inputResponses":[{"q1.0 <é>":{"to":"q1.0 <é>"}},{"q2.0 <é>":{"to":"q2.0 <é>"}}]}`; escaped(got) != escaped(want) {
		t.Errorf("the server was given %s, want %s", got, want)
	}
	f := c.AskMRTR("tools/call", ask, func(key, method, params string) string {
		return fmt.Sprintf(`[%q,%t]`, method, strings.Contains(params, "T: "))
	})
	if got := f.Find("structuredContent"); strings.Count(got, `["elicitation/create",true]`) != 2 {
		t.Errorf("the server was given %s", got)
	}

	tools, both := c.Listen(`{"toolsListChanged":true}`), c.Listen(`{"toolsListChanged":true,"resourceSubscriptions":["fake://fake/text"]}`)
	c.Call("grow", "{}")
	c.Told(tools, "notifications/tools/list_changed")
	c.Told(both, "notifications/tools/list_changed")
	c.Cancel(tools)
	c.Call("touch", `{"uri":"fake://fake/text"}`)
	if f := c.Told(both, "notifications/resources/updated"); f.Find("uri") != `"fake://fake/text"` {
		t.Errorf("an update came as %s", f)
	}
	c.Call("unlisten", "{}")
	c.Answer(both)
}

// escaped lets keys compare however they are escaped.
func escaped(text string) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u00e9`, "é").Replace(text)
}

// TestFaultsFail: what the other side must not do fails the test.
func TestFaultsFail(t *testing.T) {
	w := newWorld(t, fake)
	for name, tc := range map[string]struct {
		args []string
		do   func(c *testbed.Client)
		want string
	}{
		"an unexpected request": {[]string{"-surface"}, func(c *testbed.Client) { c.Call("ask", `{"kind":"roots"}`) }, "which nobody expected"},
		"an answer twice":       {[]string{"-surface", "-twice"}, func(c *testbed.Client) { c.Call("pid", `{}`) }, "answered before"},
		"an answer to nothing":  {[]string{"-surface", "-stray"}, func(c *testbed.Client) { c.Call("pid", `{}`) }, "which nobody asked"},
	} {
		t.Run(name, func(t *testing.T) {
			said := &recorder{T: t}
			cmd := exec.Command(options(t).Names["fake"], tc.args...)
			cmd.Env = w.Environ()
			c := testbed.StartClient(said, name, cmd)
			c.Initialize()
			tc.do(c)
			c.Close()
			if !strings.Contains(said.text(), tc.want) {
				t.Errorf("the test would have failed with %q, want %q", said.text(), tc.want)
			}
		})
	}
}

// recorder is a test that keeps its errors to itself.
type recorder struct {
	testbed.T
	mu   sync.Mutex
	said strings.Builder
}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(&r.said, format+"\n", args...)
}

func (r *recorder) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.said.String()
}

// TestCompare: what comes through Loom is the same as what comes directly, and
// what differs is seen.
func TestCompare(t *testing.T) {
	w := newWorld(t, fake)
	through, direct := w.Connect(testbed.ClientOptions{}), w.Direct(testbed.ClientOptions{}, "@fake")
	direct.Ask("ping", "") // so that the ids differ
	arguments := `{"a": 0.10,"server":"fake__x"}`
	want, got := direct.Call("echo", arguments), through.Call("fake__echo", arguments)
	testbed.CompareFrames(t, "fake", want, got)
	if normal := testbed.Normal(got, "fake"); !strings.Contains(normal, `"id":"*"`) || !strings.Contains(normal, `{"a": 0.10,"server":"x"}`) {
		t.Errorf("the frame is reduced to %s", normal)
	}
	other := through.Call("fake__echo", `{"a":0.1}`)
	said := &recorder{T: t}
	testbed.CompareFrames(said, "fake", want, other)
	if said.text() == "" {
		t.Error("0.10 and 0.1 are taken for the same")
	}
	testbed.CompareFrames(t, "fake", want, other, []string{"result", "structuredContent"}, []string{"result", "structuredContent", "a"})
}

package testbed_test

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/testbed"
)

// eras are the two protocols of MCP, for a client or a server.
var eras = []string{"legacy", "modern"}

// surface is a server that has everything.
const surface = `
servers:
  fake:
    command: @fake
    args: [-surface, -era, ERA, --journal, @home/journal]
    share: SHARE
    concurrency: 16
`

func surfaceOf(era, share string) string {
	return strings.NewReplacer("ERA", era, "SHARE", share).Replace(surface)
}

// able is a client that can all that servers ask for.
func able(era string, onRequest func(testbed.Frame) (string, string)) testbed.ClientOptions {
	return testbed.ClientOptions{
		Era: era, Version: "2025-11-25", OnRequest: onRequest,
		Capabilities: `{"roots":{"listChanged":true},"sampling":{"tools":{}},"elicitation":{"form":{},"url":{}},"extensions":{"io.modelcontextprotocol/tasks":{}},"x":9007199254740993}`,
	}
}

// eachPair runs f for each era of the client and of the server.
func eachPair(t *testing.T, f func(t *testing.T, client, server string)) {
	for _, client := range eras {
		for _, server := range eras {
			t.Run(client+" client, "+server+" server", func(t *testing.T) { f(t, client, server) })
		}
	}
}

// TestAsked: what a server wants to know reaches the client of the call, and
// its answer the server, in whatever way the two of them speak of it.
func TestAsked(t *testing.T) {
	eachPair(t, func(t *testing.T, client, server string) {
		w := newWorld(t, surfaceOf(server, "global"))
		c := w.Connect(able(client, func(f testbed.Frame) (string, string) {
			switch f.Method() {
			case "elicitation/create":
				return `{"action":"accept","content":{"to":` + f.Find("message") + `,"n":9007199254740993}}`, ""
			case "sampling/createMessage":
				return `{"role":"assistant","content":{"type":"text","text":"<said>"},"model":"m","x":0.10}`, ""
			case "roots/list":
				return `{"roots":[]}`, ""
			}
			return "", `{"code":-32601,"message":"no"}`
		}))
		for kind, want := range map[string]string{
			"elicitation":     `{"action":"accept","content":{"to":"T: what is it? <é>","n":9007199254740993}}`,
			"elicitation_url": `{"action":"accept","content":{"to":"T: what is it? <é>","n":9007199254740993}}`,
			"sampling":        `{"role":"assistant","content":{"type":"text","text":"<said>"},"model":"m","x":0.10}`,
			"roots":           `{"roots":[]}`,
		} {
			for _, more := range []string{"", `,"times":3`, `,"times":2,"parallel":true`, `,"rounds":3`, `,"shed":2`} {
				f := c.AskMRTR("tools/call", `{"name":"fake__ask","arguments":{"tag":"T","kind":"`+kind+`"`+more+`}}`, nil)
				got := f.Find("structuredContent")
				if !strings.Contains(got, want) {
					t.Errorf("%s%s: the server was given %s\nin %s", kind, more, got, f)
				}
				if client == "modern" && f.Find("resultType") != `"complete"` {
					t.Errorf("%s%s: no resultType in %s", kind, more, f)
				}
			}
		}
	})
}

// TestModernByItself: a request that names its protocol version is of the modern
// era, whatever else it says. initialize is gone there, and must not make the
// rest of the session legacy; a request that does not say what the client can do
// is refused.
func TestModernByItself(t *testing.T) {
	w := newWorld(t, surfaceOf("modern", "global"))
	c := w.Connect(able("modern", nil))
	for _, gone := range []string{"initialize", "ping", "logging/setLevel"} {
		if f := c.Ask(gone, `{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}`); f.Err() == nil || f.Err().Code != -32601 {
			t.Errorf("%s in the modern era: %s", gone, f)
		}
	}
	if f := c.Ask("tools/list", "{}"); f.Find("resultType") != `"complete"` {
		t.Errorf("after an initialize that was refused the session is legacy: %s", f)
	}
	c.Send(`{"jsonrpc":"2.0","id":"bare","method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`)
	if f := c.Answer(`"bare"`); f.Err() == nil || f.Err().Code != -32602 {
		t.Errorf("a request without the client's capabilities: %s", f)
	}
}

// TestAskedAndCancelled: a call that is given up while its client is asked takes
// its questions with it, in every pair of eras.
func TestAskedAndCancelled(t *testing.T) {
	for _, server := range eras {
		t.Run("legacy client, "+server+" server", func(t *testing.T) {
			w := newWorld(t, surfaceOf(server, "global"))
			c := w.Connect(able("legacy", testbed.ByHand))
			id := c.Begin("fake__ask", `{"kind":"elicitation","tag":"T"}`)
			asked := c.Asked("elicitation/create")
			c.Cancel(id)
			if server == "modern" { // a legacy one takes them back itself, if it cares to
				if f := c.Notification("notifications/cancelled"); f.Find("requestId") != asked.ID() {
					t.Errorf("%s does not take back %s", f, asked)
				}
			}
			if got := c.MustCall("fake__echo", "{}"); got != "echo" {
				t.Errorf("the next call gave %q", got)
			}
		})
	}
}

// TestRootsOfAClientWithoutAny: a server that is shared asks for roots; of a client
// that has none Loom knows the project that it was started in.
func TestRootsOfAClientWithoutAny(t *testing.T) {
	eachPair(t, func(t *testing.T, client, server string) {
		if client == "modern" && server == "modern" {
			return // the server is told with each call what its client can do, and asks by its answer
		}
		w := newWorld(t, surfaceOf(server, "global"))
		project := w.Mkdir("a project")
		w.Mkdir("a project/.git")
		want := `"uri":"file://` + strings.ReplaceAll(project, " ", "%20") + `","name":"a project"`
		for dir, answered := range map[string]bool{project: true, w.Home: false} {
			opts := able(client, nil)
			opts.Capabilities, opts.Dir = "{}", dir
			f := w.Connect(opts).AskMRTR("tools/call", `{"name":"fake__ask","arguments":{"tag":"T","kind":"roots"}}`, nil)
			got := f.Find("structuredContent")
			if strings.Contains(got, want) != answered || !answered && !strings.Contains(got+f.String(), "-32601") {
				t.Errorf("in %s: %s\nin %s", dir, got, f)
			}
		}
	})
}

package testbed_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
)

func noQuestion(testbed.Frame) (string, string) {
	return "", `{"code":-32601,"message":"nothing was to be asked"}`
}

// TestLogMessages: a client gets the log messages that it wants of the servers
// that it uses, and knows whose they are.
func TestLogMessages(t *testing.T) {
	eachPair(t, func(t *testing.T, client, server string) {
		w := newWorld(t, surfaceOf(server, "global"))
		c := w.Connect(able(client, noQuestion))
		meta := ""
		if client == "modern" {
			meta = `,"_meta":{"io.modelcontextprotocol/logLevel":"warning"}`
		} else if f := c.Ask(mcp.SetLevel, `{"level":"warning"}`); f.Err() != nil {
			t.Fatal(f)
		}
		log := func(level string) string {
			return `{"name":"fake__log","arguments":{"level":"` + level + `","text":"<t>"}` + meta + `}`
		}
		c.Ask(mcp.ToolsCall, log("info"))
		c.Ask(mcp.ToolsCall, log("error"))
		f := c.Notification(mcp.LogMessage)
		for member, want := range map[string]string{"level": `"error"`, "logger": `"fake/fake"`, "data": `{"text":"<t>","line":0,"n":9007199254740993}`, "x-log": "1e400"} {
			if got := f.Find(member); got != want {
				t.Errorf("%s is %s, want %s, in %s", member, got, want, f)
			}
		}
		for _, f := range c.Unread() {
			if f.Method() == mcp.LogMessage {
				t.Errorf("too much: %s", f)
			}
		}
	})
}

// TestSubscriptions: who follows a resource hears of its changes, also after the
// server was killed, and nobody else does.
func TestSubscriptions(t *testing.T) {
	eachPair(t, func(t *testing.T, client, server string) {
		w := newWorld(t, surfaceOf(server, "global"))
		c, other := w.Connect(able(client, noQuestion)), w.Connect(able(client, noQuestion))
		const uri = `"fake://fake/text"`
		touch := `{"uri":` + uri + `}`
		var listen string
		if client == "modern" {
			listen = c.Listen(`{"resourceSubscriptions":[` + uri + `]}`)
		} else if f := c.Ask(mcp.ResourcesSubscribe, touch); f.Err() != nil {
			t.Fatal(f)
		}
		updated := func() {
			t.Helper()
			testbed.Eventually(t, "the server to know of it", func() bool { return other.MustCall("fake__touch", touch) != "told 0" })
			f := c.Notification(mcp.ResourcesUpdated)
			if f.Find("uri") != uri || f.Find("x-updated") != "1e400" || client == "modern" && f.Find("_meta", mcp.MetaSubscriptionID) != listen {
				t.Errorf("got %s", f)
			}
		}
		updated()
		pid := number(t, c.MustCall("fake__pid", "{}"))
		w.Kill(pid)
		w.Gone(pid)
		testbed.Eventually(t, "loomd to see it", func() bool { s := w.Server("fake"); return len(s.Instances) > 0 && s.Instances[0].PID != pid })
		updated()
		if client == "modern" {
			c.Cancel(listen)
		} else if f := c.Ask(mcp.ResourcesUnsubscribe, touch); f.Err() != nil {
			t.Fatal(f)
		}
		testbed.Eventually(t, "the server to have forgotten", func() bool { return other.MustCall("fake__touch", touch) == "told 0" })
		for _, f := range other.Unread() {
			if f.Method() == mcp.ResourcesUpdated {
				t.Errorf("who follows nothing was told %s", f)
			}
		}
	})
}

// TestSubscriptionsSetAgain: who follows a resource goes on hearing of it when
// loomd was killed, and its servers with it.
func TestSubscriptionsSetAgain(t *testing.T) {
	for _, server := range eras {
		for _, share := range []string{"global", "session"} {
			t.Run(server+" server, "+share, func(t *testing.T) {
				w := newWorld(t, surfaceOf(server, share))
				c := w.Connect(able("legacy", noQuestion))
				const touch = `{"uri":"fake://fake/text"}`
				if f := c.Ask(mcp.ResourcesSubscribe, touch); f.Err() != nil { // the server does not run yet
					t.Fatal(f)
				}
				w.Kill(w.Status().PID)
				testbed.Eventually(t, "the server to know of it", func() bool {
					f := c.Call("fake__touch", touch)
					return f.Err() == nil && f.Text() != "told 0"
				})
				c.Notification(mcp.ResourcesUpdated)
				if said := c.Stderr(); strings.Contains(said, "could not be set again") {
					t.Error(said)
				}
			})
		}
	}
}

// TestListsChange: each list that changes is announced, and the next answer has
// the change.
func TestListsChange(t *testing.T) {
	eachPair(t, func(t *testing.T, client, server string) {
		w := newWorld(t, surfaceOf(server, "global"))
		c := w.Connect(able(client, noQuestion))
		c.MustCall("fake__pid", "{}")
		listen := ""
		if client == "modern" {
			listen = c.Listen(`{"toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":true}`)
		}
		for _, one := range []struct{ tool, list, method string }{
			{"grow", "tools/list", mcp.ToolsListChanged},
			{"grow_prompts", "prompts/list", mcp.PromptsListChanged},
			{"grow_resources", "resources/list", mcp.ResourcesListChanged},
		} {
			before := c.Ask(one.list, "{}").Raw
			c.Forget(one.method)
			c.MustCall("fake__"+one.tool, "{}")
			f := c.Notification(one.method)
			if client == "modern" && f.Find("_meta", mcp.MetaSubscriptionID) != listen {
				t.Errorf("not on the subscription: %s", f)
			}
			// What came may have been of the first learning.
			testbed.Eventually(t, one.list+" to be longer", func() bool { return len(c.Ask(one.list, "{}").Raw) > len(before) })
		}
	})
}

// TestVendorMessages: what MCP does not know passes where it can only be for one.
func TestVendorMessages(t *testing.T) {
	w := newWorld(t, surfaceOf("legacy", "global"))
	c := w.Connect(able("legacy", func(f testbed.Frame) (string, string) { return `{"x":` + f.Find("n") + `}`, "" }))
	c.MustCall("fake__vendor", `{"params":{"n":9007199254740993}}`)
	if f := c.Notification("notifications/x-vendor"); f.Find("n") != "9007199254740993" {
		t.Errorf("got %s", f)
	}
	if got := c.Call("fake__ask", `{"kind":"custom","tag":"T"}`).Find("structuredContent"); got != `{"answers":[{"result":{"x":9007199254740993}}]}` {
		t.Errorf("the server was given %s", got)
	}
	c.Notify("notifications/x-of-client", `{"n":1e400}`)
	testbed.Eventually(t, "the server to hear it", func() bool {
		return strings.Contains(read(t, w, "journal"), `"method":"notifications/x-of-client","params":{"n":1e400}`)
	})
}

// TestWithdrawn: a question that the server takes back is taken back from the
// client, and one of a server that dies too.
func TestWithdrawn(t *testing.T) {
	w := newWorld(t, surfaceOf("legacy", "global"))
	c := w.Connect(able("legacy", testbed.ByHand))
	c.Begin("fake__ask", `{"kind":"elicitation","cancel_after_ms":20,"tag":"T"}`)
	asked := c.Asked(mcp.Elicitation)
	if f := c.Notification(mcp.Cancelled); f.Find("requestId") != asked.ID() {
		t.Errorf("%s does not take back %s", f, asked)
	}
	id := c.Begin("fake__ask", `{"kind":"sampling","tag":"T"}`)
	asked = c.Asked(mcp.Sampling)
	w.Kill(w.Server("fake").Instances[0].PID)
	if f := c.Notification(mcp.Cancelled); f.Find("requestId") != asked.ID() {
		t.Errorf("%s does not take back %s", f, asked)
	}
	if f := c.Answer(id); f.Err() == nil {
		t.Errorf("the call gave %s", f)
	}
}

// read is a file of the world's home.
func read(t *testing.T, w *testbed.World, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(w.Home, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestSubscribeToAStoppedServer: the era of a server that does not run is the
// one that it was learnt in, also where it has but one client.
func TestSubscribeToAStoppedServer(t *testing.T) {
	eachPair(t, func(t *testing.T, client, server string) {
		if client == "modern" {
			return // it does not subscribe
		}
		w := newWorld(t, surfaceOf(server, "session"))
		c := w.Connect(able(client, noQuestion))
		c.Ask("tools/list", "{}") // it is learnt, and ended again
		if f := c.Ask(mcp.ResourcesSubscribe, `{"uri":"fake://fake/text"}`); f.Err() != nil {
			t.Errorf("got %s", f)
		}
		testbed.Eventually(t, "an update", func() bool { return c.MustCall("fake__touch", `{"uri":"fake://fake/text"}`) == "told 1" })
	})
}

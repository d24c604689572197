package testbed_test

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
)

// TestFramesAtTheLimit: a message that is just not too large is not made so by
// what Loom puts around it, on neither way.
func TestFramesAtTheLimit(t *testing.T) {
	w := newWorld(t, uncapped)
	c := w.Connect(testbed.ClientOptions{})
	beside := c.Begin("fake__sleep", `{"ms":500}`)
	const around = 200 // of which the server's answer needs less
	id := `"` + strings.Repeat("i", 2*around) + `"`
	c.Send(`{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":{"name":"fake__big","arguments":{"bytes":67108664}}}`)
	if f := c.Answer(id); len(f.Text()) != jsonrpc.DefaultMaxFrame-around {
		t.Errorf("the answer has %d bytes: %.200s", len(f.Text()), f.Raw)
	}
	if got := c.Answer(beside).Text(); got != "slept" {
		t.Errorf("the call beside it gave %q", got)
	}
	head, tail := `{"jsonrpc":"2.0","id":"p","method":"ping","params":{"x":"`, `"}}`
	c.Send(head + strings.Repeat("x", jsonrpc.DefaultMaxFrame-len(head)-len(tail)) + tail)
	if f := c.Answer(`"p"`); f.Err() != nil {
		t.Errorf("the ping gave %s", f)
	}
}

// TestLargeReply: a client whose answer to a server is too large costs the
// server that answer, not the wait for it.
func TestLargeReply(t *testing.T) {
	w := newWorld(t, strings.Replace(fake, "args: [", "args: [-surface, ", 1))
	c := w.Connect(testbed.ClientOptions{Capabilities: `{"sampling":{}}`, OnRequest: func(f testbed.Frame) (result, failure string) {
		if f.Method() != mcp.Sampling {
			return `{}`, ""
		}
		return `{"role":"assistant","model":"m","content":{"type":"text","text":"` + strings.Repeat("x", 70000000) + `"}}`, ""
	}})
	if got := c.Call("fake__ask", `{"kind":"sampling"}`).Find("structuredContent"); !strings.Contains(got, "over the limit") {
		t.Errorf("the server got %.300s", got)
	}
}

package testbed_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
)

// TestCancel: a call that the client takes back is not answered (the client
// fails the test otherwise), the server is told under the id that it knows,
// and its process stays.
func TestCancel(t *testing.T) {
	w := newWorld(t, fake)
	c := w.Connect(testbed.ClientOptions{})
	pid := c.MustCall("fake__pid", "{}")
	id := c.Begin("fake__sleep", `{"ms":60000}`)
	inFlight(t, w, 1)
	c.Cancel(id)
	testbed.Eventually(t, "the server is told", func() bool { return strings.Contains(w.Stderr("fake"), "cancelled") })
	told := params(t, w.Home+"/journal", mcp.Cancelled)
	if len(told) != 1 || !strings.Contains(told[0], "the test says so") {
		t.Errorf("the server was told %v", told)
	}
	inFlight(t, w, 0)
	if now := c.MustCall("fake__pid", "{}"); now != pid {
		t.Errorf("the process is %s now, was %s", now, pid)
	}
}

// TestCancelAmongEqualIDs: two clients use the same id; a cancel of the one
// takes nothing from the other.
func TestCancelAmongEqualIDs(t *testing.T) {
	w := newWorld(t, fake)
	a, b := w.Connect(testbed.ClientOptions{}), w.Connect(testbed.ClientOptions{})
	idA, idB := a.Begin("fake__sleep", `{"ms":700}`), b.Begin("fake__sleep", `{"ms":700}`)
	if idA != idB {
		t.Fatalf("the ids are %s and %s", idA, idB)
	}
	inFlight(t, w, 2)
	a.Cancel(idA)
	if got := b.Answer(idB).Text(); got != "slept" {
		t.Errorf("the other client's call gave %q", got)
	}
	a.MustCall("fake__echo", "{}")
}

// TestProgress: progress comes with the client's own token, in order, before
// the response, and only to the client that gave one.
func TestProgress(t *testing.T) {
	w := newWorld(t, fake)
	a, b := w.Connect(testbed.ClientOptions{}), w.Connect(testbed.ClientOptions{})
	call := func(c *testbed.Client, token string) string {
		return c.Request("tools/call", `{"_meta":{"x":1.0,"progressToken":`+token+`},"name":"fake__sleep","arguments":{"ms":200,"n":4}}`)
	}
	const tokenA, tokenB = `"<tok\u0065n>"`, `9007199254740993`
	idA, idB, plain := call(a, tokenA), call(b, tokenB), b.Begin("fake__sleep", `{"ms":200,"n":4}`)
	for _, one := range []struct {
		c         *testbed.Client
		id, token string
	}{{a, idA, tokenA}, {b, idB, tokenB}} {
		answer := one.c.Answer(one.id)
		for step := 1; step <= 4; step++ {
			f := one.c.Notification(mcp.Progress)
			if want := fmt.Sprintf(`{"progressToken":%s,"progress":%d,"total":4}`, one.token, step); f.Params() != want {
				t.Errorf("progress came as %s, want %s", f.Params(), want)
			}
			if !f.At.Before(answer.At) {
				t.Errorf("step %d came after the response", step)
			}
		}
	}
	b.Answer(plain)
	for _, c := range []*testbed.Client{a, b} {
		for _, f := range c.Unread() {
			if f.Method() == mcp.Progress {
				t.Errorf("one progress too many: %s", f)
			}
		}
	}
}

// TestTimeout: a server that is silent for longer than its entry allows costs
// that call; progress counts as a sign of life.
func TestTimeout(t *testing.T) {
	w := newWorld(t, fake+"    timeout: 2s\n")
	c := w.Connect(testbed.ClientOptions{})
	pid := c.MustCall("fake__pid", "{}")
	failed(t, c.Call("fake__sleep", `{"ms":60000}`), loomrpc.CodeTimeout, "timeout", "server fake", "2s", "servers.fake.timeout")
	testbed.Eventually(t, "the server is told", func() bool { return strings.Contains(w.Stderr("fake"), "cancelled") })
	f := c.Ask("tools/call", `{"name":"fake__sleep","arguments":{"ms":3000,"n":30},"_meta":{"progressToken":1}}`)
	if f.Text() != "slept" {
		t.Errorf("a call with progress gave %s", f)
	}
	if now := c.MustCall("fake__pid", "{}"); now != pid {
		t.Errorf("the process is %s now, was %s", now, pid)
	}
}

package testbed_test

import (
	"testing"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/testbed"
)

// TestServerEndsUnderAQuestion: when a server ends, or is restarted, that has
// put a question to a modern client, the client's retry is answered at once, and
// calls of others that waited behind the question are carried out.
func TestServerEndsUnderAQuestion(t *testing.T) {
	for name, tc := range map[string]struct {
		end  func(w *testbed.World, pid int)
		code int
		word string
	}{
		"killed":    {func(w *testbed.World, pid int) { w.Kill(pid) }, loomrpc.CodeServerFailed, "server_failed"},
		"restarted": {func(w *testbed.World, _ int) { w.MustLoom("restart", "fake") }, loomrpc.CodeCancelled, "cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, surfaceOf("legacy", "global")+"    drain: 500ms\n")
			asked, other := w.Connect(able("modern", testbed.ByHand)), w.Connect(able("legacy", testbed.ByHand))
			pid := number(t, other.MustCall("fake__pid", "{}"))
			const params = `{"name":"fake__ask","arguments":{"tag":"T","kind":"elicitation"}`
			f := asked.Ask("tools/call", params+"}")
			state := f.Find("requestState")
			if f.Find("resultType") != `"input_required"` || state == "" {
				t.Fatalf("no question came but %s", f)
			}
			behind := other.Begin("fake__pid", "{}")
			testbed.Eventually(t, "the call waits behind the question", func() bool {
				all := w.Server("fake").Instances
				return len(all) == 1 && all[0].Queued == 1
			})
			tc.end(w, pid)
			if now := other.Answer(behind); now.Err() != nil || number(t, now.Text()) == pid {
				t.Errorf("the call behind the question gave %s", now)
			}
			w.Gone(pid)
			retry := params + `,"inputResponses":{"loom-1":{"action":"decline"}},"requestState":` + state + "}"
			failed(t, asked.Ask("tools/call", retry), tc.code, tc.word, "fake")
			asked.MustCall("fake__echo", "{}")
		})
	}
}

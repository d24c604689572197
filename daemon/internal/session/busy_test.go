package session

import (
	"sync/atomic"
	"testing"
	"time"
)

// watching looks whether a session is busy when one of its calls has ended.
type watching struct {
	nothing
	session atomic.Pointer[peer]
	saw     chan bool
}

func (w *watching) CallEnded(string, string, string, time.Duration) { w.saw <- w.session.Load().Busy() }

// A call whose answer has come and is not queued yet still counts: a loomd that
// goes over to a newer one waits for it, or the answer would be lost.
func TestBusyUntilTheAnswerIsQueued(t *testing.T) {
	w := &watching{saw: make(chan bool, 9)}
	c := connect(t, "max_result_bytes: 1KiB", func(svc *Services) { svc.Observer = w })
	w.session.Store(c)
	c.initialize()
	for id, arguments := range map[string]string{"7": `{"who":"x"}`, "8": `{"size":4096}`} {
		tool := map[string]string{"7": "echo", "8": "big"}[id]
		c.write(`{"jsonrpc":"2.0","id":` + id + `,"method":"loom/call","params":{"server":"fake","tool":"` + tool + `","params":{"name":"` + tool + `","arguments":` + arguments + `}}}`)
		c.answer(id)
		if !<-w.saw {
			t.Errorf("%s: not busy before its answer is queued", tool)
		}
	}
	for deadline := time.Now().Add(5 * time.Second); c.Busy(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("busy with nothing")
		}
	}
}

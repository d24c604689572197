package session

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/pool"
)

// TestEndBesideUse: what a session still begins when it ends is not begun, and
// goes over nothing that the end goes through at the same time.
func TestEndBesideUse(t *testing.T) {
	c := connect(t, "description: x")
	server, _ := c.svc.Hub.Registry().Server("fake")
	var all []*pool.Instance
	for n := range 200 {
		all = append(all, c.pool.Instance(server, pool.Sharing{Key: strconv.Itoa(n)}))
	}
	for _, i := range all[:100] {
		c.use(c.flying("1"), i)
	}
	stop, done := make(chan struct{}), make(chan struct{})
	began := make(chan struct{})
	go func() { // a reload that takes instances away
		defer close(done)
		for n := 0; ; n++ {
			if n == 1 {
				close(began)
			}
			select {
			case <-stop:
				return
			default:
			}
			i := all[100+n%50]
			c.mu.Lock()
			c.used[i] = true
			c.mu.Unlock()
			c.Left(i)
		}
	}()
	<-began
	c.abandon()
	close(stop)
	<-done
	late := &call{id: []byte("2"), method: "tools/call"}
	if c.hold(late) || c.use(late, all[150]) {
		t.Error("a session that has ended begins a call")
	}
	if c.used[all[150]] {
		t.Error("a session that has ended uses another instance")
	}
}

// TestCancelWhileLearning: a call that waits for its server to be learnt and is
// taken back meanwhile is never made.
func TestCancelWhileLearning(t *testing.T) {
	journal := t.TempDir() + "/journal"
	c := connect(t, "args: [--start-wait, 300ms, --journal, "+journal+"]")
	c.initialize()
	c.write(`{"jsonrpc":"2.0","id":7,"method":"loom/call","params":{"server":"","tool":"fake__echo","params":{"name":"fake__echo","arguments":{}}}}`)
	c.mcp(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`)
	c.write(`{"jsonrpc":"2.0","id":8,"method":"loom/call","params":{"server":"","tool":"fake__pid","params":{"name":"fake__pid","arguments":{}}}}`)
	c.answer("8")
	raw, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	if !strings.Contains(text, "pid") || strings.Contains(text, "echo") {
		t.Errorf("the server got:\n%s", text)
	}
}

// TestCallOfARetiredInstance: a call that its instance never sent goes to the
// one that took its place.
func TestCallOfARetiredInstance(t *testing.T) {
	c := connect(t, "description: x")
	c.initialize()
	old := c.instance()
	c.pool.Restart("fake")
	one := &call{id: []byte("7"), method: "tools/call", name: "pid", server: "fake", began: time.Now(), params: []byte(`{"name":"pid","arguments":{}}`)}
	c.hold(one)
	c.use(one, old)
	eventually(t, "the old one is ended", func() bool {
		answer := make(chan error, 1)
		old.Send(nil, &pool.Call{Owner: c.Session, Request: child.Request{Method: "ping", Done: func(a child.Answer) { answer <- a.Err }}})
		return <-answer == pool.ErrRetired
	})
	c.round(one, one.params, time.Minute)
	if got := c.answer("7"); !strings.Contains(got, "result") {
		t.Errorf("the call gave %s", got)
	}
}

// TestTimeoutBesideAQuestion: of a timeout and a question at the same moment
// the later one finds what the other left.
func TestTimeoutBesideAQuestion(t *testing.T) {
	c := connect(t, "description: x")
	one := c.flying("7")
	one.asker = asker{modern: true}
	late := child.Answer{Err: &child.TimeoutError{Server: "fake"}}
	c.mu.Lock()
	one.parked = &parked{asked: map[string]*pool.Asked{}}
	c.parkLocked(one)
	token := one.parked.token
	c.mu.Unlock()
	if c.land(one, late) {
		t.Error("an answer goes to a client that is away")
	}
	retry := &call{id: []byte("8"), method: "tools/call", asker: asker{modern: true}, params: []byte(`{"requestState":"` + token + `"}`)}
	if !c.resumeParked(retry) {
		t.Fatal("the retry is not known")
	}
	if got := c.answer("8"); !strings.Contains(got, "no answer") {
		t.Errorf("the retry gave %s", got)
	}
}

// TestResultsThatAreNoObjects: a legacy server may answer what it likes; what a
// modern client gets is still JSON.
func TestResultsThatAreNoObjects(t *testing.T) {
	c := connect(t, "description: x")
	for n, result := range []string{`null`, `[]`, `"text"`, `7`, `{}`} {
		id := strconv.Itoa(n)
		one := c.flying(id)
		one.asker = asker{modern: true}
		frame := []byte(`{"jsonrpc":"2.0","id":1,"result":` + result + `}`)
		m, err := jsonrpc.Scan(frame)
		if err != nil {
			t.Fatal(err)
		}
		c.finish(one, child.Answer{Frame: frame, Message: m})
		c.answer(id) // fails on what is no JSON
	}
	for _, params := range []string{``, `,"params":["x"]`, `,"params":{"level":"error"}`} {
		frame := []byte(`{"jsonrpc":"2.0","method":"notifications/message"` + params + `}`)
		m, err := jsonrpc.Scan(frame)
		if err != nil {
			t.Fatal(err)
		}
		c.mu.Lock()
		c.client.legacy = true
		c.mu.Unlock()
		c.logged(c.instance(), frame, m, true)
		c.write(`{"jsonrpc":"2.0","id":"x","method":"loom/none"}`)
		c.answer(`"x"`)
	}
}

// TestRefusedSubscription: a subscription that the server refused is none, for
// this client and for the next that asks.
func TestRefusedSubscription(t *testing.T) {
	c := connect(t, "description: x")
	c.initialize()
	for _, id := range []string{"7", "8"} {
		c.mcp(`{"jsonrpc":"2.0","id":` + id + `,"method":"resources/subscribe","params":{"uri":"fake://x"}}`)
		if got := c.answer(id); !strings.Contains(got, "-32601") {
			t.Errorf("subscription %s gave %s", id, got)
		}
	}
}

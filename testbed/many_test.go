package testbed_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
)

// TestManyCalls: 104 calls of 8 proxies at once are each answered once, to
// whoever asked (the client fails the test otherwise), by one process.
func TestManyCalls(t *testing.T) {
	w := newWorld(t, fake)
	const proxies, each = 8, 13
	var clients []*testbed.Client
	for range proxies {
		clients = append(clients, w.Client(testbed.ClientOptions{}))
	}
	began := time.Now()
	var all sync.WaitGroup
	for i, c := range clients {
		all.Go(func() {
			c.Initialize()
			payload := map[string]string{}
			for n := range each {
				text := fmt.Sprintf(`{"from":%d,"call":%d}`, i, n)
				payload[c.Begin("fake__echo", text)] = text
			}
			for id, text := range payload {
				if got := c.Answer(id).Result(); !strings.Contains(got, text) {
					t.Errorf("proxy %d asked %s and got %s", i, text, got)
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d calls of %d proxies, with starting loomd and the server: %s", proxies*each, proxies, time.Since(began).Round(time.Millisecond))

	pids := map[string]bool{}
	for _, c := range clients {
		pids[c.MustCall("fake__pid", "{}")] = true
	}
	if server := w.Server("fake"); len(server.Instances) != 1 || len(pids) != 1 {
		t.Errorf("the server has %d processes, and calls were answered by %v; want one", len(server.Instances), pids)
	}
	if n := len(calls(t, w.Home+"/journal")); n != proxies*each+proxies {
		t.Errorf("%d calls arrived, want %d", n, proxies*each+proxies)
	}
	if n := len(w.Status().Sessions); n != proxies {
		t.Errorf("loomd has %d sessions, want %d", n, proxies)
	}
}

// TestOneSlowCall: a call that takes long does not hold up the others of its
// client, nor those of another one.
func TestOneSlowCall(t *testing.T) {
	w := newWorld(t, fake)
	a, b := w.Connect(testbed.ClientOptions{}), w.Connect(testbed.ClientOptions{})
	slow := a.Begin("fake__hang", "{}")
	inFlight(t, w, 1)
	a.MustCall("fake__echo", "{}")
	b.MustCall("fake__echo", "{}")
	a.Cancel(slow)
	inFlight(t, w, 0)
}

// inFlight waits until the server works at that many calls.
func inFlight(t *testing.T, w *testbed.World, n int) {
	t.Helper()
	testbed.Eventually(t, fmt.Sprintf("%d calls in flight", n), func() bool { return w.InFlight("fake") == n })
}

package testbed_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
)

// TestLoomdKilled: kill -9 of loomd answers every call in flight with an error
// that may be tried again. The client's pipes stay open, its next call starts
// a new loomd, it is told that the tools may have changed, and no call is
// carried out twice.
func TestLoomdKilled(t *testing.T) {
	w := newWorld(t, fake)
	a, b := w.Connect(testbed.ClientOptions{}), w.Connect(testbed.ClientOptions{})
	child := number(t, a.MustCall("fake__pid", "{}"))
	lost := []string{a.Begin("fake__hang", `{"who":"first"}`), a.Begin("fake__sleep", `{"ms":60000,"who":"second"}`)}
	lostB := b.Begin("fake__hang", `{"who":"third"}`)
	inFlight(t, w, 3)
	a.Ask("tools/list", "") // the first learning has been told by now
	b.Ask("tools/list", "")
	a.Forget(mcp.ToolsListChanged)
	b.Forget(mcp.ToolsListChanged)
	loomd := w.Status().PID

	killed := time.Now()
	w.Kill(loomd)
	for _, f := range []testbed.Frame{a.Answer(lost[0]), a.Answer(lost[1]), b.Answer(lostB)} {
		failed(t, f, loomrpc.CodeDaemonGone, "daemon_gone", "may or may not have been carried out", "loom logs loomd")
		if !f.Err().Data.Retryable {
			t.Errorf("the error is not retryable: %s", f)
		}
		t.Logf("answered %s after kill -9 of loomd", f.At.Sub(killed).Round(10*time.Microsecond))
	}
	t.Logf("its server was gone %s after that", w.Gone(child).Round(time.Millisecond))

	began := time.Now()
	a.MustCall("fake__echo", `{"who":"next"}`)
	t.Logf("the next call took %s, with a new loomd and server", time.Since(began).Round(time.Millisecond))
	b.MustCall("fake__echo", "{}")
	a.Notification(mcp.ToolsListChanged)
	b.Notification(mcp.ToolsListChanged)
	if now := w.Status(); now.PID == loomd || len(now.Sessions) != 2 {
		t.Errorf("loomd is %d (was %d) with %d sessions, want a new one with 2", now.PID, loomd, len(now.Sessions))
	}
	once(t, w, "first", "second", "third", "next")
}

// once checks that no call with one of these words came twice. That each came
// at all is not sure: it may have been on its way when the server ended.
func once(t *testing.T, w *testbed.World, words ...string) {
	t.Helper()
	arrived := strings.Join(calls(t, w.Home+"/journal"), "\n")
	for _, word := range words {
		if n := strings.Count(arrived, `"`+word+`"`); n > 1 {
			t.Errorf("the call %s reached a server %d times", word, n)
		}
	}
}

// TestStop: after loom stop nothing is alive but the clients' proxies, and the
// next call starts everything again.
func TestStop(t *testing.T) {
	w := newWorld(t, fake+`
  stubborn: {command: @fake, args: [--stubborn]}
`)
	c := w.Connect(testbed.ClientOptions{})
	c.MustCall("fake__echo", "{}")
	c.MustCall("stubborn__echo", "{}")
	lost := c.Begin("fake__hang", "{}")
	inFlight(t, w, 1)
	began := time.Now()
	w.MustLoom("stop")
	t.Logf("loom stop took %s with a server that ignores the end of its stdin", time.Since(began).Round(time.Millisecond))
	for _, p := range w.Processes() {
		if p.PID != c.PID() {
			t.Errorf("after loom stop this is alive: %s", p)
		}
	}
	if c.Answer(lost).Err() == nil {
		t.Error("the call in flight was answered with a result")
	}
	if o := w.Loom("status"); o.Code != 3 {
		t.Errorf("loom status ended with %d when loomd was stopped, want 3", o.Code)
	}
	c.MustCall("fake__echo", "{}")
	c.Close()
	w.MustLoom("stop")
	if left := w.Processes(); len(left) > 0 {
		t.Errorf("after loom stop these are alive: %v", left)
	}
	if got := w.MustLoom("stop"); !strings.Contains(got, "not running") {
		t.Errorf("a second loom stop says %q", got)
	}
}

// TestRestart: loom restart gives a server a new process and lets the old one
// finish its call.
func TestRestart(t *testing.T) {
	w := newWorld(t, fake)
	c := w.Connect(testbed.ClientOptions{})
	old := c.MustCall("fake__pid", "{}")
	slow := c.Begin("fake__sleep", `{"ms":500}`)
	inFlight(t, w, 1)
	w.MustLoom("restart", "fake")
	if now := c.MustCall("fake__pid", "{}"); now == old {
		t.Errorf("after loom restart the process is still %s", old)
	}
	if got := c.Answer(slow).Text(); got != "slept" {
		t.Errorf("the call that was under way gave %q", got)
	}
	w.Gone(number(t, old))
}

// TestOneLoomd: proxies that start at the same moment end up with one loomd,
// and one more by hand exits with the status that says so.
func TestOneLoomd(t *testing.T) {
	w := newWorld(t, fake)
	var clients []*testbed.Client
	for range 6 {
		clients = append(clients, w.Client(testbed.ClientOptions{}))
	}
	var all sync.WaitGroup
	for _, c := range clients {
		all.Go(func() { c.Initialize() })
	}
	all.Wait()
	status := w.Status()
	if len(status.Sessions) != len(clients) {
		t.Errorf("%d of %d proxies are connected to loomd %d", len(status.Sessions), len(clients), status.PID)
	}
	var daemons []testbed.Process
	testbed.Eventually(t, "the losers end", func() bool {
		daemons = nil
		for _, p := range w.Processes() {
			if strings.Contains(p.Args, "loomd ") {
				daemons = append(daemons, p)
			}
		}
		return len(daemons) == 1
	})
	if len(daemons) == 1 && daemons[0].PID != status.PID {
		t.Errorf("loomd is %d, and this runs: %v", status.PID, daemons)
	}
	o := w.Run(testbed.Command{Daemon: true})
	if o.Code != 3 || !strings.Contains(o.Stderr, "another loomd already serves") {
		t.Errorf("a second loomd ended with %d: %s", o.Code, o.Stderr)
	}
	if again := w.Status().PID; again != status.PID {
		t.Errorf("after that loomd is %d, was %d", again, status.PID)
	}
}

// TestProxyKilled: kill -9 of a proxy takes its calls back from the server,
// and nobody else notices.
func TestProxyKilled(t *testing.T) {
	w := newWorld(t, fake)
	a, b := w.Connect(testbed.ClientOptions{}), w.Connect(testbed.ClientOptions{})
	pid := b.MustCall("fake__pid", "{}")
	a.Begin("fake__sleep", `{"ms":60000}`)
	inFlight(t, w, 1)
	a.Kill()
	testbed.Eventually(t, "the server is told", func() bool { return strings.Contains(w.MustLoom("logs", "fake"), "cancelled") })
	inFlight(t, w, 0)
	if now := b.MustCall("fake__pid", "{}"); now != pid {
		t.Errorf("the server is %s now, was %s", now, pid)
	}
	if n := len(w.Status().Sessions); n != 1 {
		t.Errorf("loomd has %d sessions, want 1", n)
	}
}

// TestLoomdAway: with no loomd to start, initialize is still answered within
// three seconds and says what to do; the one tool says it too. When loomd is
// there again the client is told.
func TestLoomdAway(t *testing.T) {
	w := newWorld(t, fake)
	c := w.Client(testbed.ClientOptions{Env: []string{"LOOM_LOOMD=/nowhere/loomd"}})
	began := time.Now()
	f := c.Initialize()
	took := time.Since(began)
	t.Logf("initialize was answered after %s", took.Round(time.Millisecond))
	if took > 3500*time.Millisecond {
		t.Errorf("initialize took %s", took)
	}
	for _, text := range []string{"/nowhere/loomd", "hint: loom start"} {
		if !strings.Contains(f.Result(), text) {
			t.Errorf("the instructions do not say %q: %s", text, f)
		}
	}
	if names, _ := c.Ask("tools/list", "").Tools(); fmt.Sprint(names) != "[loom__status]" {
		t.Errorf("the tools are %v", names)
	}
	if text := c.MustCall("loom__status", "{}"); !strings.Contains(text, "hint: loom start") {
		t.Errorf("loom__status says %q", text)
	}
	w.MustLoom("start")
	c.Notification(mcp.ToolsListChanged)
	c.MustCall("fake__echo", "{}")
}

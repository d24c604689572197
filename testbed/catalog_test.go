package testbed_test

import (
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
)

// TestListWithoutServer: once a server was seen, lists come from disk. After a
// boot no server is started for one.
func TestListWithoutServer(t *testing.T) {
	w := newWorld(t, fake)
	w.MustLoom("start")
	w.MustLoom("stop")
	before := len(params(t, w.Home+"/journal", mcp.ToolsList))

	c := w.Client(testbed.ClientOptions{})
	began := time.Now()
	c.Initialize()
	names, _ := c.Ask(mcp.ToolsList, "").Tools()
	t.Logf("loomd started, initialize and tools/list answered: %s", time.Since(began).Round(time.Millisecond))
	if len(names) != 14 { // the fake's 12, loom__status and loom__read_result
		t.Errorf("the list holds %v", names)
	}
	w.MustLoom("tools")
	w.MustLoom("tools", "show", "fake__echo")
	if running := fakes(w); len(running) > 0 {
		t.Errorf("a list started %v", running)
	}
	if now := len(params(t, w.Home+"/journal", mcp.ToolsList)); now != before {
		t.Errorf("the server was asked for its tools %d times more", now-before)
	}
	c.MustCall("fake__echo", "{}")
	if running := fakes(w); len(running) != 1 {
		t.Errorf("after a call these servers run: %v", running)
	}
}

// fakes are the servers of the world that run.
func fakes(w *testbed.World) (out []testbed.Process) {
	for _, p := range w.Processes() {
		if strings.Contains(p.Args, "mcp-fake") {
			out = append(out, p)
		}
	}
	return out
}

// TestBrokenServerKeepsItsTools: a server that does not start any more is
// listed as it was, and its tools say why when they are called.
func TestBrokenServerKeepsItsTools(t *testing.T) {
	w := newWorld(t, fake)
	c := w.Connect(testbed.ClientOptions{})
	want := string(c.Ask(mcp.ToolsList, "").Result())
	c.Close()
	w.MustLoom("stop")
	w.Registry(strings.Replace(fake, "args: [", "args: [--fail, the licence ran out, ", 1))

	c = w.Connect(testbed.ClientOptions{})
	if got := c.Ask(mcp.ToolsList, "").Result(); got != want {
		t.Errorf("the list changed to\n%s\nfrom\n%s", got, want)
	}
	if e := c.Call("fake__echo", "{}").Err(); e == nil || !strings.Contains(e.Message, "the licence ran out") {
		t.Errorf("a call gives %+v", e)
	}
	w.Registry(fake)
	w.MustLoom("reload")
	c.MustCall("fake__echo", "{}")
}

// TestLearnWait: a list waits a moment for a server that was never seen, and
// not for one that takes longer: then list_changed follows.
func TestLearnWait(t *testing.T) {
	w := newWorld(t, `
defaults: {learn_wait: 1s}
servers:
  quick: {command: @fake, args: [--start-wait, 300ms]}
  slow: {command: @fake, args: [--start-wait, 2500ms]}
`)
	c := w.Client(testbed.ClientOptions{})
	c.Initialize()
	began := time.Now()
	names, _ := c.Ask(mcp.ToolsList, "").Tools()
	took := time.Since(began)
	t.Logf("the list came after %s", took.Round(time.Millisecond))
	if all := strings.Join(names, " "); !strings.Contains(all, "quick__echo") || strings.Contains(all, "slow__echo") {
		t.Errorf("the first list holds %s", all)
	}
	if took > 2*time.Second {
		t.Errorf("the list took %s", took)
	}
	c.Forget(mcp.ToolsListChanged) // of the quick one
	c.Notification(mcp.ToolsListChanged)
	names, _ = c.Ask(mcp.ToolsList, "").Tools()
	if all := strings.Join(names, " "); !strings.Contains(all, "slow__echo") {
		t.Errorf("after list_changed the list holds %s", all)
	}
}

// TestGrowingServer: a server that announces new tools is read again.
func TestGrowingServer(t *testing.T) {
	w := newWorld(t, fake)
	a, b := w.Connect(testbed.ClientOptions{}), w.Connect(testbed.ClientOptions{})
	for _, c := range []*testbed.Client{a, b} {
		c.MustCall("fake__echo", "{}")
		c.Forget(mcp.ToolsListChanged)
	}
	a.MustCall("fake__grow", "{}")
	for _, c := range []*testbed.Client{a, b} {
		c.Notification(mcp.ToolsListChanged)
		if got := c.MustCall("fake__extra-0", "{}"); got != "extra-0" {
			t.Errorf("the new tool gave %q", got)
		}
	}
}

// TestEras: servers of every era and habit are learnt and called alike.
func TestEras(t *testing.T) {
	w := newWorld(t, `
servers:
  legacy: {command: @fake, args: [--pages, 3]}
  modern: {command: @fake, args: [--era, modern]}
  silent: {command: @fake, args: [--era, silent]}
  exits: {command: @fake, args: [--era, exit]}
  chatty: {command: @fake, args: [--greeting, Server listening on stdio]}
`)
	c := w.Connect(testbed.ClientOptions{})
	for _, server := range []string{"legacy", "modern", "silent", "exits", "chatty"} {
		id := c.Begin(server+"__echo", `{"n":1e400}`)
		if f := c.Answer(id); !strings.Contains(f.Result(), `{"n":1e400}`) {
			t.Errorf("%s answers %s", server, f)
		}
	}
	eras := map[string]string{}
	for _, s := range w.Status().Servers {
		for _, i := range s.Instances {
			eras[s.Name] = i.Era
		}
	}
	if eras["modern"] != "modern" || eras["legacy"] != "legacy" || eras["silent"] != "legacy" || eras["exits"] != "legacy" {
		t.Errorf("the eras are %v", eras)
	}
}

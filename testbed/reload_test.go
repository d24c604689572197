package testbed_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
)

// TestReloadDrains: a server whose entry changed takes new calls in a new
// process at once, while the old one finishes what it has.
func TestReloadDrains(t *testing.T) {
	w := newWorld(t, fake)
	c := w.Connect(testbed.ClientOptions{})
	old := c.MustCall("fake__pid", "{}")
	slow := c.Begin("fake__sleep", `{"ms":1500}`)
	inFlight(t, w, 1)
	c.Forget(mcp.ToolsListChanged) // of the first learning

	w.Registry(strings.Replace(fake, "args: [", "args: [--extra, 1, ", 1))
	if got := w.MustLoom("reload"); !strings.Contains(got, "changed fake") {
		t.Errorf("loom reload says %q", got)
	}
	now := c.MustCall("fake__pid", "{}")
	if now == old {
		t.Errorf("after the reload calls still go to %s", old)
	}
	if !w.Alive(number(t, old)) {
		t.Errorf("%s was ended with a call in flight", old)
	}
	if got := c.Answer(slow).Text(); got != "slept" {
		t.Errorf("the call that was under way gave %q", got)
	}
	w.Gone(number(t, old))
	c.Notification(mcp.ToolsListChanged)
	if got := c.MustCall("fake__extra-0", "{}"); got != "extra-0" {
		t.Errorf("the new tool gave %q", got)
	}
}

// TestReloadUnchanged: what did not change keeps its process, and clients are
// told of what did.
func TestReloadUnchanged(t *testing.T) {
	w := newWorld(t, fake)
	c := w.Connect(testbed.ClientOptions{})
	pid := c.MustCall("fake__pid", "{}")
	c.Forget(mcp.ToolsListChanged) // of fake, which was learnt just now
	w.Registry("\n# a comment moves every line" + fake + `
  second: {command: @fake}
`)
	if got := w.MustLoom("reload"); !strings.Contains(got, "added second") {
		t.Errorf("loom reload says %q", got)
	}
	c.Notification(mcp.ToolsListChanged)
	c.MustCall("second__echo", "{}")
	if now := c.MustCall("fake__pid", "{}"); now != pid {
		t.Errorf("fake is %s now, was %s", now, pid)
	}

	w.Registry(fake)
	w.MustLoom("reload")
	c.Notification(mcp.ToolsListChanged)
	e := c.Call("second__echo", "{}").Err()
	if e == nil || !strings.Contains(e.Message, "second__echo") || e.Data.Hint == "" {
		t.Errorf("a tool of a server that was removed gives %+v", e)
	}
	testbed.Eventually(t, "the removed server's process ends", func() bool {
		n := 0
		for _, p := range w.Processes() {
			if strings.Contains(p.Args, "mcp-fake") {
				n++
			}
		}
		return n == 1
	})
}

// TestReloadBadFile: a registry with mistakes changes nothing. loom reload
// names each with its place, and the status says that an old one serves.
func TestReloadBadFile(t *testing.T) {
	w := newWorld(t, fake)
	c := w.Connect(testbed.ClientOptions{})
	pid := c.MustCall("fake__pid", "{}")
	w.Registry(fake + "    tiemout: 5s\n  second: {comand: x}\n")
	o := w.Loom("reload")
	if o.Code != 1 {
		t.Errorf("loom reload ended with %d", o.Code)
	}
	for _, text := range []string{`registry.yaml:9:5: unknown key "tiemout"`, `registry.yaml:10:12: unknown key "comand"`, "hint: "} {
		if !strings.Contains(o.Stderr, text) {
			t.Errorf("loom reload does not say %q:\n%s", text, o.Stderr)
		}
	}
	if now := c.MustCall("fake__pid", "{}"); now != pid {
		t.Errorf("fake is %s now, was %s", now, pid)
	}
	if got := w.Status().RegistryError; !strings.Contains(got, "tiemout") {
		t.Errorf("the status says %q", got)
	}
	if got := w.MustLoom("status"); !strings.Contains(got, "tiemout") {
		t.Errorf("loom status says:\n%s", got)
	}
	if got := c.MustCall("loom__status", "{}"); !strings.Contains(got, "tiemout") {
		t.Errorf("loom__status says:\n%s", got)
	}
	w.Registry(fake)
	w.MustLoom("reload")
	if got := w.Status().RegistryError; got != "" {
		t.Errorf("after it was mended the status still says %q", got)
	}
}

// TestReloadUnderLoad: not one call is lost or answered wrongly while the
// registry changes under it. Each worker goes on until the last reload.
func TestReloadUnderLoad(t *testing.T) {
	w := newWorld(t, fake)
	const workers = 6
	var done atomic.Bool
	var count atomic.Int64
	var all sync.WaitGroup
	for i := range workers {
		c := w.Connect(testbed.ClientOptions{})
		c.MustCall("fake__echo", "{}")
		all.Go(func() {
			for n := 0; !done.Load(); n++ {
				want := fmt.Sprintf(`{"worker":%d,"call":%d}`, i, n)
				if f := c.Call("fake__echo", want); !strings.Contains(f.Result(), want) {
					t.Errorf("call %s was answered %s", want, f)
				}
				count.Add(1)
			}
		})
	}
	for i := range 12 {
		w.Registry(strings.Replace(fake, "args: [", fmt.Sprintf("args: [--extra, %d, ", i+1), 1))
		w.MustLoom("reload")
		before := count.Load()
		testbed.Eventually(t, "calls go on", func() bool { return count.Load() >= before+2*workers })
	}
	done.Store(true)
	all.Wait()
	t.Logf("%d calls of %d clients during 12 reloads", count.Load(), workers)
}

// TestReloadThenCall: a tool of a server that was added a moment ago can be
// called at once; the call waits until the server is learnt.
func TestReloadThenCall(t *testing.T) {
	w := newWorld(t, fake)
	c := w.Connect(testbed.ClientOptions{})
	registry := fake
	for i := range 8 {
		name := fmt.Sprintf("added%d", i)
		registry += "\n  " + name + ": {command: @fake}\n"
		w.Registry(registry)
		w.MustLoom("reload")
		c.MustCall(name+"__echo", "{}")
		// So it is with a tool that a changed server has got.
		registry = strings.Replace(registry, name+": {command: @fake}", name+": {command: @fake, args: [--extra, 1]}", 1)
		w.Registry(registry)
		w.MustLoom("reload")
		c.MustCall(name+"__extra-0", "{}")
	}
}

// TestDisabled: what is turned off is not listed, cannot be called, and says
// how it is turned on.
func TestDisabled(t *testing.T) {
	w := newWorld(t, fake+`
    tools: {"c*": {enabled: false}}
  second: {command: @fake}
`)
	c := w.Connect(testbed.ClientOptions{})
	names, _ := c.Ask("tools/list", "").Tools()
	if all := strings.Join(names, " "); strings.Contains(all, "fake__crash") || !strings.Contains(all, "second__crash") {
		t.Errorf("the tools are %v", names)
	}
	failed(t, c.Call("fake__crash", "{}"), loomrpc.CodeNotAllowed, "not_allowed", "tool fake__crash is disabled", "servers.fake.tools")
	c.Forget(mcp.ToolsListChanged) // of the first learning
	w.MustLoom("disable", "second")
	c.Notification(mcp.ToolsListChanged)
	failed(t, c.Call("second__echo", "{}"), loomrpc.CodeNotAllowed, "not_allowed", "tool second__echo is disabled", "loom enable second")
	w.MustLoom("enable", "second")
	c.MustCall("second__echo", "{}")
}

package testbed_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/testbed"
)

const projects = `
servers:
  fake: {command: @fake, share: global}
`

// newProject makes the project app with the server db in it.
func newProject(t *testing.T, w *testbed.World) (dir string) {
	t.Helper()
	dir = w.Mkdir("app")
	w.WriteFile("app/.loom/registry.yaml", w.Expand("version: 1\nservers:\n  db: {command: @fake}\n"))
	return dir
}

// until waits for a list of tools that has that one, or has it no more, as a
// client does that asks again whenever it is told to.
func until(t *testing.T, c *testbed.Client, tool string, want bool) {
	t.Helper()
	for {
		names, _ := c.Ask(mcp.ToolsList, "{}").Tools()
		if slices.Contains(names, tool) == want {
			return
		}
		c.Notification(mcp.ToolsListChanged)
	}
}

// TestTrustInARunningSession: a client that is there gets a project's servers
// when they are trusted, keeps them over a restart of loomd, and loses them,
// with their processes, when trust is taken back.
func TestTrustInARunningSession(t *testing.T) {
	w := newWorld(t, projects)
	app := newProject(t, w)
	c := w.Client(testbed.ClientOptions{Dir: app})
	if f := c.Initialize(); !strings.Contains(f.Result(), "loom trust "+app) {
		t.Errorf("the client is told %s", f)
	}
	outside := w.Connect(testbed.ClientOptions{})
	until(t, c, "fake__pid", true)
	c.Forget(mcp.ToolsListChanged)
	outside.MustCall("fake__pid", "{}")
	outside.Forget(mcp.ToolsListChanged)

	w.MustLoom("trust", app, "--yes")
	c.Notification(mcp.ToolsListChanged)
	until(t, c, "db__pid", true)
	pid := number(t, c.MustCall("db__pid", "{}"))
	if dir := c.MustCall("db__cwd", "{}"); dir != app {
		t.Errorf("it runs in %s", dir)
	}

	toldNothing(t, outside)
	w.MustLoom("stop")
	w.Gone(pid)
	w.MustLoom("start")
	outside.Notification(mcp.ToolsListChanged) // of another loomd
	until(t, c, "db__pid", true)
	pid = number(t, c.MustCall("db__pid", "{}"))
	c.Forget(mcp.ToolsListChanged)

	slow := c.Begin("db__sleep", `{"ms":600000}`)
	for busy := false; !busy; {
		for _, p := range w.Status().Projects {
			for _, s := range p.Servers {
				for _, i := range s.Instances {
					busy = busy || i.InFlight > 0
				}
			}
		}
	}
	w.MustLoom("untrust", app)
	if f := c.Answer(slow); f.Err() == nil {
		t.Errorf("the call in flight gave %s", f)
	}
	w.Gone(pid)
	c.Notification(mcp.ToolsListChanged)
	until(t, c, "db__pid", false)
	if f := c.Call("db__pid", "{}"); f.Err() == nil {
		t.Errorf("called: %s", f)
	}
	toldNothing(t, outside)
}

func toldNothing(t *testing.T, c *testbed.Client) {
	t.Helper()
	c.MustCall("fake__pid", "{}") // what was sent before its answer has come
	for _, f := range c.Unread() {
		if f.Method() == mcp.ToolsListChanged {
			t.Error("a client elsewhere was told of a change")
		}
	}
}

// TestProjectOfRoots: an editor is started anywhere, and says which folder is
// open; the project that counts is that one.
func TestProjectOfRoots(t *testing.T) {
	w := newWorld(t, projects)
	app := newProject(t, w)
	w.MustLoom("trust", app, "--yes")
	open := "file://" + filepath.ToSlash(app)
	c := w.Connect(testbed.ClientOptions{Dir: w.Mkdir("elsewhere"), Capabilities: `{"roots":{"listChanged":true}}`, OnRequest: func(f testbed.Frame) (string, string) {
		if f.Method() != mcp.RootsList {
			return "", `{"code":-32601,"message":"no"}`
		}
		return `{"roots":[{"uri":"` + open + `"}]}`, ""
	}})
	until(t, c, "db__cwd", true)
	if dir := c.MustCall("db__cwd", "{}"); dir != app {
		t.Errorf("it runs in %s", dir)
	}
	without := w.Connect(testbed.ClientOptions{Dir: w.Mkdir("elsewhere")})
	if f := without.Call("db__cwd", "{}"); f.Err() == nil {
		t.Errorf("a client that has opened nothing calls it: %s", f)
	}
}

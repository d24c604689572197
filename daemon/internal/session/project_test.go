package session

import (
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/hub"
	"github.com/loom-core/loom/daemon/internal/pool"
	"github.com/loom-core/loom/registry"
)

// oneProject is everywhere.
type oneProject string

func (p *oneProject) Find(string) string { return string(*p) }

// TestLocate: a session that comes into another project sees what that has, and
// forgets whose the resources and tasks of the one before were.
func TestLocate(t *testing.T) {
	c := connect(t, "description: x")
	c.initialize()
	var in oneProject
	c.svc.Projects = &in
	dir := t.TempDir()
	c.mu.Lock()
	c.where.dir = "/somewhere"
	c.given["x://1"], c.tasks["t"] = "db", []task{{server: "db"}}
	c.mu.Unlock()
	if project, changed := c.Locate(); project != "" || changed {
		t.Errorf("it is in %q, changed %v", project, changed)
	}
	if len(c.given) != 1 || len(c.tasks) != 1 {
		t.Error("nothing has changed, and something is forgotten")
	}

	joint := *c.svc.Hub.Registry()
	own, _ := joint.Server("fake")
	theirs := own
	theirs.Name, theirs.Project = "theirs", dir
	joint.Servers = []registry.Server{own, theirs}
	c.svc.Hub.SetScope(dir, hub.Scope{Registry: &joint})
	in = oneProject(dir)
	c.Relocate()
	if c.Project() != dir || len(c.given)+len(c.tasks) > 0 {
		t.Errorf("in %q it remembers %v and %v", c.Project(), c.given, c.tasks)
	}
	view, err := c.view()
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := view.Server("theirs"); !ok {
		t.Error("it does not see the project's server")
	}
	eventually(t, "the project's server is learnt", func() bool {
		c.mcp(`{"jsonrpc":"2.0","id":"list","method":"tools/list"}`)
		return strings.Contains(c.answer(`"list"`), `"theirs__pid"`)
	})
	c.write(`{"jsonrpc":"2.0","id":7,"method":"loom/call","params":{"server":"theirs","tool":"pid","params":{"name":"theirs__pid","arguments":{}}}}`)
	if got := c.answer("7"); !strings.Contains(got, "result") {
		t.Errorf("the call gave %s", got)
	}
}

// TestNoOtherOfTheName: a call that waited at a project's server goes to none of
// the same name that is another one.
func TestNoOtherOfTheName(t *testing.T) {
	c := connect(t, "description: x")
	c.initialize()
	c.instance()
	theirs, _ := c.svc.Hub.Registry().Server("fake")
	theirs.Project = t.TempDir()
	old := c.pool.Instance(theirs, pool.Sharing{})
	c.pool.Revoke(theirs.Project)
	one := &call{id: []byte("7"), method: "tools/call", name: "pid", server: "fake", began: time.Now(), params: []byte(`{"name":"pid","arguments":{}}`)}
	c.hold(one)
	c.use(one, old)
	eventually(t, "it is ended", func() bool {
		answer := make(chan error, 1)
		old.Send(nil, &pool.Call{Owner: c.Session, Request: child.Request{Method: "ping", Done: func(a child.Answer) { answer <- a.Err }}})
		return <-answer == pool.ErrRetired
	})
	c.round(one, one.params, time.Minute)
	if got := c.answer("7"); !strings.Contains(got, `"error"`) {
		t.Errorf("the call gave %s", got)
	}
}

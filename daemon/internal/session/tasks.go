package session

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/hub"
	"github.com/loom-core/loom/daemon/internal/pool"
	"github.com/loom-core/loom/registry"
)

// taskLife is how long a task keeps its process from being stopped as idle
// when nobody hears of its end.
const taskLife = time.Hour

// task is where a task of this client runs.
type task struct {
	instance *pool.Instance
	server   string
}

// noteTask remembers whose a task is, and forgets it at its end.
func (s *Session) noteTask(c *call, r look) {
	switch {
	case c.method == mcp.ToolsCall && r.task != "":
		made := task{c.instance, c.server}
		s.mu.Lock()
		others := slices.DeleteFunc(s.tasks[r.task], func(t task) bool { return t.server == c.server })
		if len(s.tasks) < maxGiven {
			s.tasks[r.task] = append(others, made)
		}
		s.mu.Unlock()
		c.instance.Own(c.request, r.task, taskLife)
	case c.method == mcp.TasksResult, c.method == mcp.TasksCancel,
		c.method == mcp.TasksGet && (r.status == "failed" || r.status == "cancelled" || r.status == "completed" && c.modern):
		c.instance.Disown(s, c.member("taskId")) // it may still be asked about
	}
}

// task goes to the process that runs it.
func (s *Session) task(c *call, view *hub.View) {
	id := c.member("taskId")
	s.mu.Lock()
	known := slices.Clone(s.tasks[id])
	s.mu.Unlock()
	switch {
	case len(known) == 1:
		s.begin(c, view, known[0].server)
		return
	case len(known) > 1: // ids are the servers' own, and these two count alike
		s.send(jsonrpc.NewError(c.id, jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "servers %s and %s both have a task %q, so loom cannot tell which is meant", known[0].server, known[1].server, id)))
		return
	}
	// Of a session before this one: there is hope only where one server has tasks.
	if servers := s.withTasks(view); len(servers) == 1 {
		s.begin(c, view, servers[0])
		return
	}
	s.send(jsonrpc.NewError(c.id, jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "unknown task %q", id)))
}

// withTasks are the servers of the view that declare tasks, in either form.
func (s *Session) withTasks(view *hub.View) []string {
	var out []string
	for _, server := range view.Servers() {
		raw := s.svc.Hub.Capabilities(server.ID())
		if can(raw, "tasks") || can(raw, "extensions", "io.modelcontextprotocol/tasks") {
			out = append(out, string(server.Name))
		}
	}
	return out
}

// listTasks joins the tasks of the processes that this session uses, but for
// those of other clients.
func (s *Session) listTasks(ctx context.Context, c *call, view *hub.View) {
	servers := s.withTasks(view)
	if only, ok := view.Only(); ok && only.Share == registry.ShareSession && len(servers) == 1 {
		s.begin(c, view, servers[0]) // nobody else's are among them: with its own cursors
		return
	}
	if len(servers) == 0 {
		s.unsupported(c.id, c.method)
		return
	}
	s.mu.Lock()
	var ask []*pool.Instance
	for i := range s.used {
		if slices.Contains(servers, i.Name()) {
			ask = append(ask, i)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(ask, func(a, b *pool.Instance) int { return strings.Compare(a.Name(), b.Name()) })
	s.background.Go(func() {
		all := []byte(`{"tasks":[`)
		first := true
		for _, i := range ask {
			for _, raw := range s.tasksOf(ctx, i) {
				if !first {
					all = append(all, ',')
				}
				first = false
				all = append(all, raw...)
			}
		}
		s.send(jsonrpc.NewResult(c.id, append(all, "]}"...)))
	})
}

// taskPages bounds a server that never stops paging.
const taskPages = 100

// tasksOf reads the tasks of one process, all pages. A server that does not
// answer has none to show.
func (s *Session) tasksOf(ctx context.Context, i *pool.Instance) [][]byte {
	var out [][]byte
	params := []byte("{}")
	for range taskPages {
		answer := make(chan child.Answer, 1)
		call := &pool.Call{Owner: s, Request: child.Request{Method: mcp.TasksList, Params: params, Timeout: 10 * time.Second, Done: func(a child.Answer) { answer <- a }}}
		if !i.SendIfRunning(call) {
			return out
		}
		var a child.Answer
		select {
		case a = <-answer:
		case <-ctx.Done():
			return out
		}
		if a.Err != nil || !a.Message.Result.Present() {
			return out
		}
		list, _ := jsonrpc.Find(a.Frame, a.Message.Result, "tasks")
		jsonrpc.Elements(a.Frame, list, func(item jsonrpc.Span) bool {
			id, _ := jsonrpc.Find(a.Frame, item, "taskId")
			if i.MaySee(s, text(a.Frame, id)) {
				out = append(out, item.Of(a.Frame))
			}
			return true
		})
		next, ok := jsonrpc.Find(a.Frame, a.Message.Result, "nextCursor")
		if !ok || string(next.Of(a.Frame)) == "null" {
			return out
		}
		params = append(append([]byte(`{"cursor":`), next.Of(a.Frame)...), '}')
	}
	return out
}

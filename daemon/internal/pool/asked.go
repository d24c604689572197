package pool

import (
	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/child"
)

// Asked finds the client that a request of the server is for: the one whose
// task it names, else the only one with a request in flight. Where several
// have, nobody can tell, and a wrong guess would put one person's question to
// another: the request is refused, and from then on the process serves one
// client at a time.
func (i *Instance) Asked(p *child.Process, frame []byte, m jsonrpc.Message, method string) {
	a := &Asked{Instance: i, Frame: frame, Message: m, Method: method, process: p}
	i.mu.Lock()
	owner, more := i.soleLocked()
	if owner != nil && len(i.members[owner].flying) == 0 {
		owner = nil // it gave its call up: nobody waits
	}
	if task, ok := relatedTask(frame, m); ok {
		if o := i.taskOwnerLocked(task); o != nil {
			owner, more = o, false
		}
	}
	if owner == nil && i.sharing.Owner != nil {
		owner, more = i.sharing.Owner, false // nobody else can be meant
	}
	known := i.asks
	if more || owner != nil && (method == mcp.Elicitation || method == mcp.Sampling) {
		i.asks = i.asks || i.sharing.Owner == nil
	}
	learnt := i.asks && !known
	if owner != nil {
		mem := i.memberLocked(owner)
		a.owner = owner
		mem.asked++
		i.asking[string(m.ID.Of(frame))] = a
		if id, ok := jsonrpc.Find(frame, m.Params, "elicitationId"); ok && len(i.elicited) < maxTasks {
			text, _ := jsonrpc.Text(id.Of(frame))
			i.elicited[text] = owner
		}
		for c := range mem.flying {
			p.Hold(&c.Request, true)
		}
	}
	i.mu.Unlock()
	if learnt {
		i.pool.opts.Log.Info("server asks its clients; it serves one at a time from now on", "server", i.name)
		i.pool.work.Go(func() {
			if err := i.pool.opts.Catalog.SetAsks(i.name); err != nil {
				i.pool.opts.Log.Warn("that a server asks its clients is kept in memory only", "server", i.name, "err", err)
			}
		})
	}
	switch {
	case owner != nil:
		owner.Asked(a)
	case method == mcp.RootsList && !more:
		a.Reply(jsonrpc.NewResult(m.ID.Of(frame), []byte(`{"roots":[]}`)))
	case more:
		a.Refuse(jsonrpc.Errorf(jsonrpc.CodeMethodNotFound, "several clients have calls in flight at this server, so loom cannot tell whose %s this is; the next calls come one client at a time", method))
	default:
		a.Refuse(jsonrpc.Errorf(jsonrpc.CodeMethodNotFound, "no client waits for this server, so there is nobody to answer %s", method))
	}
}

// answered lets the time of the owner's calls run again.
func (i *Instance) answered(a *Asked) {
	if a.owner == nil {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if id := string(a.Message.ID.Of(a.Frame)); i.asking[id] == a {
		delete(i.asking, id)
	}
	m := i.members[a.owner]
	if m == nil {
		return
	}
	if m.asked--; m.asked == 0 {
		for c := range m.flying {
			a.process.Hold(&c.Request, false)
		}
		i.forgetLocked(a.owner)
	}
}

// relatedTask is the task that a message of the legacy era says it is about.
func relatedTask(frame []byte, m jsonrpc.Message) (id string, ok bool) {
	span, ok := jsonrpc.Find(frame, m.Params, "_meta", mcp.MetaRelatedTask, "taskId")
	if !ok {
		return "", false
	}
	return jsonrpc.Text(span.Of(frame))
}

// Told passes a notification of the server on.
func (i *Instance) Told(_ *child.Process, frame []byte, m jsonrpc.Message, method string) {
	switch method {
	case mcp.ToolsListChanged, mcp.PromptsListChanged, mcp.ResourcesListChanged:
		i.relearn()
		return
	case mcp.Acknowledged:
		return // of our own listening
	case mcp.Cancelled:
		id, _ := jsonrpc.Find(frame, m.Params, "requestId")
		reason, _ := jsonrpc.Find(frame, m.Params, "reason")
		why, _ := jsonrpc.Text(reason.Of(frame))
		i.withdraw(string(id.Of(frame)), why)
		return
	}
	var to []Owner
	alone := false
	i.mu.Lock()
	switch method {
	case mcp.LogMessage:
		sole, more := i.soleLocked()
		alone = sole != nil && !more
		for o, mem := range i.members {
			if !mem.errand && (o == sole || mem.level != "") {
				to = append(to, o)
			}
		}
	case mcp.ResourcesUpdated:
		span, _ := jsonrpc.Find(frame, m.Params, "uri")
		uri, _ := jsonrpc.Text(span.Of(frame))
		to = i.subscribersLocked(uri)
	case mcp.ElicitationComplete:
		span, _ := jsonrpc.Find(frame, m.Params, "elicitationId")
		id, _ := jsonrpc.Text(span.Of(frame))
		if o := i.elicited[id]; o != nil {
			to = append(to, o)
			delete(i.elicited, id)
		}
	default:
		if task, ok := taskOf(frame, m); ok {
			if o := i.taskOwnerLocked(task); o != nil {
				to = append(to, o)
				break
			}
		}
		if sole, more := i.soleLocked(); sole != nil && !more {
			to, alone = append(to, sole), true
		} else if i.sharing.Owner != nil {
			to, alone = append(to, i.sharing.Owner), true
		}
	}
	i.mu.Unlock()
	for _, o := range to {
		o.Told(i, frame, m, method, alone)
	}
}

// withdraw takes back the question with that raw id, or all of them when the
// process has ended.
func (i *Instance) withdraw(id, reason string) {
	i.mu.Lock()
	a := i.asking[id]
	i.mu.Unlock()
	if a != nil {
		a.owner.Withdrawn(a, reason)
		a.Drop()
	}
}

func (i *Instance) withdrawAll(reason string) {
	i.mu.Lock()
	all := make([]*Asked, 0, len(i.asking))
	for _, a := range i.asking {
		all = append(all, a)
	}
	i.mu.Unlock()
	for _, a := range all {
		a.owner.Withdrawn(a, reason)
		a.Drop()
	}
}

// Elicited notes that a page which the server sent o to has that id.
func (i *Instance) Elicited(o Owner, id string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.elicited) < maxTasks {
		i.elicited[id] = o
	}
}

// taskOf is the task that a notification names.
func taskOf(frame []byte, m jsonrpc.Message) (id string, ok bool) {
	if id, ok := relatedTask(frame, m); ok {
		return id, true
	}
	span, ok := jsonrpc.Find(frame, m.Params, "taskId")
	if !ok {
		return "", false
	}
	return jsonrpc.Text(span.Of(frame))
}

// Confused is a server that answers what it was never asked: it has mixed up
// its calls, so it gets one at a time.
func (i *Instance) Confused(*child.Process) {
	i.mu.Lock()
	first := !i.serial
	i.serial = true
	i.mu.Unlock()
	if first {
		i.pool.opts.Log.Warn("server answered an id that it was never given; it gets one call at a time from now on", "server", i.name)
	}
}

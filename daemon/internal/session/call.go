package session

import (
	"errors"
	"slices"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/audit"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/hub"
	"github.com/loom-core/loom/daemon/internal/pool"
	"github.com/loom-core/loom/daemon/internal/trace"
	"github.com/loom-core/loom/registry"
)

// call is a request of the client that a server answers.
type call struct {
	id     []byte // the client's own, raw; a retry of a parked call brings another
	method string
	asker
	params []byte // raw
	name   string // the server's own name of the tool or prompt
	uri    string // of a resource

	exposed    string // the name of the tool that the client knows
	definition []byte // of the tool
	bounds     bounds // of the result

	server   string // its name in the view
	of       string // its id, by which calls are counted, recorded and kept
	began    time.Time
	instance *pool.Instance
	request  *pool.Call // in flight now; a further round is another
	parked   *parked    // nil unless the server asked a modern client
	delays   int        // how often the server put it off
	asks     []*ask     // of the round under way, if the client is a legacy one
}

// hold notes a request that has to wait before it can begin, so that it can be
// taken back meanwhile: whoever goes on forgets it first, and does not if it is
// not there any more. It reports false when there is nothing to wait for.
func (s *Session) hold(c *call) bool {
	s.mu.Lock()
	_, twice := s.calls[string(c.id)]
	gone := s.gone
	if !twice && !gone {
		s.calls[string(c.id)] = c
	}
	s.mu.Unlock()
	if twice {
		s.refuseTwice(c)
	}
	return !twice && !gone
}

func (s *Session) refuseTwice(c *call) {
	s.refuse(c, loomrpc.Errorf(jsonrpc.CodeInvalidRequest, loomrpc.ErrorData{}, "a request with id %s is in flight already", c.id))
}

// refuse answers a call that names no tool that the session may call.
func (s *Session) refuse(c *call, e *loomrpc.Error) {
	s.svc.Observer.CallEnded("", "", outcomeRefused, 0)
	s.record(c, audit.Refused, 0, 0)
	s.fail(c.id, e)
}

// begin sends a call to the instance of the server that serves this session.
func (s *Session) begin(c *call, view *hub.View, name string) {
	server, ok := view.Server(name)
	if !ok {
		s.refuse(c, loomrpc.Errorf(loomrpc.CodeUnknown, loomrpc.ErrorData{Server: name}, "server %s is not in the registry any more", name))
		return
	}
	if c.modern && c.method != mcp.ToolsCall && s.resumeParked(c) {
		return
	}
	c.server, c.of, c.began = name, server.ID(), time.Now()
	c.bounds = bound(c, view, server, c.definition)
	if !s.hold(c) {
		return
	}
	s.svc.Observer.CallBegan(c.of)
	if server.Share == registry.ShareGlobal {
		s.launch(c, server)
		return
	}
	s.launchWhenRooted(c, server)
}

func (s *Session) launchWhenRooted(c *call, server registry.Server) {
	s.whenRooted(func() { s.launch(c, server) })
}

// launch chooses the instance and sends the call.
func (s *Session) launch(c *call, server registry.Server) {
	i := s.svc.Servers.Instance(server, s.sharing(server, c.asker))
	if !s.use(c, i) {
		return // cancelled meanwhile
	}
	if c.method == mcp.ResourcesSubscribe || c.method == mcp.ResourcesUnsubscribe {
		if s.subscription(c) {
			return
		}
	}
	s.round(c, c.params, server.Timeout)
}

// use notes that the session has something at i. It reports whether c is still
// wanted.
func (s *Session) use(c *call, i *pool.Instance) bool {
	s.mu.Lock()
	if s.calls[string(c.id)] != c {
		s.mu.Unlock()
		return false
	}
	c.instance = i
	first := !s.used[i]
	s.used[i] = true
	level := s.client.level
	s.mu.Unlock()
	if c.level != "" { // a modern client says it with each request
		level = c.level
	}
	if level != "" && (first || c.modern) {
		i.SetLevel(s, level)
		s.leaveIfGone(i)
	}
	return true
}

// round sends a call, or a further round of one.
func (s *Session) round(c *call, params []byte, timeout time.Duration) {
	r := &pool.Call{Owner: s, Request: child.Request{
		Method: c.method, Params: params, Name: c.name, Timeout: timeout, Meta: s.meta(c.asker),
		Progress: s.progress,
	}}
	r.Done = func(a child.Answer) { s.finish(c, a) }
	s.mu.Lock()
	wanted := s.calls[string(c.id)] == c
	c.request = r
	i := c.instance
	s.mu.Unlock()
	if wanted {
		if s.svc.Trace.Active() {
			s.emit(trace.LoomToServer, c.of, jsonrpc.NewRequest(c.id, c.method, params))
		}
		i.Send(&s.due, r)
		s.mu.Lock()
		gone := s.calls[string(c.id)] != c && (c.parked == nil || c.parked.token == "")
		s.mu.Unlock()
		if gone { // cancelled just now; no harm if it was answered
			i.Cancel(r, "the client gave it up")
		}
	}
}

// finish sends the answer with the client's id in it. It runs on the server's
// reader.
func (s *Session) finish(c *call, a child.Answer) {
	s.answering.Add(1)
	defer s.answering.Add(-1)
	if s.svc.Trace.Active() && a.Err == nil {
		s.mu.Lock()
		id := c.id // a retry changes it
		s.mu.Unlock()
		s.emit(trace.ServerToLoom, c.of, jsonrpc.Splice(nil, a.Frame, jsonrpc.Edit{Span: a.Message.ID, With: id}))
	}
	if a.Err == nil && a.Message.Result.Present() {
		r := lookAt(a.Frame, a.Message.Result)
		if r.kind == mcp.ResultInputRequired && !c.modern {
			s.nextRound(c, a, r)
			return
		}
		if !s.land(c, a) {
			return // cancelled: there must be no answer
		}
		s.answer(c, a, r)
		return
	}
	if errors.Is(a.Err, pool.ErrRetired) && s.elsewhere(c) {
		return
	}
	if !s.land(c, a) {
		return
	}
	s.unsubscribed(c)
	if a.Err != nil {
		e := asError(c.of, a.Err)
		s.ended(c, outcomeOf(e), 0)
		s.fail(c.id, e)
		return
	}
	s.ended(c, outcomeError, len(a.Frame))
	s.noteElicitations(c, a)
	s.sendOn(a.List, a.Frame[:a.Message.ID.Start], c.id, a.Frame[a.Message.ID.End:])
}

// elsewhere sends a call that its instance never sent to the one that took its
// place. It reports whether there is one.
func (s *Session) elsewhere(c *call) bool {
	s.mu.Lock()
	wanted := s.calls[string(c.id)] == c
	before, r := c.instance, c.request
	s.mu.Unlock()
	view, err := s.view()
	if !wanted || err != nil {
		return false
	}
	server, ok := view.Server(c.server)
	if !ok || registry.BaseOf(server.ID()) != registry.BaseOf(before.ID()) { // another of the same name is not what the client called
		return false
	}
	i := s.svc.Servers.Instance(server, s.sharing(server, c.asker))
	if i == before || !s.use(c, i) {
		return false
	}
	s.round(c, r.Params, server.Timeout)
	return true
}

// land takes c from the calls in flight, with the answer that came. It reports
// whether that is to be sent: not if the call was given up, and not yet if its
// client is away with a question. Then it is kept for the retry.
func (s *Session) land(c *call, a child.Answer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.parked != nil && c.parked.token != "" {
		late := a // a itself stays off the heap
		c.parked.late = &late
		return false
	}
	if s.calls[string(c.id)] != c {
		return false
	}
	delete(s.calls, string(c.id))
	return true
}

// ended counts a call, with the size of its answer.
func (s *Session) ended(c *call, outcome string, size int) {
	tool := ""
	if c.method == mcp.ToolsCall {
		tool = c.name
	}
	took := time.Since(c.began)
	s.svc.Observer.CallEnded(c.of, tool, outcome, took)
	s.record(c, outcome, took, size)
}

// forget takes c from the calls in flight. Whoever does it answers.
func (s *Session) forget(c *call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls[string(c.id)] != c {
		return false
	}
	delete(s.calls, string(c.id))
	return true
}

// sorted puts edits in the order of their spans.
func sorted(edits []jsonrpc.Edit) []jsonrpc.Edit {
	slices.SortFunc(edits, func(a, b jsonrpc.Edit) int { return a.Start - b.Start })
	return edits
}

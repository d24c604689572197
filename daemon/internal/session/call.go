package session

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
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

	server   string
	began    time.Time
	instance *pool.Instance
	request  *pool.Call // in flight now; a further round is another
	parked   *parked    // nil unless the server asked a modern client
	delays   int        // how often the server put it off
	asks     []*ask     // of the round under way, if the client is a legacy one
}

// callTool routes a loom/call. It does not wait: calls of one client reach a
// server in the order in which they came.
func (s *Session) callTool(ctx context.Context, frame []byte, m jsonrpc.Message) {
	c := &call{id: m.ID.Of(frame), method: mcp.ToolsCall}
	var q loomrpc.Call
	var params jsonrpc.Span
	jsonrpc.Members(frame, m.Params, func(name string, value jsonrpc.Span) bool {
		switch name {
		case "server":
			q.Server = text(frame, value)
		case "tool":
			q.Tool = text(frame, value)
		case "params":
			params = value
		}
		return true
	})
	c.params = params.Of(frame)
	who, refused := s.asker(frame, params)
	if refused != nil {
		s.send(jsonrpc.NewError(c.id, refused))
		return
	}
	c.asker = who
	s.find(ctx, c, q)
}

// callByName is a tools/call that did not come as loom/call.
func (s *Session) callByName(ctx context.Context, c *call) {
	s.find(ctx, c, loomrpc.Call{Tool: c.member("name")})
}

// find looks the tool up and begins the call.
func (s *Session) find(ctx context.Context, c *call, q loomrpc.Call) {
	view, err := s.view()
	if err != nil {
		s.refuse(c, loomrpc.Errorf(loomrpc.CodeNotAllowed, loomrpc.ErrorData{}, "%v", err))
		return
	}
	tool, err := view.Find(q)
	if err == nil {
		s.begun(ctx, c, view, tool)
		return
	}
	// It may be a tool of a server that was never seen, or not since it was
	// changed a moment ago: learn first, then look again.
	unlearnt := s.svc.Learner.Unlearnt(view.Servers())
	if len(unlearnt) == 0 {
		s.lookAgain(ctx, c, q) // it may have been learnt just now
		return
	}
	if !s.hold(c) {
		return
	}
	s.learnAndFind(ctx, c, q, unlearnt)
}

func (s *Session) learnAndFind(ctx context.Context, c *call, q loomrpc.Call, unlearnt []registry.Server) {
	s.background.Go(func() {
		select {
		case <-s.svc.Learner.Learn(unlearnt, s.learnt):
			if s.forget(c) {
				s.lookAgain(ctx, c, q)
			}
		case <-ctx.Done():
		}
	})
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

// lookAgain begins a call whose tool was unknown a moment ago, or refuses it.
func (s *Session) lookAgain(ctx context.Context, c *call, q loomrpc.Call) {
	view, err := s.view()
	if err != nil {
		s.refuse(c, loomrpc.Errorf(loomrpc.CodeNotAllowed, loomrpc.ErrorData{}, "%v", err))
		return
	}
	tool, err := view.Find(q)
	if err != nil {
		s.refuse(c, s.whyUnknown(view, q.Tool, err))
		return
	}
	s.begun(ctx, c, view, tool)
}

// refuse answers a call that names no tool that the session may call.
func (s *Session) refuse(c *call, e *loomrpc.Error) {
	s.svc.Observer.CallEnded("", "", outcomeRefused, 0)
	s.record(c, audit.Refused, 0)
	s.fail(c.id, e)
}

// begun begins a call of a tool that the session may call.
func (s *Session) begun(ctx context.Context, c *call, view *hub.View, tool hub.Exposed) {
	if tool.Route.Server == loomrpc.ServerPrefix {
		s.own(ctx, c, view, tool.Route.Tool)
		return
	}
	c.name, c.exposed, c.definition = tool.Route.Tool, tool.Name, tool.Raw
	if c.modern && s.resumeParked(c) {
		return
	}
	s.begin(c, view, tool.Route.Server)
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
	c.server, c.began = name, time.Now()
	c.bounds = bound(c, view, server, c.definition)
	if !s.hold(c) {
		return
	}
	s.svc.Observer.CallBegan(c.server)
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

// leaveIfGone takes back what was noted at i just now, if the session ended
// meanwhile: the instance would hold on to it.
func (s *Session) leaveIfGone(i *pool.Instance) {
	s.mu.Lock()
	gone := s.gone
	s.mu.Unlock()
	if gone {
		i.Leave(s)
	}
}

// round sends a call, or a further round of one.
func (s *Session) round(c *call, params []byte, timeout time.Duration) {
	r := &pool.Call{Owner: s, Request: child.Request{
		Method: c.method, Params: params, Name: c.name, Timeout: timeout, Meta: s.meta(c.asker),
		Progress: func(frame []byte) { s.out.push(nil, true, frame) },
	}}
	r.Done = func(a child.Answer) { s.finish(c, a) }
	s.mu.Lock()
	wanted := s.calls[string(c.id)] == c
	c.request = r
	i := c.instance
	s.mu.Unlock()
	if wanted {
		if s.svc.Trace.Active() {
			s.emit(trace.LoomToServer, c.server, jsonrpc.NewRequest(c.id, c.method, params))
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
	if s.svc.Trace.Active() && a.Err == nil {
		s.mu.Lock()
		id := c.id // a retry changes it
		s.mu.Unlock()
		s.emit(trace.ServerToLoom, c.server, jsonrpc.Splice(nil, a.Frame, jsonrpc.Edit{Span: a.Message.ID, With: id}))
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
		e := asError(c.server, a.Err)
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
	if !ok {
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
		c.parked.late = &a
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
	s.svc.Observer.CallEnded(c.server, tool, outcome, time.Since(c.began))
	s.record(c, outcome, size)
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

// cancel gives up the call with that raw id, if it is in flight or parked.
func (s *Session) cancel(id []byte, reason string) {
	s.mu.Lock()
	c := s.calls[string(id)]
	delete(s.calls, string(id))
	l := s.listens[string(id)]
	delete(s.listens, string(id))
	var p *call
	if c == nil {
		p = s.takeParkedLocked(id)
	}
	s.mu.Unlock()
	if l != nil {
		s.unlisten(l)
	}
	if p != nil {
		s.unpark(p, reason)
	}
	s.giveUp(c, reason)
}

// abandon gives up everything: the client is gone.
func (s *Session) abandon() {
	s.mu.Lock()
	calls, parked, asks := s.calls, s.parked, s.asks
	s.calls, s.parked, s.asks, s.listens = map[string]*call{}, map[string]*call{}, map[string]*ask{}, map[string]*listening{}
	s.gone = true
	s.mu.Unlock()
	for _, a := range asks {
		a.refuse("the client disconnected")
	}
	for _, c := range calls {
		s.giveUp(c, "the client disconnected")
	}
	for _, p := range parked {
		s.unpark(p, "the client disconnected")
	}
	s.rooted()
	s.mu.Lock()
	used := slices.Collect(maps.Keys(s.used)) // others take from it while it is gone through
	s.mu.Unlock()
	for _, i := range used {
		i.Leave(s)
	}
}

func (s *Session) giveUp(c *call, reason string) {
	if c == nil {
		return
	}
	s.mu.Lock()
	i, r, asks := c.instance, c.request, c.asks
	s.mu.Unlock()
	for _, a := range asks {
		s.withdraw(a, "its call was given up")
	}
	if i != nil && r != nil {
		i.Cancel(r, reason)
	}
	s.ended(c, outcomeCancelled, 0)
}

// whyUnknown says that the server is broken when the name is likely one of its
// tools. The name is compared, not taken apart.
func (s *Session) whyUnknown(view *hub.View, name string, err error) *loomrpc.Error {
	for _, server := range view.Unlearnt {
		if strings.HasPrefix(name, hub.Prefix(string(server.Name))) {
			if cause := s.svc.Servers.LastError(string(server.Name)); cause != nil {
				return asError(string(server.Name), cause)
			}
		}
	}
	return notFound(err)
}

func notFound(err error) *loomrpc.Error {
	var nf *hub.NotFoundError
	if errors.As(err, &nf) && nf.Off != "" {
		return loomrpc.Errorf(loomrpc.CodeNotAllowed, loomrpc.ErrorData{Hint: nf.Off}, "%v", err)
	}
	return loomrpc.Errorf(jsonrpc.CodeInvalidParams, loomrpc.ErrorData{Hint: "loom tools lists what there is"}, "%v", err)
}

// sorted puts edits in the order of their spans.
func sorted(edits []jsonrpc.Edit) []jsonrpc.Edit {
	slices.SortFunc(edits, func(a, b jsonrpc.Edit) int { return a.Start - b.Start })
	return edits
}

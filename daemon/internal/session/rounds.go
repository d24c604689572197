package session

import (
	"sync"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/registry"
)

// nextRound plays the part of a modern client for a legacy one: a modern
// server answers a call with questions and a state; the client is asked each
// of them, and the call goes out again with the answers and the state
// (2026-07-28, "Multi Round-Trip Requests").
func (s *Session) nextRound(c *call, a child.Answer, r look) {
	type question struct {
		key, method string
		params      []byte
	}
	var questions []question
	jsonrpc.Members(a.Frame, r.inputs, func(key string, value jsonrpc.Span) bool {
		method, _ := jsonrpc.Find(a.Frame, value, "method")
		params, _ := jsonrpc.Find(a.Frame, value, "params")
		questions = append(questions, question{key, text(a.Frame, method), params.Of(a.Frame)})
		return true
	})
	able := func(q question) bool {
		return canAnswer(c.capabilities, q.method, q.params, jsonrpc.Span{End: len(q.params)})
	}
	for _, q := range questions {
		if !able(q) && s.ownRoots(q.method) == nil {
			if s.forget(c) {
				s.ended(c, outcomeError, 0)
				s.send(jsonrpc.NewError(c.id, cannot(q.method)))
			}
			return
		}
	}
	next := func(answers []byte) { s.again(c, answers, r.state.Of(a.Frame)) }
	if len(questions) == 0 { // the server is busy: it wants to be asked again later
		if c.delays++; c.delays > maxDelays {
			if s.forget(c) {
				e := loomrpc.Errorf(loomrpc.CodeTimeout, loomrpc.ErrorData{Stage: "call", Server: c.of}, "server %s put the call off %d times and asked for nothing", c.of, maxDelays)
				s.ended(c, outcomeTimeout, 0)
				s.fail(c.id, e)
			}
			return
		}
		time.AfterFunc(busy, func() { next(nil) })
		return
	}
	var (
		mu      sync.Mutex
		results = make([][]byte, len(questions))
		left    = len(questions)
		asks    = make([]*ask, len(questions))
		failed  bool
	)
	fail := func(e []byte) {
		mu.Lock()
		first := !failed
		failed = true
		mu.Unlock()
		if !first {
			return
		}
		for _, other := range asks {
			s.withdraw(other, "another question of the same call was not answered")
		}
		if s.forget(c) {
			s.ended(c, outcomeError, 0)
			s.send([]byte(`{"jsonrpc":"2.0","id":`), c.id, []byte(`,"error":`), e, []byte("}"))
		}
	}
	for n := range questions {
		asks[n] = &ask{
			answer: func(frame []byte, m jsonrpc.Message) {
				if m.Error.Present() {
					fail(m.Error.Of(frame))
					return
				}
				mu.Lock()
				results[n] = m.Result.Of(frame)
				left--
				last := left == 0 && !failed
				mu.Unlock()
				if !last {
					return
				}
				answers := []byte(`{`)
				for i, q := range questions {
					if i > 0 {
						answers = append(answers, ',')
					}
					answers = append(append(append(answers, jsonrpc.Quote(q.key)...), ':'), results[i]...)
				}
				next(append(answers, '}'))
			},
			refuse: func(string) {},
		}
		if !s.open(asks[n]) {
			return // the session ends, and gives the call up
		}
	}
	s.mu.Lock()
	wanted := s.calls[string(c.id)] == c
	c.asks = asks
	s.mu.Unlock()
	if !wanted { // cancelled just now
		for _, a := range asks {
			s.settle(a.id)
		}
		return
	}
	for n, q := range questions {
		if able(q) {
			s.send(jsonrpc.NewRequest(asks[n].id, q.method, q.params))
			continue
		}
		s.settle(asks[n].id)
		frame := jsonrpc.NewResult(asks[n].id, s.ownRoots(q.method))
		m, err := jsonrpc.Scan(frame)
		if err != nil {
			panic("session: an answer of Loom's own is no message: " + err.Error())
		}
		asks[n].answer(frame, m)
	}
}

// busy is how long a server that asked for nothing but patience gets.
const busy = 500 * time.Millisecond

// maxDelays is how often such a server is asked again.
const maxDelays = 120

// again sends the call once more, with answers and state in its params.
func (s *Session) again(c *call, answers, state []byte) {
	s.mu.Lock()
	wanted := s.calls[string(c.id)] == c
	s.mu.Unlock()
	if !wanted {
		return
	}
	params := c.params
	if len(params) == 0 || params[0] != '{' {
		params = []byte("{}")
	}
	whole := jsonrpc.Span{End: len(params)}
	var head []byte
	if answers != nil {
		head = append(append(head, `"inputResponses":`...), answers...)
	}
	if state != nil {
		if head != nil {
			head = append(head, ',')
		}
		head = append(append(head, `"requestState":`...), state...)
	}
	if head != nil {
		params = jsonrpc.Splice(nil, params, insert(params, whole, head))
	}
	view, err := s.view()
	server, ok := view.Server(c.server)
	if err != nil || !ok || registry.BaseOf(server.ID()) != registry.BaseOf(c.instance.ID()) {
		if s.forget(c) {
			s.refuse(c, loomrpc.Errorf(loomrpc.CodeUnknown, loomrpc.ErrorData{Server: c.server}, "server %s is not in the registry any more", c.server))
		}
		return
	}
	// Not the instance of the round before: a modern server keeps no state, and
	// that process may have been replaced meanwhile.
	i := s.svc.Servers.Instance(server, s.sharing(server, c.asker))
	if s.use(c, i) {
		s.round(c, params, server.Timeout)
	}
}

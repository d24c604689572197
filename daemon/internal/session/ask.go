package session

import (
	"strconv"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/pool"
)

// ask is a request to this client that it has not answered.
type ask struct {
	id     []byte      // raw, Loom's own: it carries the instance of loomd
	asked  *pool.Asked // nil unless a legacy server asks
	answer func(frame []byte, m jsonrpc.Message)
	refuse func(why string) // nobody will answer
}

// Asked puts a server's question to this client, which is the one that it is
// for: as a request in the legacy era, in the answer to a call in the modern one.
func (s *Session) Asked(a *pool.Asked) {
	s.mu.Lock()
	c := s.client
	gone := s.gone
	s.mu.Unlock()
	switch {
	case gone:
		a.Refuse(jsonrpc.Errorf(jsonrpc.CodeMethodNotFound, "the client disconnected"))
	case !c.legacy:
		if !s.carry(a) {
			s.answerFor(a)
		}
	case !canAnswer(c.capabilities, a.Method, a.Frame, a.Message.Params):
		s.answerFor(a)
	default:
		s.askLegacy(a)
	}
}

// answerFor answers what the client cannot: with the project that it was started
// in, if it is asked for its roots, else by saying so. A server that is shared is
// told that its clients have roots, since some do, and would else know less of the
// others than a server of their own does, which runs in that folder.
func (s *Session) answerFor(a *pool.Asked) {
	if roots := s.ownRoots(a.Method); roots != nil {
		a.Reply(jsonrpc.NewResult(a.Message.ID.Of(a.Frame), roots))
		return
	}
	a.Refuse(cannot(a.Method))
}

func cannot(method string) *jsonrpc.Error {
	return jsonrpc.Errorf(jsonrpc.CodeMethodNotFound, "the client did not declare the capability for %s", method)
}

func (s *Session) askLegacy(a *pool.Asked) {
	serverID := a.Message.ID.Of(a.Frame)
	question := &ask{
		asked: a,
		answer: func(frame []byte, m jsonrpc.Message) {
			a.Reply(frame[:m.ID.Start], serverID, frame[m.ID.End:])
		},
		refuse: func(why string) { a.Refuse(jsonrpc.Errorf(jsonrpc.CodeInternal, "%s", why)) },
	}
	if !s.open(question) {
		question.refuse("the client disconnected")
		return
	}
	edits := []jsonrpc.Edit{{Span: a.Message.ID, With: question.id}}
	if token, ok := jsonrpc.Find(a.Frame, a.Message.Params, "_meta", "progressToken"); ok {
		edits = append(edits, jsonrpc.Edit{Span: token, With: question.id}) // tokens of two servers may be the same
	}
	s.sendEdited(nil, a.Frame, edits)
}

// open gives a question its id. It reports false when the session has ended.
func (s *Session) open(a *ask) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return false
	}
	s.nextAsk++
	a.id = jsonrpc.Quote("loom-" + s.svc.Instance + "-" + s.id + "-" + strconv.Itoa(s.nextAsk))
	s.asks[string(a.id)] = a
	return true
}

// request of Loom's own to the client.
func (s *Session) ask(method string, params []byte, answer func(frame []byte, m jsonrpc.Message), refuse func(string)) *ask {
	a := &ask{answer: answer, refuse: refuse}
	if !s.open(a) {
		refuse("the client disconnected")
		return nil
	}
	s.send(jsonrpc.NewRequest(a.id, method, params))
	return a
}

// answered takes the client's response. One that nobody waits for, such as to
// a loomd that is gone, matches nothing and is dropped.
func (s *Session) answered(frame []byte, m jsonrpc.Message) {
	if a := s.settle(m.ID.Of(frame)); a != nil {
		a.answer(frame, m)
	}
}

func (s *Session) settle(id []byte) *ask {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.asks[string(id)]
	delete(s.asks, string(id))
	return a
}

// withdraw tells the client that a question needs no answer any more.
func (s *Session) withdraw(a *ask, reason string) {
	if a == nil || s.settle(a.id) == nil {
		return
	}
	params := append([]byte(`{"requestId":`), a.id...)
	if reason != "" {
		params = append(append(params, `,"reason":`...), jsonrpc.Quote(reason)...)
	}
	s.send(jsonrpc.NewNotification(mcp.Cancelled, append(params, '}')))
}

// Withdrawn is a question that its server takes back, or cannot hear the
// answer to any more.
func (s *Session) Withdrawn(asked *pool.Asked, reason string) {
	s.mu.Lock()
	var found *ask
	for _, a := range s.asks {
		if a.asked == asked {
			found = a
		}
	}
	s.dropParkedLocked(asked)
	s.mu.Unlock()
	s.withdraw(found, reason)
}

// progressed passes the client's progress with a question on to its server.
func (s *Session) progressed(frame []byte, m jsonrpc.Message) {
	token, ok := jsonrpc.Find(frame, m.Params, "progressToken")
	if !ok {
		return
	}
	s.mu.Lock()
	a := s.asks[string(token.Of(frame))]
	s.mu.Unlock()
	if a == nil || a.asked == nil {
		return
	}
	theirs, ok := jsonrpc.Find(a.asked.Frame, a.asked.Message.Params, "_meta", "progressToken")
	if ok { // it gave one
		a.asked.Tell(jsonrpc.Splice(nil, frame, jsonrpc.Edit{Span: token, With: theirs.Of(a.asked.Frame)}))
	}
}

// noteElicitations remembers whose the pages are that an error sends the
// client to (2025-11-25, URLElicitationRequiredError), so that it hears when
// one is done.
func (s *Session) noteElicitations(c *call, a child.Answer) {
	if code, _ := jsonrpc.Find(a.Frame, a.Message.Error, "code"); string(code.Of(a.Frame)) != "-32042" {
		return
	}
	list, _ := jsonrpc.Find(a.Frame, a.Message.Error, "data", "elicitations")
	jsonrpc.Elements(a.Frame, list, func(item jsonrpc.Span) bool {
		if id, ok := jsonrpc.Find(a.Frame, item, "elicitationId"); ok {
			c.instance.Elicited(s, text(a.Frame, id))
		}
		return true
	})
}

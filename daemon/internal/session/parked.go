package session

import (
	"bytes"
	"crypto/rand"
	"encoding/base32"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/pool"
)

// parked is a call of a modern client at a legacy server that asks for
// something meanwhile. The client is answered with the question and a token,
// the call stays in flight at the server, and the retry that brings the token
// takes it up again.
type parked struct {
	token string                 // of the answer that the client has; empty while it waits
	asked map[string]*pool.Asked // what the server waits for, by key
	next  int
	late  *child.Answer // the server's, which came while the client was away
	timer *time.Timer
}

// parkedLife is how long a client may take to come back.
const parkedLife = 10 * time.Minute

// statePrefix is what Loom's own requestStates begin with.
const statePrefix = "loom-parked-"

// carry finds the call that a question can be the answer to. Which one it is for
// a legacy server does not say, so any will do that is in flight there. It
// reports false when there is none, or its client cannot answer.
func (s *Session) carry(a *pool.Asked) bool {
	s.mu.Lock()
	var c *call
	for _, one := range s.calls {
		if one.instance == a.Instance && one.modern && rounds(one.method) && (c == nil || one.began.Before(c.began)) {
			c = one
		}
	}
	waiting := c != nil
	if c == nil { // the client has another question of the same server before it
		for _, one := range s.parked {
			if one.instance == a.Instance {
				c = one
			}
		}
	}
	if c == nil || !canAnswer(c.capabilities, a.Method, a.Frame, a.Message.Params) {
		s.mu.Unlock()
		return false
	}
	if c.parked == nil {
		c.parked = &parked{asked: map[string]*pool.Asked{}}
	}
	c.parked.next++
	c.parked.asked["loom-"+strconv.Itoa(c.parked.next)] = a
	var frame []byte
	if waiting {
		frame = s.parkLocked(c)
	}
	s.mu.Unlock()
	if frame != nil {
		c.instance.SetToken(c.request, nil) // progress of a request that was answered
		s.send(frame)
	}
	return true
}

// carryOn is for questions whose call is over without an answer to them: they may
// have been for another one, which takes them on. With none they are refused.
func (s *Session) carryOn(asked map[string]*pool.Asked, reason string) {
	for _, key := range slices.Sorted(maps.Keys(asked)) {
		if a := asked[key]; !s.carry(a) {
			a.Refuse(jsonrpc.Errorf(jsonrpc.CodeInternal, "%s", reason))
		}
	}
}

// rounds reports whether a request of that method may be answered with
// questions (2026-07-28, "Multi Round-Trip Requests").
func rounds(method string) bool {
	return method == mcp.ToolsCall || method == mcp.PromptsGet || method == mcp.ResourcesRead
}

// parkLocked takes c from the calls that the client waits for and returns the
// answer that says what is wanted.
func (s *Session) parkLocked(c *call) []byte {
	p := c.parked
	p.token = statePrefix + strings.ToLower(random())
	delete(s.calls, string(c.id))
	s.parked[p.token] = c
	token := p.token
	p.timer = time.AfterFunc(parkedLife, func() { s.expireParked(token) })
	b := []byte(`{"resultType":"` + mcp.ResultInputRequired + `","inputRequests":{`)
	first := true
	for n := 1; n <= p.next; n++ {
		key := "loom-" + strconv.Itoa(n)
		a := p.asked[key]
		if a == nil {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, `"`+key+`":{"method":`...)
		b = append(b, jsonrpc.Quote(a.Method)...)
		if a.Message.Params.Present() {
			b = append(append(b, `,"params":`...), a.Message.Params.Of(a.Frame)...)
		}
		b = append(b, '}')
	}
	b = append(b, `},"requestState":"`+token+`"}`...)
	return jsonrpc.NewResult(c.id, b)
}

// resumeParked takes up the call whose token a retry brings. It reports
// whether the retry was Loom's business.
func (s *Session) resumeParked(retry *call) bool {
	token := retry.member("requestState")
	if !strings.HasPrefix(token, statePrefix) {
		return false
	}
	s.mu.Lock()
	c := s.parked[token]
	if c == nil || c.method != retry.method || c.name != retry.name || c.uri != retry.uri {
		s.mu.Unlock()
		s.fail(retry.id, loomrpc.Errorf(loomrpc.CodeCancelled, loomrpc.ErrorData{Stage: "call"},
			"loomd does not know this requestState: it is of another call, over %s old, or of a loomd that was restarted; what the call did until then is done, and nothing was sent again", parkedLife))
		return true
	}
	if _, twice := s.calls[string(retry.id)]; twice {
		s.mu.Unlock()
		s.fail(retry.id, loomrpc.Errorf(jsonrpc.CodeInvalidRequest, loomrpc.ErrorData{}, "a request with id %s is in flight already", retry.id))
		return true
	}
	p := c.parked
	delete(s.parked, token)
	p.timer.Stop()
	p.token = ""
	c.id, c.capabilities, c.level = retry.id, retry.capabilities, retry.level
	s.calls[string(c.id)] = c
	type reply struct {
		to     *pool.Asked
		result []byte
	}
	var replies []reply
	responses, _ := jsonrpc.Find(retry.params, jsonrpc.Span{End: len(retry.params)}, "inputResponses")
	jsonrpc.Members(retry.params, responses, func(key string, value jsonrpc.Span) bool {
		if a := p.asked[key]; a != nil {
			delete(p.asked, key)
			replies = append(replies, reply{a, value.Of(retry.params)})
		}
		return true
	})
	late := p.late
	p.late = nil
	var left map[string]*pool.Asked // the server did not wait for these
	if late != nil {
		left, p.asked = p.asked, map[string]*pool.Asked{}
	}
	var frame []byte
	if late == nil && len(p.asked) > 0 {
		frame = s.parkLocked(c) // not all of it was answered
	}
	s.mu.Unlock()
	if frame == nil && late == nil {
		progress, _ := jsonrpc.Find(retry.params, jsonrpc.Span{End: len(retry.params)}, "_meta", "progressToken")
		c.instance.SetToken(c.request, progress.Of(retry.params))
	}
	for _, r := range replies {
		r.to.Reply(jsonrpc.NewResult(r.to.Message.ID.Of(r.to.Frame), r.result))
	}
	if late != nil {
		s.finish(c, *late)
		s.carryOn(left, "its call was answered before")
	}
	if frame != nil {
		s.send(frame)
	}
	return true
}

// takeParkedLocked takes out the call whose question went out in the answer to
// the request with that raw id. Whoever cancels that request has not read the
// answer, or does not want to come back: waiting for it would hold the process,
// which serves one client at a time, against all others.
func (s *Session) takeParkedLocked(id []byte) *call {
	for token, c := range s.parked {
		if bytes.Equal(c.id, id) {
			delete(s.parked, token)
			return c
		}
	}
	return nil
}

func (s *Session) expireParked(token string) {
	s.mu.Lock()
	c := s.parked[token]
	delete(s.parked, token)
	s.mu.Unlock()
	if c != nil {
		s.unpark(c, "the client did not come back with an answer")
	}
}

// unpark gives a parked call up.
func (s *Session) unpark(c *call, reason string) {
	s.mu.Lock()
	asked := c.parked.asked
	c.parked.asked = map[string]*pool.Asked{}
	c.parked.timer.Stop()
	answered := c.parked.late != nil
	s.mu.Unlock()
	s.carryOn(asked, reason)
	if answered {
		s.ended(c, outcomeCancelled, 0) // of what it got nobody hears
		return
	}
	s.giveUp(c, reason)
}

// dropParkedLocked forgets a question that its server took back.
func (s *Session) dropParkedLocked(asked *pool.Asked) {
	for _, calls := range []map[string]*call{s.parked, s.calls} {
		for _, c := range calls {
			if c.parked == nil {
				continue
			}
			for key, a := range c.parked.asked {
				if a == asked {
					delete(c.parked.asked, key)
				}
			}
		}
	}
}

func random() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
}

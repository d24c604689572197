package session

import (
	"maps"
	"slices"

	"github.com/loom-core/loom/daemon/internal/pool"
)

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

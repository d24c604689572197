package session

import (
	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/hub"
	"github.com/loom-core/loom/daemon/internal/pool"
	"github.com/loom-core/loom/registry"
)

// subscription handles resources/subscribe and unsubscribe of a legacy client.
// It reports whether the answer is given; else the server is to give it.
func (s *Session) subscription(c *call) (done bool) {
	subscribe := c.method == mcp.ResourcesSubscribe
	var outer bool // nobody else there has subscribed
	s.mu.Lock()
	if subscribe {
		s.uris[c.uri] = followed{c.instance, c.asker}
	} else {
		delete(s.uris, c.uri)
	}
	s.mu.Unlock()
	if subscribe {
		outer = c.instance.Subscribe(s, c.uri)
		s.leaveIfGone(c.instance)
	} else {
		outer = c.instance.Unsubscribe(s, c.uri)
	}
	modern := s.modern(c.instance)
	if outer && !modern {
		return false
	}
	if modern && subscribe {
		c.instance.Wake() // it has one subscription for all, opened when it runs
	}
	if s.forget(c) {
		s.ended(c, outcomeOK, 0)
		s.send(jsonrpc.NewResult(c.id, []byte("{}")))
	}
	return true
}

// unsubscribed takes back a subscription that its server refused: another
// client would be told that it has one.
func (s *Session) unsubscribed(c *call) {
	if c.method != mcp.ResourcesSubscribe {
		return
	}
	s.mu.Lock()
	if s.uris[c.uri].instance == c.instance {
		delete(s.uris, c.uri)
	}
	s.mu.Unlock()
	c.instance.Unsubscribe(s, c.uri)
}

// modern reports whether a server is spoken to in the modern era: as it runs,
// or else as it was learnt. What starts later is told in its own way.
func (s *Session) modern(i *pool.Instance) bool {
	if era := i.State().Era; era != child.Unknown {
		return era == child.Modern
	}
	if s.svc.Hub.Both(i.ID()) && i.Prefers() == child.Legacy {
		return false
	}
	return s.svc.Hub.Era(i.ID()) == string(child.Modern)
}

// followed is where a resource is that the client wants to hear of.
type followed struct {
	instance *pool.Instance
	who      asker
}

// follow subscribes to a resource on Loom's own account: for a modern client,
// or anew at the process that took another's place.
func (s *Session) follow(view *hub.View, uri string, who asker) {
	name, ok := s.owner(view, uri)
	if server, there := view.Server(name); ok && there {
		s.followAt(server, uri, who)
	}
}

func (s *Session) followAt(server registry.Server, uri string, who asker) {
	s.mu.Lock()
	gone := s.gone
	s.mu.Unlock()
	if gone {
		return
	}
	i := s.svc.Servers.Instance(server, s.sharing(server, who))
	s.mu.Lock()
	s.used[i] = true
	s.uris[uri] = followed{i, who}
	s.mu.Unlock()
	first := i.Subscribe(s, uri)
	s.leaveIfGone(i)
	if !first || s.modern(i) {
		i.Wake()
		return
	}
	i.Send(&s.due, &pool.Call{Owner: s, Request: child.Request{
		Method: mcp.ResourcesSubscribe, Params: []byte(`{"uri":` + string(jsonrpc.Quote(uri)) + `}`), Timeout: server.Timeout,
		Done: func(a child.Answer) {
			if a.Err != nil || a.Message.Error.Present() {
				s.svc.Log.Warn("a resource cannot be followed", "server", i.ID(), "uri", uri, "err", a.Err)
			}
		},
	}})
}

// unfollow ends what follow began.
func (s *Session) unfollow(uri string) {
	s.mu.Lock()
	f, ok := s.uris[uri]
	delete(s.uris, uri)
	s.mu.Unlock()
	if !ok || !f.instance.Unsubscribe(s, uri) || s.modern(f.instance) {
		return
	}
	f.instance.SendIfRunning(&pool.Call{Owner: s, Request: child.Request{
		Method: mcp.ResourcesUnsubscribe, Params: []byte(`{"uri":` + string(jsonrpc.Quote(uri)) + `}`), Done: func(child.Answer) {},
	}})
}

// resettle moves what the client follows to what it has by now in place of a server,
// or has no longer: the process before goes on for other clients. What is there now
// may not have been learnt yet, so it is not asked what it has.
func (s *Session) resettle(view *hub.View) {
	moved := map[string]followed{}
	s.mu.Lock()
	for uri, f := range s.uris {
		was := f.instance.ID()
		if now, there := view.Server(f.instance.Name()); there && now.ID() != was && registry.BaseOf(now.ID()) == registry.BaseOf(was) {
			moved[uri] = f
		}
	}
	s.mu.Unlock()
	for uri, f := range moved {
		now, _ := view.Server(f.instance.Name())
		s.unfollow(uri)
		s.followAt(now, uri, f.who)
	}
}

// Left moves what the client follows to the process that takes the place of i.
func (s *Session) Left(i *pool.Instance) {
	s.mu.Lock()
	gone := s.gone
	delete(s.used, i)
	moved := map[string]asker{}
	for uri, f := range s.uris {
		if f.instance == i {
			moved[uri] = f.who
		}
	}
	s.mu.Unlock()
	view, err := s.view()
	if gone || err != nil {
		return
	}
	for uri, who := range moved {
		s.follow(view, uri, who)
	}
}

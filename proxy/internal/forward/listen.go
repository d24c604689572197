package forward

import (
	"bytes"
	"slices"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// listen is an open subscriptions/listen of the modern era (2026-07-28,
// "Subscriptions"). It outlives links: on each it is sent under the client's own
// id, and the client hears of that only the first time.
type listen struct {
	frame        []byte
	msg          jsonrpc.Message
	acknowledged bool // the client has read that it stands
	stale        bool // the client may have lists that the loomd of this link did not give
}

func (l *listen) id() []byte { return l.msg.ID.Of(l.frame) }

func (p *Proxy) listenLocked(id []byte) *listen {
	i := slices.IndexFunc(p.listens, func(l *listen) bool { return bytes.Equal(l.id(), id) })
	if i < 0 {
		return nil
	}
	return p.listens[i]
}

// unlistenLocked forgets the subscription with that raw id. It reports whether
// there was one.
func (p *Proxy) unlistenLocked(id []byte) bool {
	n := len(p.listens)
	p.listens = slices.DeleteFunc(p.listens, func(l *listen) bool { return bytes.Equal(l.id(), id) })
	return len(p.listens) < n
}

// acknowledge takes loomd's word that a subscription stands. It reports whether
// the client has it already. changed are notifications that follow it: a client
// whose lists are of another loomd has to read them again, and that loomd cannot
// know of it.
func (p *Proxy) acknowledge(frame []byte, m jsonrpc.Message) (again bool, changed [][]byte) {
	span, _ := jsonrpc.Find(frame, m.Params, "_meta", mcp.MetaSubscriptionID)
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.listenLocked(span.Of(frame))
	if l == nil {
		return false, nil
	}
	again, l.acknowledged = l.acknowledged, true
	if l.stale || p.told {
		l.stale, p.told = false, false
		for _, kind := range []struct{ granted, method string }{
			{"toolsListChanged", mcp.ToolsListChanged},
			{"promptsListChanged", mcp.PromptsListChanged},
			{"resourcesListChanged", mcp.ResourcesListChanged},
		} {
			if yes, _ := jsonrpc.Find(frame, m.Params, "notifications", kind.granted); string(yes.Of(frame)) == "true" {
				params := append([]byte(`{"_meta":{"`+mcp.MetaSubscriptionID+`":`), l.id()...)
				changed = append(changed, jsonrpc.NewNotification(kind.method, append(params, "}}"...)))
			}
		}
	}
	return again, changed
}

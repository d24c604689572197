package forward

import (
	"bytes"
	"slices"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/mcp"
)

// held is a request that waits for loomd.
type held struct {
	frame  []byte
	msg    jsonrpc.Message
	method string
	timer  *time.Timer
}

func (h *held) id() []byte { return h.msg.ID.Of(h.frame) }

// hold keeps a request until there is a loomd, and answers it itself when that
// takes too long. What loomd's answer would not differ from is answered at once.
func (p *Proxy) hold(h *held) {
	if h.method == mcp.Ping || h.method == mcp.SetLevel {
		p.answerAway(h)
		return
	}
	limit := p.opts.HoldCall
	switch {
	case h.method == mcp.Discover:
		limit = p.opts.HoldDiscover
	case again(h.method), h.method == mcp.ToolsCall && toolOf(h.frame, h.msg) == awayStatus: // who asks why it does not work is told soon
		limit = p.opts.HoldSetup
	}
	p.mu.Lock()
	p.held = append(p.held, h)
	h.timer = time.AfterFunc(limit, func() {
		p.mu.Lock()
		i := slices.Index(p.held, h)
		if i >= 0 {
			p.held = slices.Delete(p.held, i, i+1)
		}
		p.mu.Unlock()
		if i >= 0 {
			p.answerAway(h)
			p.rest()
		}
	})
	p.mu.Unlock()
	select {
	case p.wanted <- struct{}{}:
	default:
	}
}

// giveUp answers what waits for a loomd that could not be started: the cause is
// known, and waiting longer would tell nobody more.
func (p *Proxy) giveUp() {
	for _, h := range p.takeHeld() {
		p.answerAway(h)
	}
	p.rest()
}

func (p *Proxy) takeHeld() []*held {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.takeHeldLocked()
}

func (p *Proxy) takeHeldLocked() []*held {
	waiting := p.held
	p.held = nil
	for _, h := range waiting {
		h.timer.Stop()
	}
	return waiting
}

// cancelled forgets a request that the client no longer waits for. It reports
// whether it was held, so that loomd never heard of it.
func (p *Proxy) cancelled(id []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.restLocked()
	delete(p.inFlight, string(id))
	p.unlistenLocked(id)
	i := slices.IndexFunc(p.held, func(h *held) bool { return bytes.Equal(h.id(), id) })
	if i < 0 {
		return false
	}
	p.held[i].timer.Stop()
	p.held = slices.Delete(p.held, i, i+1)
	return true
}

package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/trace"
)

const (
	traceWait  = 30 * time.Second // how long a question is held
	traceLife  = 60 * time.Second // how long a listener lives without one
	maxTraces  = 16               // listeners; each may hold some 30 MB
	traceBatch = 256              // events in one answer
)

// traces are the listeners of `loom trace` by id.
type traces struct {
	mu   sync.Mutex
	open map[string]*traced
}

type traced struct {
	*trace.Listener
	expiry *time.Timer
}

// traceMessages answers loom/trace.
func (a *App) traceMessages(ctx context.Context, q loomrpc.TraceQuery) (any, error) {
	var servers []string
	if q.Server != "" {
		var err error
		if servers, err = a.resolve(ctx, q.Server); err != nil {
			return nil, err
		}
	}
	reply := loomrpc.TraceReply{ID: q.ID, Events: []loomrpc.TraceEvent{}}
	l, ok := a.traces.find(q.ID)
	if !ok {
		id, err := a.traces.begin(ctx, a.trace, trace.Filter{Client: q.Client, Servers: servers, Body: q.Body})
		if err != nil {
			return nil, err
		}
		reply.ID = id
		return reply, nil
	}
	wait := time.NewTimer(traceWait)
	defer wait.Stop()
	select {
	case line := <-l.Lines():
		reply.Events = append(reply.Events, loomrpc.TraceEvent(line))
	case <-wait.C:
	case <-ctx.Done():
	}
	for more := true; more && len(reply.Events) < traceBatch; {
		select {
		case line := <-l.Lines():
			reply.Events = append(reply.Events, loomrpc.TraceEvent(line))
		default:
			more = false
		}
	}
	reply.Dropped = l.Dropped()
	return reply, nil
}

// find returns a listener, whose life begins anew.
func (t *traces) find(id string) (*trace.Listener, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l, ok := t.open[id]
	if !ok {
		return nil, false
	}
	l.expiry.Reset(traceLife)
	return l.Listener, true
}

// begin makes a listener, which ends with ctx or when nobody asks for it.
func (t *traces) begin(ctx context.Context, of *trace.Trace, f trace.Filter) (id string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.open) >= maxTraces {
		return "", fmt.Errorf("%d are listening already; end one of them", len(t.open))
	}
	id = rand.Text()
	end := func() { t.end(id) }
	if t.open == nil {
		t.open = map[string]*traced{}
	}
	t.open[id] = &traced{Listener: of.Subscribe(f), expiry: time.AfterFunc(traceLife, end)}
	context.AfterFunc(ctx, end)
	return id, nil
}

func (t *traces) end(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l, ok := t.open[id]; ok {
		l.expiry.Stop()
		l.Stop()
		delete(t.open, id)
	}
}

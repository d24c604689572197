package pool

import (
	"context"
	"sync"
	"time"

	"github.com/loom-core/loom/registry"
)

// Unlearnt returns those of servers that are enabled and whose definitions are
// missing, or of something else than what the server is now. One that cannot
// even be resolved is among them: learning it says why.
func (p *Pool) Unlearnt(servers []registry.Server) []registry.Server {
	var out []registry.Server
	for _, s := range servers {
		if !s.Enabled {
			continue
		}
		key, err := p.Key(p.ctx, s)
		if err != nil || !p.opts.Catalog.Known(s.ID(), key) {
			out = append(out, s)
		}
	}
	return out
}

// learnAgain is how long a server that could not be learnt is left in peace by
// the sessions that come and go. A call tries at once.
const learnAgain = 30 * time.Second

// Learn starts servers in the background, each as where says, so that their
// definitions are read. The channel is closed when every one of them was tried.
func (p *Pool) Learn(servers []registry.Server, where func(registry.Server) Sharing) <-chan struct{} {
	var all sync.WaitGroup
	for _, s := range servers {
		if p.failedLately(s.ID()) {
			continue
		}
		i := p.Instance(s, where(s))
		all.Go(func() {
			i.Learn(p.ctx) // the error is kept for the status
			p.dismiss(i)
		})
	}
	done := make(chan struct{})
	p.work.Go(func() {
		all.Wait()
		close(done)
	})
	return done
}

func (p *Pool) failedLately(server string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.errors[server]
	return f.err != nil && time.Since(f.at) < learnAgain
}

// LearnKey is the sharing key of processes that serve nobody: they are started
// so that their definitions can be read, and ended again.
const LearnKey = "learn"

// LearnNow starts servers for nobody, waits until their definitions are read,
// and ends them again. It returns what went wrong, by id of the server.
func (p *Pool) LearnNow(ctx context.Context, servers []registry.Server) map[string]error {
	var mu sync.Mutex
	failed := map[string]error{}
	var all sync.WaitGroup
	for _, s := range servers {
		i := p.Instance(s, Sharing{Key: LearnKey})
		all.Go(func() {
			err := i.Learn(ctx)
			if err != nil {
				mu.Lock()
				failed[s.ID()] = err
				mu.Unlock()
			}
			if ctx.Err() == nil { // else somebody else may wait for it still; it ends when it has been idle
				p.dismiss(i)
			}
		})
	}
	all.Wait()
	return failed
}

// dismiss ends an instance that was started to be learnt, and no other: the one
// of a changed entry may be starting beside it.
func (p *Pool) dismiss(i *Instance) {
	if i.sharing.Key == LearnKey {
		p.retire(false, func(_ key, other *Instance) bool { return other == i })
	}
}

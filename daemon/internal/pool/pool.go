// Package pool owns the running servers: at most one process for each server
// and sharing key. It starts them on first use, stops the idle ones, lets those
// of an older registry drain, and reads a server's definitions whenever it has
// started one. It knows nothing of clients or names.
package pool

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/limit"
	"github.com/loom-core/loom/daemon/internal/redact"
	"github.com/loom-core/loom/daemon/internal/ring"
	"github.com/loom-core/loom/daemon/internal/vault"
	"github.com/loom-core/loom/registry"
)

// Options are what a pool needs. All fields are required but Timeouts, Notes,
// Journal, Limiter and those that say so; without Limiter there are no limits.
type Options struct {
	Catalog  *catalog.Catalog
	Lookup   secret.Lookup
	Vault    Vault        // where secrets come from in place of Lookup; optional
	Files    *vault.Files // for the secrets that servers read from a file; without it such a server does not start
	Environ  []string     // what every server gets, "NAME=value"
	Beside   string       // folder of loomd's own binary: our servers lie there
	Home     string       // where a server that is shared by all runs
	Version  string
	Instance string // marks the processes of this loomd in their environment
	State    string // marks those of this state directory, in the same way
	Notes    string // folder for notes on containers
	Limiter  *limit.Limiter
	Journal  Journal
	Known    *redact.Set // what stderr of servers is shown without; nil: nothing
	Log      *slog.Logger
	Observer Observer
	Changed  func() // a server's definitions changed
	Timeouts child.Timeouts
}

// Observer counts. Its methods must not block.
type Observer interface {
	ChildStarted(server string, took time.Duration, err error)
	ChildExited(server, cause string)
}

// Journal is told which processes run. On a system that hides the environment of
// processes the next loomd finds by it what a killed one left behind.
type Journal interface {
	Add(pid int) error
	Remove(pid int) error
}

// Vault gives out the secrets of one server at once. The error is a keyring that
// does not give them; the store lacks those that there are not.
type Vault interface {
	Fetch(ctx context.Context, refs []secret.Ref) (secret.Store, error)
}

// Sharing says whom a process is shared by, and where it runs.
type Sharing struct {
	Key string // empty: all clients; else the workspace's folder or the session's id
	Dir string
	Env []string // "NAME=value": what comes from the client's environment

	// Era is in which era a server that speaks both is spoken to: its legacy
	// clients have a process of their own, since a tool that asks in the way of
	// one era fails in the other. Unknown is the newest.
	Era child.Era

	// Owner is the client of a process that nobody shares, and Client what the
	// server is told of it.
	Owner  Owner
	Client child.Client
}

// maxStarts bounds how many servers are starting at once: each may be an npx
// that unpacks half the registry.
const maxStarts = 4

// logLines is how much of each server's stderr is kept.
const logLines = 2000

// Pool is safe for concurrent use.
type Pool struct {
	opts     Options
	spawner  *child.Spawner
	starting chan struct{} // a slot per start under way
	ctx      context.Context
	cancel   context.CancelFunc
	work     sync.WaitGroup // every goroutine of every instance

	tasksMeta []byte // what Loom says of itself where it has to know tasks

	mu        sync.Mutex
	instances map[key]*Instance
	retired   map[*Instance]bool
	rings     map[string]*ring.Ring
	errors    map[string]failure // the last failed start, by server
	specs     map[string]spec    // the last hash, by server
}

type failure struct {
	err error
	at  time.Time
}

type key struct{ server, spec, sharing, env, era string }

// New makes an empty pool.
func New(opts Options) *Pool {
	ctx, cancel := context.WithCancel(context.Background())
	return &Pool{
		opts: opts, spawner: child.NewSpawner(), starting: make(chan struct{}, maxStarts), ctx: ctx, cancel: cancel,
		tasksMeta: child.ModernMeta(opts.Version, `{"extensions":{"io.modelcontextprotocol/tasks":{}}}`),
		instances: map[key]*Instance{}, retired: map[*Instance]bool{}, rings: map[string]*ring.Ring{}, errors: map[string]failure{}, specs: map[string]spec{},
	}
}

// Instance returns the instance of s for that sharing. It starts nothing.
func (p *Pool) Instance(s registry.Server, sharing Sharing) *Instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := key{server: s.ID(), spec: p.specLocked(s), sharing: sharing.Key, era: string(sharing.Era)}
	if len(sharing.Env) > 0 {
		k.env = hash(sharing.Env)
	}
	i := p.instances[k]
	if i == nil {
		i = newInstance(p, s, sharing)
		p.instances[k] = i
	}
	i.configure(s) // timeouts may change without a new process
	return i
}

// Logs returns the ring of a server's stderr.
func (p *Pool) Logs(server string) *ring.Ring {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.rings[server]
	if r == nil {
		r = ring.New(logLines, p.opts.Known)
		p.rings[server] = r
	}
	return r
}

// LastError is why the server could not be started the last time, nil if it could.
func (p *Pool) LastError(server string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.errors[server].err
}

func (p *Pool) setError(server string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.errors[server] = failure{err, time.Now()}
}

// Keep retires every instance that none of regs describes: the user's and those
// of projects. New calls go to new processes at once; the old ones get their
// server's drain to finish what they have.
func (p *Pool) Keep(regs ...*registry.Registry) {
	enabled := map[string]registry.Server{}
	for _, reg := range regs {
		for _, s := range reg.Servers {
			if s.Enabled {
				enabled[s.ID()] = s
			}
		}
	}
	p.retire(true, func(k key, _ *Instance) bool {
		s, ok := enabled[k.server]
		return !ok || specHash(s) != k.spec
	})
	p.mu.Lock()
	kept := map[*Instance]registry.Server{}
	for k, i := range p.instances {
		if s, ok := enabled[k.server]; ok && specHash(s) == k.spec {
			kept[i] = s
		}
	}
	p.mu.Unlock()
	for i, s := range kept {
		i.adopt(s)
	}
}

// Restart retires the instances of a server and returns how many ran.
func (p *Pool) Restart(server string) int {
	p.setError(server, nil) // and new instances have a breaker of their own
	return p.retire(true, func(k key, _ *Instance) bool { return k.server == server })
}

// Revoke ends the processes of a project's servers at once, with the calls that
// they have: nobody trusts them any more.
func (p *Pool) Revoke(project string) {
	p.mu.Lock()
	var draining []*Instance
	for i := range p.retired {
		if i.project == project {
			draining = append(draining, i)
		}
	}
	p.mu.Unlock()
	for _, i := range draining {
		p.work.Go(func() { i.drain(false) }) // ends when the process has
	}
	p.retire(false, func(_ key, i *Instance) bool { return i.project == project })
}

// Release ends the processes that only one session used.
func (p *Pool) Release(sharingKey string) {
	p.retire(false, func(k key, _ *Instance) bool { return k.sharing == sharingKey })
}

func (p *Pool) retire(drain bool, which func(key, *Instance) bool) (running int) {
	var out []*Instance
	p.mu.Lock()
	for k, i := range p.instances {
		if which(k, i) {
			delete(p.instances, k)
			p.retired[i] = true
			out = append(out, i)
		}
	}
	p.mu.Unlock()
	for _, i := range out {
		i.left()
		if i.running() {
			running++
		}
		p.work.Go(func() { // ends when the process has, at most drain later
			i.drain(drain)
			p.mu.Lock()
			delete(p.retired, i)
			p.mu.Unlock()
		})
	}
	return running
}

// Instances returns the state of every instance of server that has a process.
func (p *Pool) Instances(server string) []State {
	p.mu.Lock()
	var all []*Instance
	for k, i := range p.instances {
		if k.server == server {
			all = append(all, i)
		}
	}
	for i := range p.retired {
		if i.name == server {
			all = append(all, i)
		}
	}
	p.mu.Unlock()
	var out []State
	for _, i := range all {
		if s := i.State(); s.Phase != Stopped {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b State) int { return a.Since.Compare(b.Since) })
	return out
}

// Close stops every process and returns when they are gone.
func (p *Pool) Close() error {
	p.retire(false, func(key, *Instance) bool { return true })
	p.cancel()
	p.work.Wait()
	p.spawner.Close()
	return nil
}

package pool

import (
	"errors"
	"strconv"
	"time"

	"github.com/loom-core/loom/daemon/internal/catalog"
	"github.com/loom-core/loom/daemon/internal/child"
)

// startLocked begins a start. Requests that come meanwhile wait for it, so
// there is never a second one.
func (i *Instance) startLocked() {
	i.busyLocked()
	i.setPhase(Starting)
	l := &learning{done: make(chan struct{})}
	i.learning = l
	i.pool.work.Go(func() { i.start(l) })
}

// start starts the process and, while it lives, keeps the catalog up to date.
func (i *Instance) start(l *learning) {
	p := i.pool
	began := time.Now()
	proc, entry, err := i.launch()
	p.opts.Observer.ChildStarted(i.name, time.Since(began), err)
	p.setError(i.name, err)
	i.mu.Lock()
	i.noteStartLocked(err)
	i.mu.Unlock()
	if err != nil {
		p.opts.Log.Warn("server did not start", "server", i.name, "err", err)
		l.err = err
		close(l.done)
		i.startFailed(err)
		return
	}
	p.opts.Log.Info("server started", "server", i.name, "pid", proc.PID(), "era", proc.Era(), "took", time.Since(began).Round(time.Millisecond))
	i.mu.Lock()
	i.proc, i.listening, i.listener = proc, "", nil
	i.mu.Unlock()
	i.resume(proc)
	i.mu.Lock()
	i.setPhase(Ready)
	ended := i.ended
	if !ended {
		i.wakeLocked(nil)
	}
	i.mu.Unlock()
	p.work.Go(func() { i.watch(proc) }) // not before i.proc is set, or it would miss the end
	if ended {                          // while it was starting
		l.err = ErrRetired
		close(l.done)
		proc.Stop()
		return
	}
	if !i.known(proc, entry) {
		l.err = i.learn(proc, entry)
	}
	close(l.done)
	i.mu.Lock()
	i.restLocked()
	i.mu.Unlock()
	i.listen(proc) // somebody may have come while it was starting
	tick := time.NewTicker(livenessTick)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			i.look(proc)
			i.overdue(time.Now())
		case <-i.changed:
			i.learn(proc, entry)
		case <-proc.Done():
			return
		}
	}
}

// launch resolves the entry and runs it. The definitions that come with it are
// to be stored under the key that was true before the start.
func (i *Instance) launch() (proc *child.Process, _ *catalog.Entry, _ error) {
	p := i.pool
	i.mu.Lock()
	server := i.server
	i.mu.Unlock()
	secrets, err := p.secrets(server) // before the slot: a locked keyring holds up nobody else
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if proc == nil {
			secrets.end()
		}
	}()
	select {
	case p.starting <- struct{}{}:
		defer func() { <-p.starting }()
	case <-p.ctx.Done():
		return nil, nil, ErrRetired
	}
	key, err := p.Key(p.ctx, server)
	if err != nil {
		return nil, nil, err
	}
	spec, err := p.resolve(p.ctx, server, i.sharing, secrets)
	if err != nil {
		return nil, nil, err
	}
	spec.Env = append(spec.Env, InstanceVar+"="+p.opts.Instance, StateVar+"="+p.opts.State)
	spec.Stderr = p.Logs(spec.Server)
	spec.Handler, spec.Client, spec.Prefer = i, i.sharing.Client, i.sharing.Era
	if known, ok := p.opts.Catalog.Get(spec.Server); ok && known.Key == key {
		spec.Era = child.Era(known.Era)
	}
	if proc, err = i.spawn(spec, server); err != nil {
		return nil, nil, err
	}
	if secrets.folder != nil {
		p.work.Go(func() { // ends with the process
			<-proc.Done()
			secrets.end()
		})
	}
	return proc, &catalog.Entry{Server: spec.Server, Key: key, Era: string(proc.Newest()), Both: proc.Both(), Instructions: proc.Info().Instructions}, nil
}

func (i *Instance) startFailed(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.setPhase(Stopped)
	i.failLocked(err)
	var config *ConfigError
	if len(i.urisLocked()) > 0 && !i.ended && !errors.As(err, &config) && !errors.Is(err, ErrRetired) {
		i.wantLocked() // somebody listens, and sends nothing that would start it
	}
}

// known reports whether the definitions of this very server were read in its
// newest era, which says more than the other. Else the two would take turns.
func (i *Instance) known(proc *child.Process, base *catalog.Entry) bool {
	old, ok := i.pool.opts.Catalog.Get(base.Server)
	return ok && old.Key == base.Key && proc.Both() && proc.Era() == child.Legacy
}

// learn reads the definitions into the catalog. What a server declares and then
// cannot list stays as it was, unless that is its tools: most servers have
// nothing else.
func (i *Instance) learn(proc *child.Process, base *catalog.Entry) error {
	p := i.pool
	info := proc.Info()
	e := *base
	e.Version, e.Info, e.Capabilities = info.Version, info.ServerInfo, info.Capabilities
	if old, ok := p.opts.Catalog.Get(base.Server); ok && i.known(proc, base) {
		e.Version, e.Info, e.Capabilities, e.Instructions = old.Version, old.Info, old.Capabilities, old.Instructions
	}
	e.Learnt = time.Now().UTC().Round(time.Second)
	for k := range catalog.Kind(catalog.Kinds) {
		list, err := proc.List(p.ctx, k.List())
		if err != nil && endedByUs(proc) && p.opts.Catalog.Known(base.Server, base.Key) {
			return err // it was read again when it was not wanted any more, which is no fault of its own
		}
		if err != nil && (k == catalog.Tools || proc.Err() != nil || p.ctx.Err() != nil) {
			p.opts.Log.Warn("definitions were not learnt", "server", base.Server, "err", err)
			p.setError(base.Server, err)
			return err
		}
		var defs []catalog.Tool
		for _, d := range list {
			defs = append(defs, catalog.Tool{Name: d.Name, Raw: d.Raw})
		}
		if err != nil {
			p.opts.Log.Warn("some definitions were not learnt", "server", base.Server, "err", err)
			if old, ok := p.opts.Catalog.Get(base.Server); ok {
				defs = old.List(k)
			}
		}
		e.SetList(k, defs)
	}
	changed, err := p.opts.Catalog.Put(&e)
	if err != nil {
		p.opts.Log.Warn("definitions are kept in memory only", "server", base.Server, "err", err)
	}
	if changed {
		p.opts.Changed()
	}
	return nil
}

// endedByUs reports a process that loomd stopped.
func endedByUs(proc *child.Process) bool {
	var exit *child.ExitError
	return errors.As(proc.Err(), &exit) && exit.Ours
}

// watch waits for the end of a process. Requests that it never got go to the
// next one.
func (i *Instance) watch(proc *child.Process) {
	<-proc.Done()
	err := proc.Err()
	cause := "unknown"
	var exit *child.ExitError
	if errors.As(err, &exit) {
		cause = exit.Cause
	}
	i.pool.opts.Log.Info("server ended", "server", i.name, "pid", strconv.Itoa(proc.PID()), "cause", cause)
	i.withdrawAll("the server ended")
	i.landed(proc, exit)
	i.pool.opts.Observer.ChildExited(i.name, cause) // last: whoever hears of it finds it so
}

// landed notes that a process has ended, and starts the next one if it is wanted.
func (i *Instance) landed(proc *child.Process, exit *child.ExitError) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.proc != proc {
		return // an older life; the one that runs now is not its business
	}
	i.proc = nil
	now := time.Now()
	var held error // against the server
	if exit == nil || !exit.Ours {
		held = proc.Err()
	}
	i.health.breaker.exited(now, now.Sub(i.health.breaker.running), held)
	i.setPhase(Stopped)
	if (len(i.waiting) > 0 || len(i.urisLocked()) > 0) && !i.ended {
		i.wakeLocked(nil)
	}
	i.restLocked()
}

// relearn has the definitions read again.
func (i *Instance) relearn() {
	select {
	case i.changed <- struct{}{}:
	default: // one reading is due already
	}
}

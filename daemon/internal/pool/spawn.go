package pool

import (
	"context"
	"time"

	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/container"
	"github.com/loom-core/loom/daemon/internal/limit"
	"github.com/loom-core/loom/registry"
)

// Variables in the environment of every process: by them the next loomd finds
// what a killed one left behind.
const (
	InstanceVar = "LOOM_INSTANCE"
	StateVar    = "LOOM_STATE"
)

// containerLimit is how long docker may take to end a container.
const containerLimit = 20 * time.Second

// spawn starts the process with what has to go with it: the note on its
// container, and its limits.
func (i *Instance) spawn(spec child.Spec, server registry.Server) (*child.Process, error) {
	p := i.pool
	limits := limit.Limits{Memory: server.Limits.Memory, Processes: server.Limits.Processes}
	c := i.container(&spec)
	if c != nil { // docker refuses to write the id of a second container over that of the first
		spec.Again = func() { i.withDocker("ending the server's first container", c.Again) }
	}
	if spec.Bridge == nil {
		spec.Began = func(proc *child.Process) func() string {
			i.note(proc, Journal.Add)
			held := func() string { return "" }
			if !limits.None() && p.opts.Limiter != nil {
				held = i.limit(proc, limits)
			}
			return func() string {
				i.note(proc, Journal.Remove)
				return held()
			}
		}
	}
	proc, err := child.Start(p.ctx, p.spawner, spec)
	if c != nil {
		p.work.Go(func() { // ends with the process
			if err == nil {
				<-proc.Done()
			}
			i.withDocker("ending the server's container", c.End)
		})
	}
	return proc, err
}

// note writes down that a process runs, or that it has ended.
func (i *Instance) note(proc *child.Process, write func(Journal, int) error) {
	if i.pool.opts.Journal == nil {
		return
	}
	if err := write(i.pool.opts.Journal, proc.PID()); err != nil {
		i.pool.opts.Log.Warn("the journal of processes is not up to date", "server", i.name, "err", err)
	}
}

// container has the container of a `docker run` end with its process, which is
// but a client of docker.
func (i *Instance) container(spec *child.Spec) *container.Container {
	p := i.pool
	if spec.Bridge != nil || p.opts.Notes == "" {
		return nil
	}
	c, err := container.Prepare(spec.Path, spec.Args, container.Options{
		Dir: p.opts.Notes, Instance: p.opts.Instance, Server: i.name, WorkDir: spec.Dir, Env: spec.Env,
	})
	if err != nil {
		p.opts.Log.Warn("the server's container may outlive it", "server", i.name, "err", err)
		return nil
	}
	if c == nil {
		return nil
	}
	if c.Warning != "" {
		p.opts.Log.Warn("the server is not started as a server", "server", i.name, "warning", c.Warning)
		spec.Stderr.Add("loomd", c.Warning)
	}
	spec.Args = c.Args
	return c
}

func (i *Instance) withDocker(what string, f func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), containerLimit)
	defer cancel()
	if err := f(ctx); err != nil {
		i.pool.opts.Log.Warn(what+"; it is tried again at the next start of loomd", "server", i.name, "err", err)
	}
}

// limit holds a process to its limits while it lives.
func (i *Instance) limit(proc *child.Process, limits limit.Limits) (ended func() (cause string)) {
	p := i.pool
	l := p.opts.Limiter.Start(proc.PID(), limits)
	ctx, cancel := context.WithCancel(p.ctx)
	p.work.Go(func() { // ends with the process
		err := l.Watch(ctx, func(cause string) {
			p.opts.Log.Warn("server is ended", "server", i.name, "pid", proc.PID(), "cause", cause)
			proc.Kill(cause)
		})
		if err != nil {
			p.opts.Log.Warn("the server's limits cannot be watched", "server", i.name, "err", err)
		}
	})
	return func() string {
		cancel()
		return l.Ended()
	}
}

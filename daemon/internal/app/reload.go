package app

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/session"
	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/registry/pin"
)

// reloads serves those who ask for a reload and do not wait for it (SIGHUP).
func (a *App) reloads(ctx context.Context) {
	for {
		select {
		case <-a.opts.Reload:
			if _, err := a.reload(); err != nil {
				a.log.Error("reload failed; the registry before goes on serving", "err", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// reload reads the registry again. Everything that can fail comes first and
// touches nothing.
func (a *App) reload() (loomrpc.ReloadReply, error) {
	a.reloadMu.Lock()
	defer a.reloadMu.Unlock()
	next, pins, err := a.load()
	if err != nil {
		return loomrpc.ReloadReply{}, loomrpc.Errorf(loomrpc.CodeBadRegistry, loomrpc.ErrorData{Stage: "reload", Hint: "mend the file, then: loom reload (until then the registry before goes on serving)"}, "%v", err)
	}
	reply := compare(a.hub.Registry(), next)
	// Below here nothing fails.
	a.vault.Use(keyring.Backend(next.SecretBackend))
	a.hub.SetPins(pins)
	a.projects.set(next)
	a.learnInBackground(a.allServers())
	for _, p := range a.projects.all() {
		if p.Note != "" {
			reply.Warnings = append(reply.Warnings, p.Note)
		}
	}
	a.log.Info("registry reloaded", "added", reply.Added, "removed", reply.Removed, "changed", reply.Changed)
	return reply, nil
}

// load reads the registry and, beside it, which definitions were approved.
// Pins that cannot be read are not taken for none: what they would hold back
// would be let through.
func (a *App) load() (*registry.Registry, *pin.Pins, error) {
	reg, err := a.opts.sources().Load()
	var pins *pin.Pins
	if err == nil {
		pins, err = pin.Load(pin.Path(a.opts.RegistryFile))
	}
	a.noteReload(err)
	return reg, pins, err
}

// sources are the files that loom reads, too.
func (o Options) sources() registry.Sources {
	s := registry.Sources{Policy: o.Dirs.Policy(), Owner: o.Dirs.MachineOwner}
	if o.MustExist {
		s.Only = o.RegistryFile
		return s
	}
	s.Machine, s.User, s.Dropins = o.Dirs.MachineRegistry(), o.RegistryFile, o.Dirs.Dropins()
	return s
}

func (a *App) noteReload(err error) {
	if err != nil {
		a.metrics.reloadOK.Set(0)
		a.registryErr.Store(err.Error())
		return
	}
	a.metrics.reloadOK.Set(1)
	a.metrics.reloadTime.Set(float64(time.Now().Unix()))
	a.registryErr.Store("")
}

// compare says what became of the enabled servers.
func compare(old, next *registry.Registry) loomrpc.ReloadReply {
	on := func(r *registry.Registry) map[string]registry.Server {
		m := map[string]registry.Server{}
		for _, s := range r.Servers {
			if s.Enabled {
				s.Pos, s.Tools = registry.Position{}, slices.Clone(s.Tools)
				s.Bounds.CommandsAt, s.Bounds.URLsAt = registry.Position{}, registry.Position{}
				for i := range s.Tools {
					s.Tools[i].Pos = registry.Position{} // a line further down is no change
				}
				s.Except = nil // what some clients have is told of that
				m[s.ID()] = s
			}
		}
		return m
	}
	before, after := on(old), on(next)
	reply := loomrpc.ReloadReply{Registry: next.Path, Added: []string{}, Removed: []string{}, Changed: []string{}}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		switch was, ok := before[name]; {
		case !ok:
			reply.Added = append(reply.Added, name)
		case !reflect.DeepEqual(was, after[name]):
			reply.Changed = append(reply.Changed, name)
		default:
			reply.Unchanged++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, ok := after[name]; !ok {
			reply.Removed = append(reply.Removed, name)
		}
	}
	return reply
}

// learn starts every server that was never seen, waits, and says what it found.
func (a *App) learn(ctx context.Context) (loomrpc.LearnReply, error) {
	reg := a.hub.In(session.ProjectOf(ctx))
	unlearnt := a.pool.Unlearnt(reg.Servers)
	failed := a.pool.LearnNow(a.life, unlearnt)
	reply := loomrpc.LearnReply{Learnt: []loomrpc.ServerStatus{}, Failed: map[string]string{}}
	for _, s := range unlearnt {
		if err := failed[s.ID()]; err != nil {
			reply.Failed[s.ID()] = a.opts.Secrets.Text(err.Error())
			continue
		}
		reply.Learnt = append(reply.Learnt, a.serverStatus(s))
	}
	return reply, nil
}

func (a *App) restart(ctx context.Context, server string) (any, error) {
	ids, err := a.resolve(ctx, server)
	if err != nil {
		return nil, err
	}
	var reply loomrpc.RestartReply
	for _, id := range ids {
		reply.Stopped += a.pool.Restart(id)
	}
	return reply, nil
}

// resolve finds the ids of the server that a person means: the one that is there
// where they are, or has that id, or else the only one of that name. What clients
// have in place of it is meant, too, and comes behind it; each has an id of its own.
func (a *App) resolve(ctx context.Context, name string) (ids []string, err error) {
	for _, s := range a.hub.In(session.ProjectOf(ctx)).Servers {
		if string(s.Name) == name {
			ids = append(ids, s.ID())
		}
	}
	if ids != nil {
		return ids, nil
	}
	var same []string // ids of different servers of that name
	for _, s := range a.allServers() {
		switch id := s.ID(); {
		case s.Client != "" && id == name:
			return []string{id}, nil
		case registry.BaseOf(id) == name:
			ids = append(ids, id)
		case string(s.Name) == name && s.Client == "":
			same = append(same, id)
		}
	}
	switch {
	case ids != nil:
		return ids, nil
	case len(same) == 0:
		return nil, a.unknown(ctx, name)
	case len(same) == 1:
		return a.resolve(ctx, same[0])
	}
	return nil, loomrpc.Errorf(loomrpc.CodeUnknown, loomrpc.ErrorData{Server: name, Hint: "name one of: " + strings.Join(same, " ")}, "several projects have a server %q", name)
}

func (a *App) unknown(ctx context.Context, server string) error {
	names := ""
	for _, s := range a.hub.In(session.ProjectOf(ctx)).Servers {
		if s.Client == "" {
			names += " " + string(s.Name)
		}
	}
	hint := "loom servers lists what there is"
	if names != "" {
		hint = fmt.Sprintf("the registry has:%s", names)
	}
	return loomrpc.Errorf(loomrpc.CodeUnknown, loomrpc.ErrorData{Server: server, Hint: hint}, "unknown server %q", server)
}

package app

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/hub"
	"github.com/loom-core/loom/daemon/internal/project"
	"github.com/loom-core/loom/daemon/internal/session"
	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/registry/trust"
)

// projects are the folders with a registry of their own in which sessions are
// or were. A file is read when a session begins in its folder, and at a reload:
// a change of it is noticed then.
type projects struct {
	app *App

	// mu is held over looking at a project and saying so to hub and pool: of two
	// looks the later one is what counts.
	mu    sync.Mutex
	known map[string]*project.Project
	trust project.Trust // as it was read last
	read  os.FileInfo   // of that file; nil if there was none
}

// Find implements what a session wants to know of its folder. It looks at every
// project that is known around it, too: a file that is gone takes the servers of
// sessions with it that began while it was there.
func (p *projects) Find(dir string) string {
	top, found := registry.FindProject(dir, p.app.home)
	p.mu.Lock()
	defer p.mu.Unlock()
	around := slices.DeleteFunc(slices.Collect(maps.Keys(p.known)), func(known string) bool {
		return known == top || dir != known && !strings.HasPrefix(dir, known+"/")
	})
	for _, known := range around {
		p.lookLocked(known)
	}
	if !found || !p.lookLocked(top) {
		return ""
	}
	return top
}

// lookLocked looks at one project, and has hub and pool know what changed. It
// reports whether there is a project.
func (p *projects) lookLocked(dir string) bool {
	before := p.known[dir]
	now, there := project.Read(dir, p.app.hub.Registry(), p.trustLocked(), before)
	switch {
	case there && now == before, !there && before == nil:
		return there
	case there:
		p.known[dir] = now
		p.tell(now)
		p.app.hub.SetScope(dir, scope(now))
		if withdrawn(before, now) {
			p.revoke(dir)
		}
	default:
		delete(p.known, dir)
		p.app.hub.SetScope(dir, hub.Scope{})
	}
	p.app.pool.Keep(p.registriesLocked()...)
	return there
}

// tell writes down what became of a project.
func (p *projects) tell(now *project.Project) {
	p.app.log.Info("a project has a registry of its own", "project", now.Dir, "state", string(now.State), "servers", len(now.Servers()))
}

// set swaps the user's registry and looks at every project that is in use or
// trusted. Nothing in it fails: what is wrong with a project is that project's
// affair.
func (p *projects) set(base *registry.Registry) {
	inUse := p.app.sessionsIn()
	p.mu.Lock()
	trusted := p.trustLocked()
	before := p.known
	p.known = map[string]*project.Project{}
	scopes := map[string]hub.Scope{}
	var revoked []string
	for dir, was := range before {
		now, ok := project.Read(dir, base, trusted, was)
		if ok && withdrawn(was, now) {
			revoked = append(revoked, dir)
		}
		if !ok || now.Registry == nil && inUse[dir] == 0 {
			continue
		}
		if now != was {
			p.tell(now)
		}
		p.known[dir], scopes[dir] = now, scope(now)
	}
	p.app.hub.SetRegistry(base, scopes)
	for _, dir := range revoked {
		p.revoke(dir)
	}
	p.app.pool.Keep(p.registriesLocked()...)
	p.mu.Unlock()
	p.app.relocate()
}

// trustLocked is what the user has trusted. The file is replaced whenever it
// changes, and read again then.
func (p *projects) trustLocked() project.Trust {
	path := trust.Path(p.app.opts.Dirs.State)
	fi, err := os.Stat(path)
	if err == nil && p.read != nil && os.SameFile(fi, p.read) && fi.ModTime().Equal(p.read.ModTime()) && fi.Size() == p.read.Size() {
		return p.trust
	}
	store, loadErr := trust.Load(path)
	p.read, p.trust = fi, project.Trust{Store: store, Err: loadErr}
	return p.trust
}

func scope(p *project.Project) hub.Scope { return hub.Scope{Registry: p.Registry, Note: p.Note} }

// withdrawn reports whether the user took trust back. A file that changed is
// another thing: what it said before was trusted, and may finish its calls.
func withdrawn(before, now *project.Project) bool {
	return before != nil && before.State != project.Untrusted && now.State == project.Untrusted
}

func (p *projects) revoke(dir string) {
	p.app.log.Info("a project is not trusted any more; its servers are ended", "project", dir)
	p.app.pool.Revoke(dir)
}

func (p *projects) registriesLocked() []*registry.Registry {
	all := []*registry.Registry{p.app.hub.Registry()}
	for _, one := range p.known {
		if one.Registry != nil {
			all = append(all, one.Registry)
		}
	}
	return all
}

// all are the projects that are known, by folder.
func (p *projects) all() []*project.Project {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.SortedFunc(maps.Values(p.known), func(a, b *project.Project) int { return strings.Compare(a.Dir, b.Dir) })
}

// servers are those of all projects.
func (p *projects) servers() (out []registry.Server) {
	for _, one := range p.all() {
		out = append(out, one.Servers()...)
	}
	return out
}

// allServers are the user's own and those of projects.
func (a *App) allServers() []registry.Server {
	return append(a.projects.servers(), a.hub.Registry().Servers...)
}

// sessionsIn counts the sessions in each project.
func (a *App) sessionsIn() map[string]int {
	in := map[string]int{}
	a.mu.Lock()
	defer a.mu.Unlock()
	for s := range a.sessions {
		in[s.Project()]++
	}
	return in
}

// relocate has every session look where it is: a project may have come into
// being around it, or be gone.
func (a *App) relocate() {
	a.mu.Lock()
	all := slices.Collect(maps.Keys(a.sessions))
	a.mu.Unlock()
	for _, s := range all {
		s.Relocate()
	}
}

// reloadFor answers loom/reload. Whoever asks for it in a project wants to know
// of that, too, even if no client is there.
func (a *App) reloadFor(ctx context.Context) (any, error) {
	reply, err := a.reload()
	if err != nil {
		return nil, err
	}
	if dir := session.ProjectOf(ctx); dir != "" {
		note := a.hub.Scope(a.projects.Find(dir)).Note
		if note != "" && !slices.Contains(reply.Warnings, note) {
			reply.Warnings = append(reply.Warnings, note)
		}
	}
	return reply, nil
}

// lookAgain answers loom/projects. The user's registry stays as it is, so that
// a mistake in it is no reason to go on trusting a project.
func (a *App) lookAgain(context.Context, struct{}) (any, error) {
	a.reloadMu.Lock()
	defer a.reloadMu.Unlock()
	a.projects.set(a.hub.Registry())
	a.learnInBackground(a.allServers())
	return loomrpc.ProjectsReply{Projects: a.projectsStatus()}, nil
}

func (a *App) projectsStatus() []loomrpc.ProjectStatus {
	in := a.sessionsIn()
	out := []loomrpc.ProjectStatus{}
	for _, p := range a.projects.all() {
		s := loomrpc.ProjectStatus{Dir: p.Dir, State: string(p.State), Note: p.Note, Sessions: in[p.Dir], Servers: []loomrpc.ServerStatus{}}
		for _, server := range p.Servers() {
			s.Servers = append(s.Servers, a.serverStatus(server))
		}
		out = append(out, s)
	}
	return out
}

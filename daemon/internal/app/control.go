package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/loom-core/loom/core/environ"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/hub"
	"github.com/loom-core/loom/daemon/internal/session"
	"github.com/loom-core/loom/registry"
)

// control lists the methods of the command line.
func (a *App) control() map[string]session.Control {
	return map[string]session.Control{
		loomrpc.MethodAudit:          query(a.readAudit),
		loomrpc.MethodLearn:          func(ctx context.Context, _ json.RawMessage) (any, error) { return a.learn(ctx) },
		loomrpc.MethodLogs:           query(a.logs),
		loomrpc.MethodMetrics:        a.metricsText,
		loomrpc.MethodProjects:       query(a.lookAgain),
		loomrpc.MethodReload:         func(ctx context.Context, _ json.RawMessage) (any, error) { return a.reloadFor(ctx) },
		loomrpc.MethodRestart:        query(func(ctx context.Context, q loomrpc.RestartQuery) (any, error) { return a.restart(ctx, q.Server) }),
		loomrpc.MethodSecretsChanged: query(a.secretsChanged),
		loomrpc.MethodServers: func(ctx context.Context, _ json.RawMessage) (any, error) {
			return a.servers(session.ProjectOf(ctx)), nil
		},
		loomrpc.MethodStatus: func(context.Context, json.RawMessage) (any, error) { return a.status(), nil },
		loomrpc.MethodStop:   a.stop,
		loomrpc.MethodTools:  query(a.tools),
		loomrpc.MethodTrace:  query(a.traceMessages),
		loomrpc.MethodUnlock: a.unlock,
	}
}

// query decodes the params of a method.
func query[Q any](f func(context.Context, Q) (any, error)) session.Control {
	return func(ctx context.Context, params json.RawMessage) (any, error) {
		var q Q
		if len(params) > 0 {
			if err := json.Unmarshal(params, &q); err != nil {
				return nil, fmt.Errorf("reading the params: %w", err)
			}
		}
		return f(ctx, q)
	}
}

func (a *App) stop(context.Context, json.RawMessage) (any, error) {
	a.Shutdown()
	return struct {
		PID int `json:"pid"`
	}{os.Getpid()}, nil
}

func (a *App) metricsText(context.Context, json.RawMessage) (any, error) {
	text, err := a.metrics.text()
	return loomrpc.MetricsReply{Text: a.opts.Secrets.Text(text)}, err
}

func (a *App) status() loomrpc.Status {
	s := loomrpc.Status{
		Version: a.opts.Version, Protocol: loomrpc.Protocol, PID: os.Getpid(), Started: a.started, Socket: a.opts.Socket,
		StateDir: a.opts.Dirs.State, Registry: a.opts.RegistryFile, Environment: environ.Origin(), Metrics: a.metricsURL(), Keyring: a.keyringStatus(),
		Audit: a.auditStatus(), Traces: a.trace.Listeners(), Sessions: []loomrpc.Session{}, Servers: []loomrpc.ServerStatus{}, Projects: a.projectsStatus(),
	}
	s.Newer = a.newerLoom()
	s.RegistryError, _ = a.registryErr.Load().(string)
	a.mu.Lock()
	for one := range a.sessions {
		s.Sessions = append(s.Sessions, one.Info())
	}
	a.mu.Unlock()
	for _, f := range a.hub.Registry().Files {
		s.Layers = append(s.Layers, loomrpc.Layer{Name: string(f.Layer), Path: f.Path})
	}
	for _, server := range a.hub.Registry().Servers {
		s.Servers = append(s.Servers, a.serverStatus(server))
	}
	for _, server := range a.allServers() {
		s.Notes = append(s.Notes, a.pool.Notes(server.ID())...)
	}
	if view, err := a.hub.View(hub.Viewer{}); err == nil {
		s.Notes = slices.Concat(s.Notes, view.Collisions(), view.Changed())
	}
	return s
}

// servers adds the shipped ones that are off to those of the registry, as it is
// in that project.
func (a *App) servers(project string) loomrpc.ServersReply {
	reg := a.hub.In(project)
	reply := loomrpc.ServersReply{Servers: []loomrpc.ServerStatus{}, Note: a.hub.Scope(project).Note}
	for _, s := range reg.Servers {
		reply.Servers = append(reply.Servers, a.serverStatus(s))
	}
	for _, s := range registry.Shipped() {
		if _, ok := reg.Server(s.Name); !ok {
			s.Enabled = false
			reply.Servers = append(reply.Servers, a.serverStatus(s))
		}
	}
	return reply
}

func (a *App) serverStatus(s registry.Server) loomrpc.ServerStatus {
	name := s.ID()
	out := loomrpc.ServerStatus{
		Name: string(s.Name), Project: s.Project, Client: s.Client, Description: s.Description, Enabled: s.Enabled, Shipped: s.From != "", Denied: s.Denied, Share: string(s.Share),
		Command: strings.Join(append([]string{s.Command}, s.Args...), " "), Instances: []loomrpc.Instance{},
	}
	if s.URL != "" {
		out.Command = s.URL
	}
	if name != string(s.Name) {
		out.ID = name
	}
	if e, ok := a.catalog.Get(name); ok {
		out.Known = true
		for _, t := range e.Tools {
			if s.ToolEnabled(t.Name) {
				out.Tools++
				out.Tokens += tokens(t.Raw)
			}
		}
	}
	if err := a.pool.LastError(name); err != nil {
		out.LastError = a.opts.Secrets.Text(err.Error())
	}
	for _, i := range a.pool.Instances(name) {
		state := string(i.Phase)
		if i.Retired {
			state = "draining"
		}
		out.Instances = append(out.Instances, loomrpc.Instance{
			Key: i.Sharing.Key, State: state, PID: i.PID, Era: string(i.Era), Since: i.Since, InFlight: i.InFlight, Queued: i.Queued,
		})
	}
	return out
}

// tokens estimates what a definition costs a model: characters / 4.
func tokens(raw []byte) int { return (len(raw) + 3) / 4 }

// tools lists what a profile sees where the caller is, learning first what is
// missing.
func (a *App) tools(ctx context.Context, q loomrpc.ToolsQuery) (any, error) {
	project := session.ProjectOf(ctx)
	reg := a.hub.In(project)
	if _, ok := reg.Server(registry.ServerName(q.Server)); q.Server != "" && q.Server != loomrpc.ServerPrefix && !ok {
		return nil, a.unknown(ctx, q.Server)
	}
	reply := loomrpc.ToolsReply{Tools: []loomrpc.Tool{}, Unknown: map[string]string{}, Note: a.hub.Scope(project).Note}
	for name, err := range a.pool.LearnNow(ctx, a.pool.Unlearnt(reg.Servers)) {
		reply.Unknown[name] = a.opts.Secrets.Text(err.Error())
	}
	if q.Raw {
		a.definitions(reg, q.Server, &reply)
		return reply, nil
	}
	view, err := a.hub.View(hub.Viewer{Client: q.Client, Profile: q.Profile, Project: project})
	if err != nil {
		return nil, err
	}
	for _, t := range view.Tools {
		if q.Server != "" && t.Route.Server != q.Server || q.Name != "" && t.Name != q.Name {
			continue
		}
		reply.Tools = append(reply.Tools, loomrpc.Tool{Name: t.Name, Server: t.Route.Server, Tool: t.Route.Tool, Tokens: tokens(t.Raw), Definition: t.Raw})
	}
	if q.Name != "" && len(reply.Tools) == 0 {
		_, err := view.Find(loomrpc.Call{Tool: q.Name})
		return nil, notFound(err)
	}
	a.addUsage(ctx, &reply, func(name string) string {
		server, _ := view.Server(name)
		return server.ID()
	})
	return reply, nil
}

// definitions lists what the servers define themselves. What pins are compared
// with must not depend on a profile, which may hold back what is not pinned yet.
func (a *App) definitions(reg *registry.Registry, server string, reply *loomrpc.ToolsReply) {
	for _, s := range reg.Servers {
		name := s.ID()
		if !s.Enabled || server != "" && server != string(s.Name) {
			continue
		}
		entry, known := a.catalog.Get(name)
		if !known {
			if reply.Unknown[name] == "" {
				reply.Unknown[name] = "it was never started"
			}
			continue
		}
		for _, t := range entry.Tools {
			reply.Tools = append(reply.Tools, loomrpc.Tool{Server: name, Tool: t.Name, Tokens: tokens(t.Raw), Raw: t.Raw})
		}
	}
}

func notFound(err error) error {
	hint := "loom tools lists what there is"
	if nf, ok := err.(*hub.NotFoundError); ok && nf.Off != "" {
		hint = nf.Off
	}
	return loomrpc.Errorf(loomrpc.CodeUnknown, loomrpc.ErrorData{Hint: hint}, "%v", err)
}

// logWait is how long a question for more lines is held.
const logWait = 30 * time.Second

func (a *App) logs(ctx context.Context, q loomrpc.LogsQuery) (any, error) {
	lines := a.opts.Logs
	if q.Server != "" && q.Server != "loomd" {
		ids, err := a.resolve(ctx, q.Server)
		if err != nil {
			return nil, err
		}
		lines = a.pool.Logs(ids[0])
	}
	if q.Wait {
		ctx, cancel := context.WithTimeout(ctx, logWait)
		defer cancel()
		lines.Wait(ctx, q.After)
	}
	reply := loomrpc.LogsReply{Lines: []loomrpc.LogLine{}}
	found, next := lines.Since(q.After, q.Since)
	for _, l := range found {
		reply.Lines = append(reply.Lines, loomrpc.LogLine{Time: l.Time, From: l.From, Text: l.Text})
	}
	reply.Next = next
	return reply, nil
}

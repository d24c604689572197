package app

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/daemon/internal/audit"
	"github.com/loom-core/loom/daemon/internal/hub"
	"github.com/loom-core/loom/daemon/internal/session"
	"github.com/loom-core/loom/registry"
)

// openAudit begins to write down calls. It cannot fail; see [audit.Open].
func (a *App) openAudit() {
	a.audit = audit.Open(a.opts.Dirs.State, audit.Options{Log: a.log.With("component", "audit"), Mask: a.opts.Secrets.Text})
	a.atStop("audit", func() error {
		if err := a.audit.Close(); err != nil { // a full disk is no failure of loomd: its starter would start it again
			a.log.Warn("the audit log is not complete", "err", err)
		}
		return nil
	})
	a.metrics.watchAudit(a.audit.Status)
}

func (a *App) auditStatus() loomrpc.AuditStatus {
	dropped, lastError := a.audit.Status()
	return loomrpc.AuditStatus{File: a.audit.Path(), Dropped: dropped, Error: lastError}
}

// maxAudit is how many records one answer holds: some 5 MB of JSON.
const maxAudit = 20000

// readAudit answers loom/audit. It does not check the names: a server that was
// called once may have left the registry since.
func (a *App) readAudit(ctx context.Context, q loomrpc.AuditQuery) (any, error) {
	if q.Limit <= 0 || q.Limit > maxAudit {
		q.Limit = maxAudit
	}
	servers := a.audited(ctx, q.Server)
	if view, err := a.hub.View(hub.Viewer{Project: session.ProjectOf(ctx)}); err == nil && q.Tool != "" {
		if tool, err := view.Find(loomrpc.Call{Tool: q.Tool}); err == nil {
			of := a.audited(ctx, tool.Route.Server)
			if len(servers) == 0 {
				servers = of
			}
			if !slices.ContainsFunc(servers, func(id string) bool { return !slices.Contains(of, id) }) {
				q.Tool = tool.Route.Tool
			}
		}
	}
	records, matched, err := audit.Read(ctx, filepath.Dir(a.audit.Path()), audit.Query{
		Since: q.Since, Until: q.Until, Client: q.Client, Servers: servers, Tool: q.Tool, Outcome: q.Outcome, Limit: q.Limit,
	})
	if err != nil {
		return nil, fmt.Errorf("answering %s: %w", loomrpc.MethodAudit, err)
	}
	reply := loomrpc.AuditReply{Records: []loomrpc.AuditRecord{}, Matched: matched, Status: a.auditStatus()}
	for _, r := range records {
		reply.Records = append(reply.Records, loomrpc.AuditRecord(r))
	}
	return reply, nil
}

// audited are the ids under which calls of a server are on record.
func (a *App) audited(ctx context.Context, server string) []string {
	if server == "" {
		return nil
	}
	ids, err := a.resolve(ctx, server)
	if err != nil {
		return []string{server}
	}
	return ids
}

// usageLimit is how long a list of tools waits for old audit files to be read.
const usageLimit = 2 * time.Second

// addUsage says how often each tool was called. id is that of a server by its name.
func (a *App) addUsage(ctx context.Context, reply *loomrpc.ToolsReply, id func(string) string) {
	ctx, cancel := context.WithTimeout(ctx, usageLimit)
	defer cancel()
	used, since := a.audit.Usage(ctx)
	reply.UsageSince = since
	whole := map[audit.Tool]audit.Use{} // with the calls of clients that have another one in place of the server
	for tool, use := range used {
		tool.Server = registry.BaseOf(tool.Server)
		whole[tool] = whole[tool].With(use)
	}
	for i := range reply.Tools {
		t := &reply.Tools[i]
		use := whole[audit.Tool{Server: registry.BaseOf(id(t.Server)), Tool: t.Tool}]
		t.Calls, t.LastUsed = use.Calls, use.Last
	}
}

package cli

import (
	"context"
	"errors"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/proxy/internal/clientsync"
)

// apply writes what was planned, and says whether that was anything.
func (o *SyncOptions) apply(plan syncPlan) (wrote bool, err error) {
	for i, c := range plan.changes {
		g, refused := plan.refuses(c, o)
		if refused {
			continue
		}
		if err := g.save(); err != nil {
			return wrote, err
		}
		if plan.changes[i], err = clientsync.Apply(plan.ledger, c, o.Force, o.Now()); err != nil {
			return wrote, err
		}
		wrote = wrote || !c.None() && !blocked(c, o.Force)
	}
	return wrote, nil
}

// reload makes a loomd that runs read the registry again. The clients' files are
// written by then, so whatever goes wrong is said and is no failure.
func (o *SyncOptions) reload(ctx context.Context) {
	conn, err := o.Dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) {
		return
	}
	var reply loomrpc.ReloadReply
	if err == nil {
		reply, err = reload(ctx, o.IO, conn)
	}
	if err != nil {
		o.IO.Note("loomd did not read the registry again: %v", err)
		o.IO.Hint("loom reload")
		return
	}
	if file, err := o.RegistryFile(); err == nil && reply.Registry != file.Path {
		o.IO.Note("the loomd that runs reads %s, not %s", reply.Registry, file.Path)
	}
}

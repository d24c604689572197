package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/proxy/internal/inventory"
	"github.com/loom-core/loom/registry"
)

// apply does what the plan says: secrets first, then the registry, then each server
// is listed through Loom, and only then the clients' files. An end in between leaves
// servers in both places, and the same command goes on from there.
func (opts *ImportOptions) apply(ctx context.Context, p *importPlan) error {
	set, err := opts.keepSecrets(ctx, p.servers())
	if err != nil {
		return err
	}
	layer, err := opts.layer()
	if err != nil {
		return err
	}
	added, err := opts.register(ctx, layer, p.servers())
	if err != nil {
		return err
	}
	conn, err := opts.serve(ctx)
	if err != nil {
		return err
	}
	if opts.ring != nil { // only now there is surely a loomd to tell
		if _, err := opts.changed(ctx, opts.ring, set...); err != nil {
			return err
		}
	}
	if p.answers, err = opts.list(ctx, conn, p.servers()); err != nil {
		return err
	}
	var good, failed []inventory.Server
	for _, s := range p.servers() {
		if p.answers[string(s.Name)].err == "" {
			good = append(good, s)
		} else {
			failed = append(failed, s)
		}
	}
	if err := opts.planFiles(p, good); err != nil { // with the tools that they have
		return err
	}
	if held := p.heldEverywhere(good); len(held) > 0 {
		for _, s := range held {
			p.answers[string(s.Name)] = answer{err: p.whyHeld(s)}
		}
		failed = append(failed, held...)
		good = slices.DeleteFunc(good, func(s inventory.Server) bool { return p.answers[string(s.Name)].err != "" })
		if err := opts.planFiles(p, good); err != nil {
			return err
		}
	}
	if err := opts.undo(ctx, layer, conn, failed, added, set); err != nil {
		return err
	}
	if err := opts.limit(ctx, layer, p, good); err != nil {
		return err
	}
	if _, err := reload(ctx, opts.IO, conn); err != nil {
		return err
	}
	if err := opts.write(p); err != nil {
		return err
	}
	return printImported(opts, p, good, failed)
}

// write changes the clients' files. Where rules could not be written the servers that
// they are about stay where they are.
func (opts *ImportOptions) write(p *importPlan) error {
	stays := map[string]bool{} // by client
	for i, c := range p.changes {
		id := c.Target.ID
		if stays[id] && !c.Blocked() {
			p.changes[i].State, p.changes[i].Detail = clientsync.Conflict, c.Path+": nothing was taken over, since its rules could not be written"
		}
		if !p.changes[i].Blocked() {
			if err := p.sync.generated[id].save(); err != nil {
				return err
			}
		}
		var err error
		if p.changes[i], err = clientsync.Apply(p.ledger, p.changes[i], false, opts.Now()); err != nil {
			return err
		}
		stays[id] = stays[id] || p.changes[i].Blocked() && len(c.Entries) == 0
	}
	return nil
}

// keepSecrets puts the secrets into the keyring, and returns those that were not
// there.
func (opts *ImportOptions) keepSecrets(ctx context.Context, servers []inventory.Server) (set []string, err error) {
	var all []inventory.Secret
	for _, s := range servers {
		all = append(all, slices.DeleteFunc(slices.Clone(s.Secrets), func(one inventory.Secret) bool { return one.There })...)
	}
	if len(all) == 0 {
		return nil, nil
	}
	ring, err := opts.keyring()
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if err := checkSecret(one.Value.Reveal()); err != nil {
			return set, fmt.Errorf("%s: %w", one.Name, err)
		}
		if _, ring, err = opts.put(ctx, ring, one.Name, one.Value); err != nil {
			return set, err
		}
		opts.ring = ring
		set = append(set, one.Name)
	}
	return set, nil
}

// register writes the new entries, all of them or none.
func (opts *ImportOptions) register(ctx context.Context, layer importLayer, servers []inventory.Server) (added []registry.ServerName, err error) {
	return added, layer.edit(ctx, func(data []byte) ([]byte, error) {
		added = nil
		for _, s := range servers {
			if s.Known {
				continue
			}
			var err error
			if data, _, err = registry.Add(data, s.Name, s.New); err != nil {
				return nil, err
			}
			added = append(added, s.Name)
		}
		for _, name := range opts.Enable {
			var err error
			if data, _, err = registry.Enable(data, registry.ServerName(name)); err != nil {
				return nil, err
			}
		}
		return data, nil
	})
}

// serve makes a loomd serve the registry as it is now.
func (opts *ImportOptions) serve(ctx context.Context) (*Conn, error) {
	file, err := opts.RegistryFile()
	if err != nil {
		return nil, err
	}
	conn, err := opts.Dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) {
		dirs, err := opts.Dirs()
		if err != nil {
			return nil, err
		}
		reg, err := file.sources(dirs).Load()
		if err != nil {
			return nil, err
		}
		if _, err := saveEnvironment(opts.IO, dirs.SavedEnvironment(), opts.Env, reg); err != nil {
			return nil, err
		}
		return opts.Launch(ctx)
	}
	if err != nil {
		return nil, err
	}
	reply, err := reload(ctx, opts.IO, conn)
	if err != nil {
		return nil, err
	}
	if reply.Registry != file.Path {
		return nil, withHint(fmt.Errorf("the loomd that runs reads %s, not %s", reply.Registry, file.Path), "loom stop, and once more")
	}
	return conn, nil
}

// answer is what a server said when it was listed through Loom.
type answer struct {
	tools []string // its own names
	err   string
}

// list starts each server and asks for its tools.
func (opts *ImportOptions) list(ctx context.Context, conn *Conn, servers []inventory.Server) (map[string]answer, error) {
	done := opts.IO.Progress(slow, "starting each server once, through Loom")
	defer done()
	var reply loomrpc.ToolsReply // of all servers: those that are not known start at once
	if err := conn.Call(ctx, loomrpc.MethodTools, loomrpc.ToolsQuery{Raw: true}, &reply); err != nil {
		return nil, err
	}
	out := map[string]answer{}
	for _, s := range servers {
		var a answer
		for _, id := range slices.Sorted(maps.Keys(reply.Unknown)) { // what one client has otherwise has to start, too
			if registry.NameOf(id) == s.Name {
				a.err = cmp.Or(a.err, reply.Unknown[id])
			}
		}
		for _, t := range reply.Tools {
			if registry.NameOf(t.Server) == s.Name {
				a.tools = append(a.tools, t.Tool)
			}
		}
		slices.Sort(a.tools)
		a.tools = slices.Compact(a.tools)
		out[string(s.Name)] = a
	}
	return out, nil
}

package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/inventory"
	"github.com/loom-core/loom/proxy/internal/target"
)

// importPlan is what a takeover would do. It is made again once the servers are
// known to answer, for those that do.
type importPlan struct {
	host       target.Host
	ledger     *clientsync.Ledger
	files      []*inventory.File
	unreadable []string
	found      inventory.Plan
	changes    []clientsync.Change
	sync       syncPlan  // what is generated for the clients
	carried    []carried // rules, in the order of files
	answers    map[string]answer
}

// plan reads everything and writes nothing.
func (opts *ImportOptions) plan(ctx context.Context) (*importPlan, error) {
	p := &importPlan{}
	var err error
	if p.host, err = opts.Sync.Host(); err != nil {
		return nil, err
	}
	if p.ledger, err = opts.Sync.openLedger(); err != nil {
		return nil, err
	}
	for _, t := range target.All() {
		path, ok := opts.fileOf(p, t)
		if !ok {
			continue
		}
		f, err := inventory.Read(t, path, clientsync.Scope(opts.Sync.Scope))
		if err != nil {
			p.unreadable = append(p.unreadable, err.Error())
			continue
		}
		p.files = append(p.files, f)
	}
	reg, err := opts.joint()
	if err != nil {
		return nil, err
	}
	p.found = inventory.Gather(p.files, inventory.Options{Registry: reg, Project: opts.project(), Env: opts.variable, Secret: opts.lookup(ctx)})
	p.drop(opts.wants)
	if err := opts.knowsAll(p); err != nil {
		return nil, err
	}
	if err := opts.planFiles(p, p.servers()); err != nil {
		return nil, err
	}
	return p, opts.settle(p)
}

// fileOf is the file of a client that is looked at. One that nobody has proven is
// written only when it is named.
func (opts *ImportOptions) fileOf(p *importPlan, t target.Target) (string, bool) {
	named := slices.Contains(opts.From, t.ID)
	all := len(opts.From) == 0 || slices.Contains(opts.From, "all")
	if !named && (!all || t.Proof == target.Unverified || !t.Installed(p.host)) {
		return "", false
	}
	path := t.UserFile(p.host)
	if opts.Sync.Scope == string(clientsync.Project) {
		path = t.ProjectFile(opts.Sync.Dir)
	}
	return path, path != ""
}

// knowsAll refuses a server that was named and that nobody has.
func (opts *ImportOptions) knowsAll(p *importPlan) error {
	for _, name := range opts.Only {
		if !slices.ContainsFunc(p.found.Servers, func(s inventory.Server) bool { return string(s.Name) == name }) {
			return withHint(fmt.Errorf("no client has a server that would be called %q", name), "loom import --dry-run shows their names")
		}
	}
	return nil
}

// drop takes servers out of the plan that nobody wants.
func (p *importPlan) drop(wants func(string) bool) {
	p.found.Servers = slices.DeleteFunc(p.found.Servers, func(s inventory.Server) bool { return !wants(string(s.Name)) })
}

func (p *importPlan) servers() []inventory.Server { return p.found.Servers }

// planFiles says what becomes of the clients' files when these servers are taken
// over: of those with the servers, and of those with rules that name them.
func (opts *ImportOptions) planFiles(p *importPlan, servers []inventory.Server) error {
	p.changes, p.sync, p.carried = nil, syncPlan{}, nil
	moved := movedSecrets(p.found.Servers)
	for _, f := range p.files {
		rules, err := opts.carry(p, f, servers)
		if err != nil {
			return err
		}
		p.carried = append(p.carried, rules)
		w := clientsync.Wanted{Target: f.Target, Path: f.Path, Scope: f.Scope, Moved: moved}
		for _, s := range servers {
			for _, i := range s.Items {
				if _, blocked := p.blocks(i); i.File == f && !blocked {
					w.Take = append(w.Take, clientsync.Take{Name: i.Name, Hash: clientsync.Hash(i.Value)})
				}
			}
		}
		if len(w.Take) == 0 && !opts.everyClient {
			continue
		}
		if w.Entries, err = p.sync.entries(opts.Sync, p.host, f.Target, f.Path); err != nil {
			return err
		}
		if len(rules.Entry) > 0 && len(w.Entries) == 1 {
			w.Carried = map[string]configfile.Object{w.Entries[0].Key: rules.Entry}
		}
		var others []clientsync.Wanted
		for _, r := range rules.Rewrites {
			if r.File.Path == f.Path {
				w.Edits, w.Seen = append(w.Edits, r.Edits...), clientsync.HashText(r.File.Data)
				continue
			}
			others = append(others, clientsync.Wanted{
				Target: f.Target, Path: r.File.Path, Scope: f.Scope, Format: r.File.Format,
				Edits: r.Edits, Seen: clientsync.HashText(r.File.Data), Moved: moved,
			})
		}
		// Rules first: in between a server has both names, and each is ruled.
		for _, w := range append(others, w) {
			p.changes = append(p.changes, clientsync.PlanFile(p.ledger, w, false, opts.Now()))
		}
	}
	return nil
}

func movedSecrets(servers []inventory.Server) []clientsync.Moved {
	var out []clientsync.Moved
	for _, s := range servers {
		for _, one := range s.Secrets {
			out = append(out, clientsync.Moved{Name: one.Name, Value: one.Value})
		}
	}
	return out
}

// variable is a variable of this shell.
func (opts *ImportOptions) variable(name string) (string, bool) {
	for _, kv := range opts.Env {
		if value, ok := strings.CutPrefix(kv, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// lookup looks for secrets in the keyring. Where there is none, there are none.
func (opts *ImportOptions) lookup(ctx context.Context) func(string) (secret.Value, bool) {
	ring, err := opts.keyring()
	if err != nil {
		return func(string) (secret.Value, bool) { return secret.Value{}, false }
	}
	items, _ := ring.List()
	return func(name string) (secret.Value, bool) {
		if !hasItem(items, name) {
			return secret.Value{}, false
		}
		v, err := ring.Get(ctx, name)
		return v, err == nil
	}
}

// openLedger reads what was written into clients' files.
func (opts *SyncOptions) openLedger() (*clientsync.Ledger, error) {
	dirs, err := opts.Dirs()
	if err != nil {
		return nil, err
	}
	return clientsync.OpenLedger(filepath.Join(dirs.State, "sync.json"))
}

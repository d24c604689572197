package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/toolname"
	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/inventory"
	"github.com/loom-core/loom/proxy/internal/rules"
	"github.com/loom-core/loom/proxy/internal/target"
	"github.com/loom-core/loom/registry"
)

// carried is what becomes of the rules of one client.
type carried struct {
	file      *inventory.File
	forbidden string // why the client would not start Loom at all
	rules.Plan
}

// carry says how the rules of a client go on to count when servers of one of its files
// are taken over. Which tools they have is known once they were listed.
func (opts *ImportOptions) carry(p *importPlan, f *inventory.File, servers []inventory.Server) (carried, error) {
	t := rules.Takeover{Client: f.Target.ID, Project: opts.project()}
	for _, s := range servers {
		for _, i := range s.Items {
			entry, _ := i.Value.(configfile.Object)
			if i.File != f {
				continue
			}
			t.Moves = append(t.Moves, rules.Move{
				From: i.Name, Server: string(s.Name), Tools: p.answers[string(s.Name)].tools, Entry: entry,
				Name: func(tool string) string { return toolname.Expose(string(s.Name), tool) },
			})
		}
	}
	if len(t.Moves) == 0 {
		return carried{file: f}, nil
	}
	var err error
	if t.Files, err = ruleFiles(p.host, f.Target, p.projects(opts.Sync.Dir)); err != nil {
		return carried{}, err
	}
	entries, err := syncEntries(opts.Sync, p.host, f.Target, f.Path)
	if err != nil {
		return carried{}, err
	}
	plan := t.Plan()
	if reason := rules.Forbidden(f.Target.ID, rewritten(t.Files, plan), commandOf(f.Target, entries)); reason != "" {
		return carried{file: f, forbidden: reason}, nil
	}
	return carried{file: f, Plan: plan}, nil
}

// rewritten are the files as a plan leaves them.
func rewritten(files []rules.File, plan rules.Plan) []rules.File {
	out := slices.Clone(files)
	for _, r := range plan.Rewrites {
		for i, f := range out {
			if f.Path != r.File.Path {
				continue
			}
			if after, _, err := configfile.Change(f.Format, f.Data, r.Edits); err == nil {
				out[i].Data = after
			}
		}
	}
	return out
}

// commandOf is the command line of the first of Loom's entries.
func commandOf(t target.Target, entries configfile.Object) []string {
	if len(entries) == 0 {
		return nil
	}
	o, _ := entries[0].Value.(configfile.Object)
	f, _ := t.Found(o)
	return append([]string{f.Command}, f.Args...)
}

// ruleFiles are the files in which a client may have rules: the user's, those of all
// projects that are known, and the machine's.
func ruleFiles(h target.Host, t target.Target, projects []string) ([]rules.File, error) {
	var out []rules.File
	for _, l := range rules.Locations(t.ID, h, projects) {
		paths := []string{l.Path}
		if l.Below != "" {
			paths = filesBelow(l.Path, l.Below)
		}
		for _, path := range paths {
			data, there, err := clientsync.Read(path)
			if err != nil && !errors.Is(err, fs.ErrPermission) {
				return nil, err
			}
			if err != nil {
				return nil, fmt.Errorf("%s may have rules that name a server, and cannot be read: %w", path, err)
			}
			f := rules.File{Path: path, Format: l.Format, Owner: l.Owner, Dir: l.Dir}
			if there {
				f.Data = append([]byte{}, data...)
			}
			out = append(out, f)
		}
	}
	return out, nil
}

// maxBelow bounds how many files of a folder are read.
const maxBelow = 2000

func filesBelow(dir, ending string) []string {
	var paths []string
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.HasSuffix(path, ending) && len(paths) < maxBelow {
			paths = append(paths, path)
		}
		return nil // what cannot be read is not read by its client either
	})
	return paths
}

// projects are the folders that may have rules of their own: this one, and those that
// Claude Code notes.
func (p *importPlan) projects(dir string) []string {
	out := []string{dir}
	claude, _ := target.Find("claude")
	data, there, err := clientsync.Read(claude.UserFile(p.host))
	if err != nil || !there {
		return out
	}
	file, err := configfile.Parse(claude.Format, data)
	if err != nil {
		return out
	}
	entries, _, err := file.Entries("projects")
	if err != nil {
		return out
	}
	for _, e := range entries {
		if info, err := os.Stat(e.Key); err == nil && info.IsDir() && filepath.IsAbs(e.Key) && !slices.Contains(out, e.Key) {
			out = append(out, e.Key)
		}
	}
	return out
}

// settle takes servers out of the plan that stay with all of their clients, since rules
// would stop to count. One that stays with some of them is switched off for these in
// Loom: it must not run twice there.
func (opts *ImportOptions) settle(p *importPlan) error {
	no := false
	var all []string
	for n := range p.found.Servers {
		s := &p.found.Servers[n]
		held := p.held(*s)
		for _, i := range s.Items {
			if b, blocked := p.blocks(i); blocked {
				p.found.Left = append(p.found.Left, inventory.Left{Item: i, Why: whyHeld(b)})
			}
		}
		if len(held) == len(clientsOf(*s)) {
			all = append(all, string(s.Name))
			continue
		}
		for _, id := range held {
			if at := slices.IndexFunc(s.New.Targets, func(t registry.NewTarget) bool { return t.Client == id }); at >= 0 {
				s.New.Targets = slices.Delete(s.New.Targets, at, at+1)
			}
			s.New.Targets = append(s.New.Targets, registry.NewTarget{Client: id, Enabled: &no})
		}
	}
	if len(all) == 0 {
		return nil
	}
	p.drop(func(name string) bool { return !slices.Contains(all, name) })
	return opts.planFiles(p, p.servers())
}

// whyHeld says which rule is in the way.
func whyHeld(b rules.Blocked) string {
	where := ""
	if b.Place.Path != "" {
		where = b.Place.String() + ": "
	}
	if b.Rule == "" {
		return where + b.Why
	}
	return fmt.Sprintf("%s%s: %s", where, b.Rule, b.Why)
}

// held are the clients with which a server stays, since a rule of theirs would stop to
// count.
func (p *importPlan) held(s inventory.Server) []string {
	var ids []string
	for _, i := range s.Items {
		if _, ok := p.blocks(i); ok && !slices.Contains(ids, i.File.Target.ID) {
			ids = append(ids, i.File.Target.ID)
		}
	}
	return ids
}

// heldEverywhere are the servers that stay with all of their clients.
func (p *importPlan) heldEverywhere(servers []inventory.Server) []inventory.Server {
	return slices.DeleteFunc(slices.Clone(servers), func(s inventory.Server) bool { return len(p.held(s)) < len(clientsOf(s)) })
}

// whyHeld are the rules that keep a server where it is.
func (p *importPlan) whyHeld(s inventory.Server) string {
	var why []string
	for _, i := range s.Items {
		if b, blocked := p.blocks(i); blocked {
			why = append(why, whyHeld(b))
		}
	}
	return strings.Join(why, "\n")
}

// blocks is the rule that keeps an item where it is.
func (p *importPlan) blocks(i inventory.Item) (rules.Blocked, bool) {
	for _, c := range p.carried {
		if c.file != i.File {
			continue
		}
		if c.forbidden != "" {
			return rules.Blocked{From: i.Name, Why: c.forbidden}, true
		}
		for _, b := range c.Blocked {
			if b.From == i.Name {
				return b, true
			}
		}
	}
	return rules.Blocked{}, false
}

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

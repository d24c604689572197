package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/rules"
	"github.com/loom-core/loom/proxy/internal/target"
	"github.com/loom-core/loom/registry"
)

// syncWarning is something beside Loom's entry that a user would want to mend.
type syncWarning struct {
	client string
	Text   string `json:"text"`
	Mend   string `json:"mend,omitempty"` // the command
	does   string // what it does, or what else to do
}

// syncWarnings looks at the files that each client of a plan reads here, its own and
// those of others: as they are when the plan is only shown, else as it leaves them.
func syncWarnings(opts *SyncOptions, plan syncPlan) []syncWarning {
	host, err := opts.Host()
	if err != nil || opts.back {
		return nil
	}
	w := warner{opts: opts, plan: plan, host: host, texts: map[string][]byte{}}
	for _, c := range plan.changes {
		if w.texts[c.Path] = c.After; opts.status || blocked(c, opts.Force) {
			w.texts[c.Path] = c.Before
		}
	}
	if reg, err := opts.Registry(); err == nil { // without one Loom starts nothing
		w.registry = reg
	}
	var all []syncWarning
	for _, c := range plan.changes {
		all = append(all, w.about(c)...)
	}
	return all
}

type warner struct {
	opts     *SyncOptions
	plan     syncPlan
	host     target.Host
	texts    map[string][]byte // of files that the plan is about
	registry *registry.Registry
}

func (w warner) about(c clientsync.Change) []syncWarning {
	var all []syncWarning
	var looms []target.Source
	t := c.Target
	for _, source := range t.Sources(w.host, w.opts.Dir) {
		has := false
		for _, e := range w.entries(source) {
			o, _ := e.Value.(configfile.Object)
			f, ok := source.Of.Found(o)
			switch {
			case !ok || f.Disabled:
			case isLoom(f):
				has = true
			default:
				if name, twice := w.alsoInLoom(t, source.Of, f); twice {
					text := fmt.Sprintf("%s is also started by %s itself (%s:%d)", name, t.Name, source.Path, e.Pos.Line)
					all = append(all, syncWarning{t.ID, text, "loom import", " takes it over"})
				}
			}
		}
		if has {
			looms = append(looms, source)
		}
	}
	if len(c.Entries) > 0 {
		files, err := ruleFiles(w.host, t, []string{w.opts.Dir})
		if reason := rules.Forbidden(t.ID, files, commandOf(t, c.Entries)); err == nil && reason != "" {
			all = append(all, syncWarning{t.ID, t.Name + " does not start it: " + reason, "", ""})
		}
	}
	for i := 1; i < len(looms); i++ {
		text := fmt.Sprintf("%s reads Loom's entry in %s and in %s", t.Name, looms[0].Path, looms[i].Path)
		mend, does := w.mend(t, looms[0], looms[i])
		all = append(all, syncWarning{t.ID, text, mend, does})
	}
	return all
}

// entries are those of a file, or none where there is nothing to be read.
func (w warner) entries(s target.Source) []configfile.Entry {
	text, planned := w.texts[s.Path]
	if info, err := os.Stat(s.Path); !planned && (err != nil || !info.Mode().IsRegular() || info.Size() > configfile.MaxSize) {
		return nil
	}
	if !planned {
		text, _ = os.ReadFile(s.Path)
	}
	f, err := configfile.Parse(s.Of.Format, text)
	if err != nil {
		return nil
	}
	entries, _, _ := f.Entries(s.Of.Key...)
	return entries
}

// isLoom reports an entry that starts loom proxy, under whatever name.
func isLoom(f target.Found) bool {
	words := append([]string{f.Command}, f.Args...)
	i := slices.IndexFunc(words, func(word string) bool { return filepath.Base(word) == "loom" })
	return i >= 0 && slices.Contains(words[i:], "proxy")
}

// alsoInLoom is the server of the registry that the client gets through Loom too.
func (w warner) alsoInLoom(t, of target.Target, f target.Found) (registry.ServerName, bool) {
	if w.registry == nil {
		return "", false
	}
	profile, err := w.registry.ProfileFor(t.ID, w.opts.Profile)
	for _, s := range w.registry.Servers {
		if s.Enabled && (err != nil || profile.Allows(s)) && sameServer(s, of.Refer, f) {
			return s.Name, true
		}
	}
	return "", false
}

// sameServer reports that both start the same program in the same way, or are the
// same address. Where a program is said with its folder only once, its name counts.
func sameServer(s registry.Server, refer target.Refer, f target.Found) bool {
	read := func(text string) string { text, _ = refer.Read(text); return text }
	if s.URL != "" || f.URL != "" {
		return strings.TrimSuffix(read(f.URL), "/") == strings.TrimSuffix(s.URL, "/")
	}
	theirs, ours := read(f.Command), s.Command
	if filepath.IsAbs(theirs) != filepath.IsAbs(ours) {
		theirs, ours = filepath.Base(theirs), filepath.Base(ours)
	}
	return theirs == ours && slices.EqualFunc(f.Args, s.Args, func(a, b string) bool { return read(a) == b })
}

// mend is the command that leaves one of two entries. One in a project's file goes
// first, if Loom wrote it here: the user's counts everywhere.
func (w warner) mend(t target.Target, one, other target.Source) (command, does string) {
	for _, s := range []target.Source{other, one} {
		_, ours := w.plan.ledger.Of(s.Path)
		switch {
		case s.Local:
			return "", "take it out of one of them"
		case !ours:
			continue
		case s.Project:
			return fmt.Sprintf("loom unsync %s --scope project", s.Of.ID), " takes out one"
		}
		return fmt.Sprintf("loom unsync %s", t.ID), " takes out one"
	}
	return "", "take it out of one of them"
}

func printSyncWarnings(opts *SyncOptions, warnings []syncWarning) {
	for _, w := range warnings {
		mend := ""
		if w.Mend+w.does != "" {
			mend = "; " + w.Mend + w.does
		}
		fmt.Fprintf(opts.IO.Out, "%s %s%s\n", opts.IO.paint("warning:", warn), w.Text, mend)
	}
}

package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/proxy/internal/entries"
)

// syncedFile is what `loom sync --json` prints of a file.
type syncedFile struct {
	Client  string `json:"client"`
	Proof   string `json:"proof"`
	File    string `json:"file,omitempty"`
	State   string `json:"state"`
	Detail  string `json:"detail,omitempty"`
	Changed bool   `json:"changed"` // or would be
	After   string `json:"after,omitempty"`

	Warnings []syncWarning `json:"warnings,omitempty"`

	Mode      entries.Mode `json:"mode,omitempty"`
	Generated string       `json:"generated,omitempty"`
}

func syncedFiles(opts *SyncOptions, plan syncPlan, warnings []syncWarning) []syncedFile {
	files := []syncedFile{}
	for _, c := range plan.changes {
		f := syncedFile{Client: c.Target.ID, Proof: string(c.Target.Proof), File: c.Path, State: string(c.State), Detail: c.Detail, Changed: !c.None() && !blocked(c, opts.Force)}
		g, refused := plan.refuses(c, opts)
		if f.Mode, f.Generated = g.mode, g.path; refused {
			f.State, f.Detail, f.Changed = string(clientsync.Stale), g.detail(), false
		}
		if f.Changed {
			f.After = syncAfter(opts, c)
		}
		for _, w := range warnings {
			if w.client == f.Client {
				f.Warnings = append(f.Warnings, w)
			}
		}
		files = append(files, f)
	}
	for _, t := range plan.absent {
		files = append(files, syncedFile{Client: t.ID, Proof: string(t.Proof), State: string(clientsync.NotInstalled)})
	}
	return files
}

func blocked(c clientsync.Change, force bool) bool {
	return c.State == clientsync.Unreadable || c.Blocked() && !force
}

// printSync says what was done, or would be, and what the user has to do now.
func printSync(opts *SyncOptions, plan syncPlan) error {
	failed := false
	for _, c := range plan.changes {
		_, refused := plan.refuses(c, opts)
		failed = failed || refused || blocked(c, opts.Force)
	}
	if opts.JSON {
		if err := opts.IO.JSON(syncedFiles(opts, plan, syncWarnings(opts, plan))); err != nil {
			return err
		}
	} else {
		printSyncChanges(opts, plan)
	}
	if failed {
		return errPrinted
	}
	return nil
}

func printSyncChanges(opts *SyncOptions, plan syncPlan) {
	io := opts.IO
	var changed []clientsync.Change
	for _, c := range plan.changes {
		what := syncDone(opts, c)
		g, refused := plan.refuses(c, opts)
		switch {
		case refused:
			fmt.Fprintf(io.Out, "%s: %s %s\n", c.Target.Name, io.paint("stale:", bad), g.detail())
			for _, hint := range g.hints(c.Target.ID) {
				fmt.Fprintf(io.Out, "  hint: %s\n", hint)
			}
			continue
		case blocked(c, opts.Force):
			fmt.Fprintf(io.Out, "%s: %s %s\n", c.Target.Name, io.paint(what+":", bad), c.Detail)
			if c.State != clientsync.Unreadable {
				fmt.Fprintf(io.Out, "  hint: loom %s %s --force replaces it\n", opts.verb(), c.Target.ID)
			}
			continue
		case c.None():
			fmt.Fprintf(io.Out, "%s: %s (%s)\n", c.Target.Name, io.paint(what, dim), c.Path)
			continue
		}
		changed = append(changed, c)
		fmt.Fprintf(io.Out, "%s: %s (%s)\n", c.Target.Name, io.paint(what, good), c.Path)
		if opts.Diff {
			printFileDiff(io, c)
		}
	}
	if len(plan.changes) == 0 {
		fmt.Fprintln(io.Out, "There is nothing to do: no client has an entry of Loom's.")
	}
	if len(plan.absent) > 0 && !opts.back {
		var names []string
		for _, t := range plan.absent {
			names = append(names, t.ID)
		}
		fmt.Fprintf(io.Out, "Not installed: %s\n", strings.Join(names, ", "))
	}
	printSyncWarnings(opts, syncWarnings(opts, plan))
	if len(changed) > 0 && !opts.DryRun {
		fmt.Fprintln(io.Out)
		for _, c := range changed {
			fmt.Fprintf(io.Out, "%s: %s\n", c.Target.Name, syncAfter(opts, c))
		}
	}
}

func (o *SyncOptions) verb() string {
	if o.back {
		return "unsync"
	}
	return "sync"
}

func syncDone(opts *SyncOptions, c clientsync.Change) string {
	would := ""
	if opts.DryRun {
		would = "would be "
	}
	switch {
	case c.State == clientsync.Unreadable:
		return "left alone"
	case blocked(c, opts.Force):
		return string(c.State)
	case c.None():
		return string(clientsync.InSync)
	case c.Remove:
		return would + "removed"
	case opts.back:
		return would + "restored"
	}
	return would + "written"
}

// printFileDiff shows what changes in a file: of a line that changes in part, only
// that part, since the rest of it may be a secret of somebody else.
func printFileDiff(io *IO, c clientsync.Change) {
	before, after := c.Shown()
	var gone, come []string
	flush := func() {
		for i := range max(len(gone), len(come)) {
			var before, after string
			if i < len(gone) {
				before = gone[i]
			}
			if i < len(come) {
				after = come[i]
			}
			before, after = changedPart(before, after)
			if before != "" {
				fmt.Fprintln(io.Out, io.paint("  - "+before, bad))
			}
			if after != "" {
				fmt.Fprintln(io.Out, io.paint("  + "+after, good))
			}
		}
		gone, come = nil, nil
	}
	for _, d := range diffLines(fileLines(before), fileLines(after)) {
		switch d.mark {
		case '-':
			gone = append(gone, d.text)
		case '+':
			come = append(come, d.text)
		default:
			flush()
		}
	}
	flush()
}

// changedPart is what differs of two lines, with … for what they have in common at
// their ends. A line that has no other is whole.
func changedPart(before, after string) (string, string) {
	if before == "" || after == "" {
		return before, after
	}
	head := 0
	for head < min(len(before), len(after)) && before[head] == after[head] {
		head++
	}
	tail := 0
	for tail < min(len(before), len(after))-head && before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	part := func(line string) string {
		middle := strings.ToValidUTF8(line[head:len(line)-tail], "")
		if middle == "" {
			return ""
		}
		if strings.TrimSpace(line[:head]) != "" {
			middle = "…" + middle
		} else {
			middle = line[:head] + middle
		}
		if strings.TrimSpace(line[len(line)-tail:]) != "" {
			middle += "…"
		}
		return middle
	}
	return part(before), part(after)
}

func fileLines(data []byte) []string {
	var lines []string
	for line := range strings.Lines(string(data)) {
		lines = append(lines, visible(strings.TrimRight(line, "\r\n")))
	}
	return lines
}

// printSyncStatus is a table, and a failure when not all is in sync.
func printSyncStatus(opts *SyncOptions, plan syncPlan) error {
	warnings := syncWarnings(opts, plan)
	files := syncedFiles(opts, plan, warnings)
	stale := false
	for _, f := range files {
		stale = stale || f.State != string(clientsync.InSync) && f.State != string(clientsync.NotInstalled)
	}
	if opts.JSON {
		if err := opts.IO.JSON(files); err != nil {
			return err
		}
	} else {
		t := newTable(opts.IO, "CLIENT", "STATE", "KNOWN BY", "FILE")
		for _, f := range files {
			state := f.State
			if f.Mode == entries.Split || f.Mode == entries.Direct {
				state += " (" + string(f.Mode) + ")"
			}
			t.row(f.Client, cell{state, stateStyle(f.State)}, f.Proof, f.File)
		}
		t.print()
		for _, f := range files {
			if f.Detail != "" {
				fmt.Fprintf(opts.IO.Out, "\n%s: %s\n", f.Client, f.Detail)
			}
		}
		if len(warnings) > 0 {
			fmt.Fprintln(opts.IO.Out)
			printSyncWarnings(opts, warnings)
		}
		if stale {
			fmt.Fprintln(opts.IO.Out)
			for _, command := range plan.mend(opts) {
				fmt.Fprintln(opts.IO.Out, "hint: "+command)
			}
		}
	}
	if stale {
		return errPrinted
	}
	return nil
}

// mend are the commands that bring all in sync.
func (p syncPlan) mend(opts *SyncOptions) (commands []string) {
	for _, c := range p.changes {
		g, refused := p.refuses(c, opts)
		command := g.command(c.Target.ID)
		if command == "loom sync "+c.Target.ID { // nothing is special about it
			command = "loom sync"
		}
		if (refused || c.State != clientsync.InSync) && !slices.Contains(commands, command) {
			commands = append(commands, command)
		}
	}
	return commands
}

func stateStyle(state string) style {
	switch clientsync.State(state) {
	case clientsync.InSync:
		return good
	case clientsync.NotInstalled:
		return dim
	case clientsync.Missing, clientsync.Stale:
		return warn
	}
	return bad
}

package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/proxy/internal/inventory"
)

// clientsOf are the ids of the clients that have a server.
func clientsOf(s inventory.Server) []string {
	var ids []string
	for _, i := range s.Items {
		if id := i.File.Target.ID; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// printTakeover shows a plan: what becomes of each server and of each file, and which
// tokens stood where everybody with the file could read them.
func printTakeover(opts *ImportOptions, p *importPlan) {
	io := opts.IO
	for _, text := range p.unreadable {
		io.Note("left alone: %s", text)
	}
	if len(p.servers()) == 0 {
		fmt.Fprintln(io.Out, "There is nothing to take over: no client has a server of its own that Loom could run.")
	} else {
		t := newTable(io, "SERVER", "FROM", "SHARE", "COMMAND")
		t.last = cut
		for _, s := range p.servers() {
			what := strings.Join(append([]string{s.New.Command}, s.New.Args...), " ")
			if s.New.URL != "" {
				what = s.New.URL
			}
			share := string(s.New.Share)
			if s.Known {
				what, share = "(the registry has it already)", ""
			}
			t.row(string(s.Name), strings.Join(clientsOf(s), ", "), share, visible(what))
		}
		t.print()
		printShares(io, p.servers())
	}
	printLeft(io, p.found.Left)
	if len(p.changes) > 0 {
		fmt.Fprintln(io.Out, "\nFiles that change:")
	}
	for _, c := range p.changes {
		printTaken(opts, c)
	}
	printRules(io, p)
	printPlaintext(io, p.servers(), "\nTokens that stand in plaintext and go into the keyring. Programs may have read them: rotate them.")
	if copies := inventory.Copies(p.servers(), p.host); len(copies) > 0 {
		fmt.Fprintln(io.Out, "\nCopies of these files, which their clients or you made, and which hold such tokens. Loom leaves them alone: remove them.")
		for _, place := range copies {
			fmt.Fprintf(io.Out, "  %s\n", place)
		}
	}
}

// printShares says by which rule servers are shared, each rule once.
func printShares(io *IO, servers []inventory.Server) {
	rules := map[string][]string{}
	for _, s := range servers {
		if !s.Known {
			rule := fmt.Sprintf("%s, since %s", s.New.Share, s.Reason)
			rules[rule] = append(rules[rule], string(s.Name))
		}
	}
	if len(rules) > 0 {
		fmt.Fprintln(io.Out)
	}
	for _, rule := range slices.Sorted(maps.Keys(rules)) {
		fmt.Fprintf(io.Out, "share %s: %s\n", rule, strings.Join(rules[rule], ", "))
	}
	for _, s := range servers {
		if len(s.Lost) > 0 {
			fmt.Fprintf(io.Out, "%s: of no use to Loom, and left out: %s\n", s.Name, strings.Join(s.Lost, ", "))
		}
	}
}

func printLeft(io *IO, left []inventory.Left) {
	if len(left) == 0 {
		return
	}
	fmt.Fprintln(io.Out, "\nThese stay with their client:")
	for _, l := range left {
		fmt.Fprintf(io.Out, "  %s in %s (%s): %s\n", visible(l.Item.Name), l.Item.File.Target.Name, l.Item.Place(), l.Why)
		for _, name := range l.Plain {
			fmt.Fprintf(io.Out, "    its %s stays in plaintext there\n", visible(name))
		}
	}
}

func printTaken(opts *ImportOptions, c clientsync.Change) {
	io := opts.IO
	var names []string
	for _, t := range c.Take {
		names = append(names, visible(t.Name))
	}
	switch {
	case c.Blocked():
		fmt.Fprintf(io.Out, "  %s: %s: %s\n", c.Path, io.paint(string(c.State), bad), c.Detail)
		return
	case c.None():
		fmt.Fprintf(io.Out, "  %s: has its entry already\n", c.Path)
		return
	case len(c.Entries) == 0:
		fmt.Fprintf(io.Out, "  %s: rules\n", c.Path)
	case len(names) == 0:
		fmt.Fprintf(io.Out, "  %s: loom in\n", c.Path)
	default:
		fmt.Fprintf(io.Out, "  %s: %s out, loom in\n", c.Path, strings.Join(names, ", "))
	}
	if opts.Diff {
		printFileDiff(io, c)
	}
}

func printPlaintext(io *IO, servers []inventory.Server, head string) {
	for _, s := range servers {
		for _, one := range s.Secrets {
			for _, place := range one.Places {
				if head != "" {
					fmt.Fprintln(io.Out, head)
					head = ""
				}
				fmt.Fprintf(io.Out, "  %s  %s  becomes ${secret:%s}\n", place, one.For, one.Name)
			}
		}
	}
}

// printImported says what was done, and what the user has to do now.
func printImported(opts *ImportOptions, p *importPlan, moved, failed []inventory.Server) error {
	io := opts.IO
	fmt.Fprintln(io.Out)
	for _, s := range moved {
		fmt.Fprintf(io.Out, "%s: %s, %s\n", s.Name, io.paint("taken over", good), plural(len(p.answers[string(s.Name)].tools), "tool"))
	}
	for _, s := range failed {
		fmt.Fprintf(io.Out, "%s: %s\n", s.Name, io.paint("stays with "+strings.Join(clientsOf(s), ", "), bad))
		reason, _, _ := strings.Cut(p.answers[string(s.Name)].err, "\nhint: loom logs") // it is not in the registry any more
		printFailure(io, string(s.Name), reason)
	}
	blocked := false
	var told []string // a client may have files with rules beside the one with its servers
	for _, c := range p.changes {
		if c.Blocked() {
			blocked = true
			fmt.Fprintf(io.Out, "%s: %s: %s\n", c.Target.Name, io.paint(string(c.State), bad), c.Detail)
			continue
		}
		if !c.None() && len(c.Entries) > 0 && !slices.Contains(told, c.Target.ID) {
			told = append(told, c.Target.ID)
			fmt.Fprintf(io.Out, "%s: %s\n", c.Target.Name, syncAfter(opts.Sync, c))
		}
	}
	if len(moved) > 0 {
		fmt.Fprintln(io.Out, "\nloom unsync puts it all back.")
	}
	if len(failed) > 0 || blocked {
		return errPrinted
	}
	return nil
}

package cli

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/entries"
	"github.com/loom-core/loom/proxy/internal/launch"
	"github.com/loom-core/loom/registry"
)

// checkClients looks at the clients' own files, as `loom sync status` does, and at
// what their entries would start.
func checkClients(ctx context.Context, opts *DoctorOptions, say sayer) {
	opts.Sync.anyMode = true
	plan, err := planSync(ctx, opts.Sync)
	var invalid *registry.ValidationError
	switch {
	case errors.As(err, &invalid):
		say(gradeWarn, "loom validate", "not looked at, since the registry is not valid")
		return
	case err != nil:
		say(gradeFail, "", "%v", err)
		return
	}
	for _, c := range plan.changes {
		sayClient(plan, c, opts.Sync, say)
		sayCommands(plan, c, opts.Sync, say)
	}
	var absent []string
	for _, t := range plan.absent {
		absent = append(absent, t.ID)
	}
	switch {
	case len(plan.changes) == 0:
		say(gradeOK, "", "none is installed that Loom knows")
	case len(absent) > 0:
		say(gradeOK, "", "not installed: %s", strings.Join(absent, ", "))
	}
}

// sayClient says how a client's file stands to the registry.
func sayClient(plan syncPlan, c clientsync.Change, opts *SyncOptions, say sayer) {
	g, refused := plan.refuses(c, opts)
	again := g.command(c.Target.ID)
	switch {
	case refused:
		say(gradeWarn, again, "%s: %s", c.Target.Name, g.detail())
	case c.State == clientsync.InSync:
		mode := ""
		if g.mode != entries.Loom {
			mode = " (" + string(g.mode) + ")"
		}
		say(gradeOK, "", "%s: in sync%s, %s", c.Target.Name, mode, c.Path)
	case c.State == clientsync.Missing:
		say(gradeWarn, again, "%s is installed, and does not have Loom", c.Target.Name)
	case c.State == clientsync.Unreadable:
		say(gradeFail, again+", once it is mended", "%s: %s", c.Target.Name, c.Detail)
	case c.Blocked():
		say(gradeWarn, again+" --force replaces it", "%s: %s", c.Target.Name, c.Detail)
	default:
		say(gradeWarn, again, "%s: %s, %s", c.Target.Name, c.State, c.Path)
	}
}

// sayCommands says which of Loom's entries would start nothing.
func sayCommands(plan syncPlan, c clientsync.Change, opts *SyncOptions, say sayer) {
	host, err := opts.Host()
	if err != nil {
		return
	}
	file, err := configfile.Parse(c.Target.Format, c.Before)
	if err != nil {
		return // said above
	}
	there, _, err := file.Entries(c.Target.Key...)
	if err != nil {
		return
	}
	again := plan.generated[c.Target.ID].command(c.Target.ID)
	if c.State == clientsync.Drifted {
		again += " --force"
	}
	record, _ := plan.ledger.Of(c.Path)
	for _, name := range slices.Sorted(maps.Keys(record.Entries)) {
		i := slices.IndexFunc(there, func(e configfile.Entry) bool { return e.Key == name })
		if i < 0 {
			continue
		}
		o, _ := there[i].Value.(configfile.Object)
		found, ok := c.Target.Found(o)
		command := found.Command
		if at := slices.Index(found.Args, "-e"); host.ForWindows(c.Path) && at >= 0 && at+1 < len(found.Args) { // wsl.exe -d … -e loom
			command = found.Args[at+1]
		}
		if ok && filepath.IsAbs(command) && !launch.IsProgram(command) {
			say(gradeFail, again, "%s: its entry %q starts %s, which is not there or cannot be run", c.Target.Name, name, command)
		}
	}
}

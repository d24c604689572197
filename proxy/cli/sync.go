package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/launch"
	"github.com/loom-core/loom/proxy/internal/target"
	"github.com/loom-core/loom/registry"
)

// SyncOptions are what `loom sync`, `loom sync status` and `loom unsync` need.
type SyncOptions struct {
	IO           *IO
	Dirs         func() (localsock.Dirs, error)
	Socket       func() (string, error)
	RegistryFile func() (RegistryFile, error)
	Registry     func() (*registry.Registry, error)
	Self         func() (string, error)
	Host         func() (target.Host, error)
	Dial         func(context.Context) (*Conn, error)
	Now          func() time.Time
	Dir          string // of the project
	Secrets      SecretOptions

	Targets  []string // empty, or all: those that are installed
	Profile  string
	Scope    string
	LoomMode bool
	Split    bool
	Direct   bool
	Regen    bool
	NoReload bool
	DryRun   bool
	Diff     bool
	Force    bool
	JSON     bool

	back     bool // unsync
	anywhere bool // of all projects
	status   bool // only shown as it is
	anyMode  bool // the mode of what was generated will do
}

// NewCmdSync makes `loom sync`.
func NewCmdSync(f *Factory, runF func(context.Context, *SyncOptions) error) *cobra.Command {
	opts := syncOptions(f)
	cmd := &cobra.Command{
		Use:   "sync [all|CLIENT...]",
		Short: "Put Loom's entry into the config files of your AI clients",
		Long: `Put Loom's entry into the config files of your AI clients: of all that are
installed, or of those named.

Only Loom's own entry is written. Everything else in the file stays as it is, byte
by byte: comments, order, line ends. An entry that was edited since, or one of that
name that Loom did not write, is shown and left alone; --force replaces it.

The entries stand in a file of their own first, as loom generate configs makes it.
When that is not what the registry gives now, or was made with another mode, the
client's file stays as it is; --regen makes it anew. A loomd that runs reads the
registry again, so that it has what the entries are for.

With --direct a client starts the servers itself. They are written in its own words
for variables, and one with secrets as "loom run". No loomd is there to keep to a
profile's read_only, allow and deny, to limits, aliases, pins and the audit log; only
where the machine's policy has a say does it go through loomd.`,
		Example: `  loom sync --dry-run          what would be written
  loom sync
  loom sync codex claude --profile work
  loom sync zed --direct --regen
  loom unsync                  take everything out again`,
		ValidArgsFunction: completeTargets,
	}
	cmd.RunE = syncRun(opts, runF, runSync)
	syncFlags(cmd, opts)
	cmd.Flags().StringVar(&opts.Profile, "profile", "", "the `profile` for these clients, in place of the registry's choice")
	modeFlags(cmd, opts)
	cmd.Flags().BoolVar(&opts.Regen, "regen", false, "make the generated files anew that are stale")
	cmd.Flags().BoolVar(&opts.NoReload, "no-reload", false, "do not make loomd read the registry again")
	cmd.AddCommand(newCmdSyncStatus(f, runF), newCmdSyncRestore(f, nil))
	return cmd
}

// NewCmdUnsync makes `loom unsync`.
func NewCmdUnsync(f *Factory, runF func(context.Context, *SyncOptions) error) *cobra.Command {
	opts := syncOptions(f)
	opts.back = true
	cmd := &cobra.Command{
		Use:   "unsync [all|CLIENT...]",
		Short: "Take Loom's entries out of the config files of your AI clients",
		Long: `Take Loom's entries out of the config files of your AI clients.

A file that nobody else has written since has then the bytes that it had before. One
that Loom made is removed, if nothing else is in it. Servers that loom import took over
come back, with their rules, and with their tokens from the keyring, where these stay.
So do the registry's entries.`,
		ValidArgsFunction: completeTargets,
	}
	cmd.RunE = syncRun(opts, runF, runSync)
	syncFlags(cmd, opts)
	passphraseFlag(cmd, &opts.Secrets.PassphraseFD)
	return cmd
}

func syncOptions(f *Factory) *SyncOptions {
	dir, _ := os.Getwd()
	return &SyncOptions{
		IO: f.IO, Dirs: f.Dirs, Socket: f.Socket, RegistryFile: f.RegistryFile, Registry: f.Registry,
		Self: launch.Self, Host: target.ThisHost, Dial: f.Dial, Now: time.Now, Dir: dir, Secrets: newSecretOptions(f),
	}
}

func syncFlags(cmd *cobra.Command, opts *SyncOptions) {
	flags := cmd.Flags()
	flags.StringVar(&opts.Scope, "scope", string(clientsync.User), "whose files: user, or project, those in this folder")
	flags.BoolVar(&opts.DryRun, "dry-run", false, "write nothing")
	flags.BoolVar(&opts.Diff, "diff", false, "show the lines that change")
	flags.BoolVar(&opts.Force, "force", false, "replace an entry that was edited, or that Loom did not write")
	flags.BoolVar(&opts.JSON, "json", false, "print JSON")
	cmd.RegisterFlagCompletionFunc("scope", cobra.FixedCompletions([]cobra.Completion{"user", "project"}, cobra.ShellCompDirectiveNoFileComp))
}

func syncRun(opts *SyncOptions, runF, run func(context.Context, *SyncOptions) error) func(*cobra.Command, []string) error {
	if runF != nil {
		run = runF
	}
	return func(cmd *cobra.Command, args []string) error {
		if err := checkScope(cmd, opts.Scope); err != nil {
			return err
		}
		for _, id := range args {
			if err := knownTarget(cmd, id); err != nil {
				return err
			}
		}
		opts.Targets = args
		return run(cmd.Context(), opts)
	}
}

func runSync(ctx context.Context, opts *SyncOptions) error {
	noCoreDump()
	plan, err := planSync(ctx, opts)
	if err != nil {
		return err
	}
	if err := opts.noteUnkept(plan.clients()); err != nil {
		return err
	}
	if !opts.DryRun {
		wrote, err := opts.apply(plan)
		if err != nil {
			return err
		}
		if wrote && !opts.back && !opts.NoReload {
			opts.reload(ctx)
		}
	}
	return printSync(opts, plan)
}

// syncPlan is what becomes of the clients' files.
type syncPlan struct {
	ledger  *clientsync.Ledger
	changes []clientsync.Change
	absent  []target.Target // not installed

	generated map[string]generation // by client; of the user's own files
}

func (p syncPlan) clients() (clients []target.Target) {
	for _, c := range p.changes {
		clients = append(clients, c.Target)
	}
	return clients
}

// planSync reads everything and writes nothing.
func planSync(ctx context.Context, opts *SyncOptions) (syncPlan, error) {
	host, err := opts.Host()
	if err != nil {
		return syncPlan{}, err
	}
	var plan syncPlan
	if plan.ledger, err = opts.openLedger(); err != nil {
		return syncPlan{}, err
	}
	plan.ledger.Reveal = opts.Secrets.reveal(ctx)
	for _, t := range target.All() {
		if opts.back {
			opts.planBack(&plan, t)
			continue
		}
		path := t.UserFile(host)
		if opts.Scope == string(clientsync.Project) {
			path = t.ProjectFile(opts.Dir)
		}
		_, ours := plan.ledger.Of(path)
		named := slices.Contains(opts.Targets, t.ID)
		if !named && (!opts.all() || t.Proof == target.Unverified && !ours) {
			continue
		}
		if path == "" {
			if named {
				return syncPlan{}, fmt.Errorf("%s has no file of a %s", t.Name, opts.Scope)
			}
			continue
		}
		if !named && !ours && !t.Installed(host) {
			plan.absent = append(plan.absent, t)
			continue
		}
		w := clientsync.Wanted{Target: t, Path: path, Scope: clientsync.Scope(opts.Scope)}
		if w.Entries, err = plan.entries(opts, host, t, path); err != nil {
			return syncPlan{}, err
		}
		plan.changes = append(plan.changes, clientsync.PlanFile(plan.ledger, w, opts.Force, opts.Now()))
	}
	return plan, nil
}

func (o *SyncOptions) all() bool { return len(o.Targets) == 0 || slices.Contains(o.Targets, "all") }

// planBack plans the way back of all of a client's files that Loom wrote: the one
// with its servers, and those with rules. Of projects' files only those in this
// folder count.
func (o *SyncOptions) planBack(plan *syncPlan, t target.Target) {
	if !o.all() && !slices.Contains(o.Targets, t.ID) {
		return
	}
	for _, r := range plan.ledger.Files {
		if r.Target != t.ID || !o.anywhere && (r.Scope != o.Scope || r.Scope == string(clientsync.Project) && !within(o.Dir, r.Path)) {
			continue
		}
		w := clientsync.Wanted{Target: t, Path: r.Path, Scope: clientsync.Scope(r.Scope), Format: configfile.Format(r.Format)}
		plan.changes = append(plan.changes, clientsync.PlanFile(plan.ledger, w, o.Force, o.Now()))
	}
}

func within(dir, path string) bool {
	inside, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(inside)
}

func targetIDs() []string {
	var ids []string
	for _, t := range target.All() {
		ids = append(ids, t.ID)
	}
	return ids
}

func completeTargets(_ *cobra.Command, args []string, begin string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var out []cobra.Completion
	for _, t := range target.All() {
		if strings.HasPrefix(t.ID, begin) && !slices.Contains(args, t.ID) {
			out = append(out, cobra.CompletionWithDesc(t.ID, t.Name))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

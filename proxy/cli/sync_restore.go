package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/proxy/internal/configfile"
	"github.com/loom-core/loom/proxy/internal/target"
)

// SyncRestoreOptions are what `loom sync restore` needs.
type SyncRestoreOptions struct {
	*SyncOptions
	Of string // a client or a backup's id; empty: they are listed
}

func newCmdSyncRestore(f *Factory, runF func(context.Context, *SyncRestoreOptions) error) *cobra.Command {
	opts := &SyncRestoreOptions{SyncOptions: syncOptions(f)}
	if runF == nil {
		runF = runSyncRestore
	}
	cmd := &cobra.Command{
		Use:   "restore [CLIENT|BACKUP]",
		Short: "Put a client's file back as it was before Loom wrote it",
		Long: `Put a client's file back as it was before Loom wrote it: the newest copy of a client's
files, or the copy that is named. Without an argument the copies are listed.

All of the file is put back, also what others wrote since; loom unsync takes out Loom's
part alone. Of each file the ten newest copies are kept, without the tokens that went
into the keyring; these are put in again. What is there now is copied first.`,
		Example: `  loom sync restore
  loom sync restore claude
  loom sync restore 20261128T101530-000000-1c4810`,
		Args:              usageArgs(cobra.MaximumNArgs(1)),
		ValidArgsFunction: completeTargets,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				opts.Of = args[0]
			}
			return runF(cmd.Context(), opts)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&opts.DryRun, "dry-run", false, "write nothing")
	flags.BoolVar(&opts.Diff, "diff", false, "show the lines that change")
	flags.BoolVar(&opts.JSON, "json", false, "print the list as JSON")
	passphraseFlag(cmd, &opts.Secrets.PassphraseFD)
	return cmd
}

func runSyncRestore(ctx context.Context, opts *SyncRestoreOptions) error {
	noCoreDump()
	ledger, err := opts.openLedger()
	if err != nil {
		return err
	}
	ledger.Reveal = opts.Secrets.reveal(ctx)
	all, err := ledger.Backups.List()
	if err != nil {
		return err
	}
	if opts.Of == "" {
		return printBackups(opts, all)
	}
	chosen, err := chooseBackups(opts.Of, all)
	if err != nil {
		return err
	}
	for _, one := range chosen {
		t, ok := target.Find(one.Target)
		if !ok {
			return fmt.Errorf("the backup %s is of a client %q, which this loom does not know", one.ID, one.Target)
		}
		w := clientsync.Wanted{Target: t, Path: one.Path, Scope: one.Scope, Format: configfile.Format(one.Format)}
		c, err := ledger.Backups.Restore(ledger, w, one)
		if err != nil {
			return err
		}
		what := "restored from " + one.ID
		switch {
		case c.None():
			what = "is as it was in " + one.ID
		case opts.DryRun:
			what = "would be " + what
		default:
			if c, err = clientsync.Apply(ledger, c, true, opts.Now()); err != nil {
				return err
			}
		}
		fmt.Fprintf(opts.IO.Out, "%s: %s (%s)\n", t.Name, what, one.Path)
		if opts.Diff {
			printFileDiff(opts.IO, c)
		}
		if !opts.DryRun && !c.None() {
			fmt.Fprintf(opts.IO.Out, "%s: %s\n", t.Name, t.After)
		}
	}
	return nil
}

// chooseBackups is the one that is named, or the newest of each of a client's files.
func chooseBackups(of string, all []clientsync.Backup) ([]clientsync.Backup, error) {
	if i := slices.IndexFunc(all, func(b clientsync.Backup) bool { return b.ID == of }); i >= 0 {
		return all[i : i+1], nil
	}
	var out []clientsync.Backup
	var ids []string
	for _, b := range all {
		ids = append(ids, b.ID)
		if b.Target == of && !slices.ContainsFunc(out, func(o clientsync.Backup) bool { return o.Path == b.Path }) {
			out = append(out, b)
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	if _, ok := target.Find(of); ok {
		return nil, withHint(fmt.Errorf("there is no copy of a file of %s: Loom did not change any", of), "loom sync restore lists the copies")
	}
	return nil, suggest(fmt.Errorf("%q is neither a client nor a copy", of), of, append(ids, targetIDs()...), "loom sync restore lists the copies")
}

func printBackups(opts *SyncRestoreOptions, all []clientsync.Backup) error {
	if opts.JSON {
		if all == nil {
			all = []clientsync.Backup{}
		}
		return opts.IO.JSON(all)
	}
	if len(all) == 0 {
		fmt.Fprintln(opts.IO.Out, "There are no copies: Loom has changed no file of a client.")
		return nil
	}
	t := newTable(opts.IO, "COPY", "CLIENT", "FROM BEFORE", "FILE")
	for _, b := range all {
		t.row(b.ID, b.Target, age(opts.Now().Sub(b.Time))+" ago", b.Path)
	}
	t.print()
	return nil
}

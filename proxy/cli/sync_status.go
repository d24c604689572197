package cli

import (
	"context"

	"github.com/spf13/cobra"
)

func newCmdSyncStatus(f *Factory, runF func(context.Context, *SyncOptions) error) *cobra.Command {
	opts := syncOptions(f)
	opts.DryRun, opts.status = true, true
	cmd := &cobra.Command{
		Use:   "status [all|CLIENT...]",
		Short: "Show how the clients' files stand to what loom sync would write",
		Long: `Show how the clients' files stand to what loom sync would write.

"proven" means that the real client was seen to call a tool through such an entry,
"documented" that its documentation says so; "unverified" ones are written only
when they are named.

A client counts as in sync in the mode in which its entries were generated, unless
one is named. Exits with 1 when a file is not in sync.`,
		ValidArgsFunction: completeTargets,
	}
	cmd.RunE = syncRun(opts, runF, runSyncStatus)
	cmd.Flags().StringVar(&opts.Scope, "scope", "user", "whose files: user, or project, those in this folder")
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&opts.Profile, "profile", "", "the `profile` for these clients, in place of the registry's choice")
	modeFlags(cmd, opts)
	return cmd
}

func runSyncStatus(ctx context.Context, opts *SyncOptions) error {
	opts.anyMode = !opts.LoomMode && !opts.Split && !opts.Direct
	plan, err := planSync(ctx, opts)
	if err != nil {
		return err
	}
	return printSyncStatus(opts, plan)
}

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

Exits with 1 when a file is not in sync.`,
		ValidArgsFunction: completeTargets,
	}
	cmd.RunE = syncRun(opts, runF, runSyncStatus)
	cmd.Flags().StringVar(&opts.Scope, "scope", "user", "whose files: user, or project, those in this folder")
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

func runSyncStatus(ctx context.Context, opts *SyncOptions) error {
	plan, err := planSync(ctx, opts)
	if err != nil {
		return err
	}
	return printSyncStatus(opts, plan)
}

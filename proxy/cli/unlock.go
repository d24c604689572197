package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/secret"
)

// NewCmdUnlock makes `loom unlock`.
func NewCmdUnlock(f *Factory, runF func(context.Context, *SecretOptions) error) *cobra.Command {
	opts := newSecretOptions(f)
	if runF == nil {
		runF = runUnlock
	}
	cmd := &cobra.Command{
		Use:   "unlock",
		Short: "Give loomd the passphrase of the encrypted file of secrets",
		Long: `Give loomd the passphrase of the encrypted file of secrets. It is checked, and kept
in the memory of loomd until that ends; it is written nowhere.

A keyring of the desktop is not opened by this, but by logging in.`,
		Example: `  loom unlock
  loom unlock --passphrase-fd 3`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			noCoreDump()
			return runF(cmd.Context(), &opts)
		},
	}
	passphraseFlag(cmd, &opts.PassphraseFD)
	return cmd
}

func runUnlock(ctx context.Context, opts *SecretOptions) error {
	conn, err := opts.Dial(ctx) // before anything is typed
	if err != nil {
		return err
	}
	p := &passphrase{opts: opts}
	value, err := p.get(ctx)
	if err != nil {
		return err
	}
	if err := unlockDaemon(ctx, conn, value); err != nil {
		return err
	}
	fmt.Fprintln(opts.IO.Out, "loomd can read the encrypted file of secrets, until it ends")
	return opts.learnUsers(ctx)
}

// unlockDaemon gives loomd a passphrase, which loomd checks.
func unlockDaemon(ctx context.Context, conn *Conn, value secret.Value) error {
	if err := conn.Call(ctx, loomrpc.MethodUnlock, loomrpc.Unlock{Passphrase: value.Reveal()}, nil); err != nil {
		return fmt.Errorf("giving loomd the passphrase: %w", err)
	}
	return nil
}

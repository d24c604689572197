package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/secret"
)

// SecretDeleteOptions are what `loom secret delete` needs.
type SecretDeleteOptions struct {
	SecretOptions

	Name string
	Yes  bool
}

// NewCmdSecretDelete makes `loom secret delete`.
func NewCmdSecretDelete(f *Factory, runF func(context.Context, *SecretDeleteOptions) error) *cobra.Command {
	opts := &SecretDeleteOptions{SecretOptions: newSecretOptions(f)}
	if runF == nil {
		runF = runSecretDelete
	}
	cmd := &cobra.Command{
		Use:               "delete NAME",
		Aliases:           []string{"rm"},
		Short:             "Delete a secret; asks if a server uses it",
		Example:           `  loom secret delete gitlab-token`,
		Args:              secretName,
		ValidArgsFunction: completeSecrets(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Name = args[0]
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVarP(&opts.Yes, "yes", "y", false, "do not ask")
	passphraseFlag(cmd, &opts.PassphraseFD)
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

// secretDeleted is what `loom secret delete --json` prints.
type secretDeleted struct {
	Name      string   `json:"name"`
	UsedBy    []use    `json:"used_by"` // and lack it now
	Restarted []string `json:"restarted"`
}

func runSecretDelete(ctx context.Context, opts *SecretDeleteOptions) error {
	ring, err := opts.open()
	if err != nil {
		return err
	}
	items, err := ring.List()
	if err != nil {
		return err
	}
	uses, unread := opts.uses()
	why := ""
	switch {
	case unread != nil:
		why = "the registry has mistakes, so who uses it is not known"
	case len(uses[opts.Name]) > 0:
		why = "it is used by " + useText(uses[opts.Name])
	}
	if !opts.Yes && why != "" && hasItem(items, opts.Name) {
		t, err := opts.Terminal()
		if err != nil {
			return withHint(fmt.Errorf("%s is not deleted: %s", opts.Name, why), "loom secret delete %s --yes", opts.Name)
		}
		yes, err := t.confirm(ctx, "Delete %s? %s.", opts.Name, upper(why))
		t.close()
		if err != nil {
			return err
		}
		if !yes {
			return fmt.Errorf("%s is not deleted", opts.Name)
		}
	}
	if err := ring.Delete(ctx, opts.Name); errors.Is(err, secret.ErrNotFound) {
		return unknownSecret(opts.Name, items)
	} else if err != nil {
		return err
	}
	if !opts.JSON {
		fmt.Fprintf(opts.IO.Out, "%s is deleted\n", opts.Name)
	}
	done := secretDeleted{opts.Name, append([]use{}, uses[opts.Name]...), []string{}}
	restarted, err := opts.changed(ctx, ring, opts.Name)
	if err != nil {
		return fmt.Errorf("%s is deleted, but loomd does not know: %w", opts.Name, err)
	}
	done.Restarted = append(done.Restarted, restarted...)
	if opts.JSON {
		return opts.IO.JSON(done)
	}
	printRestarted(opts.IO, restarted, "without it")
	return nil
}

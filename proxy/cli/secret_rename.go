package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/registry"
)

// SecretRenameOptions are what `loom secret rename` needs.
type SecretRenameOptions struct {
	SecretOptions
	RegistryFile func() (RegistryFile, error)

	Old, New string
}

// NewCmdSecretRename makes `loom secret rename`.
func NewCmdSecretRename(f *Factory, runF func(context.Context, *SecretRenameOptions) error) *cobra.Command {
	opts := &SecretRenameOptions{SecretOptions: newSecretOptions(f), RegistryFile: f.RegistryFile}
	if runF == nil {
		runF = runSecretRename
	}
	cmd := &cobra.Command{
		Use:   "rename OLD NEW",
		Short: "Give a secret another name",
		Long: `Give a secret another name. The new one is written and read back before the old
one is deleted. The registry is yours to change: the lines that still have the old
name are listed.`,
		Example: `  loom secret rename gitlab gitlab-token`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.ExactArgs(2)(cmd, args); err != nil {
				return usagef(cmd, "the old name and the new one are needed")
			}
			if err := secretName(cmd, args[:1]); err != nil {
				return err
			}
			return secretName(cmd, args[1:])
		},
		ValidArgsFunction: completeSecrets(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Old, opts.New = args[0], args[1]
			if opts.Old == opts.New {
				return usagef(cmd, "%s is its name already", opts.Old)
			}
			return runF(cmd.Context(), opts)
		},
	}
	passphraseFlag(cmd, &opts.PassphraseFD)
	return cmd
}

func runSecretRename(ctx context.Context, opts *SecretRenameOptions) error {
	ring, err := opts.open()
	if err != nil {
		return err
	}
	items, err := ring.List()
	if err != nil {
		return err
	}
	at := slices.IndexFunc(items, func(i keyring.Item) bool { return i.Name == opts.Old })
	if at < 0 {
		return unknownSecret(opts.Old, items)
	}
	if hasItem(items, opts.New) {
		return withHint(fmt.Errorf("there is a secret %q already", opts.New), "loom secret delete %s", opts.New)
	}
	if ring, err = opts.openIn(items[at].Backend); err != nil { // it stays where it is
		return err
	}
	if err := move(ctx, ring, opts.Old, opts.New); err != nil {
		return err
	}
	fmt.Fprintf(opts.IO.Out, "%s is %s now (%s)\n", opts.Old, opts.New, items[at].Backend)
	lines := opts.stillUsed()
	for _, use := range lines {
		opts.IO.Note("%s: %s still uses %s", use.Pos, use.Server, use.Ref)
	}
	if len(lines) > 0 {
		opts.IO.Hint("write %s there, then: loom reload", opts.New)
	}
	restarted, err := opts.changed(ctx, ring, opts.Old, opts.New)
	if err != nil {
		return fmt.Errorf("%s is renamed, but loomd does not know: %w", opts.Old, err)
	}
	printRestarted(opts.IO, restarted, "")
	return nil
}

// move deletes the old name only after the new one was read back.
func move(ctx context.Context, ring *ring, from, to string) error {
	value, err := ring.Get(ctx, from)
	if errors.Is(err, secret.ErrNotFound) {
		return withHint(fmt.Errorf("%s is in the index, but not in its keyring", from), "loom secret doctor")
	}
	if err != nil {
		return err
	}
	if _, err := ring.Set(ctx, to, value); err != nil {
		return fmt.Errorf("%s is as it was: %w", from, err)
	}
	back, err := ring.Get(ctx, to)
	if err == nil && !back.Equal(value) {
		err = errors.New("the keyring gives back another value than it was given")
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s is as it was: reading %s back: %w", from, to, err), ring.Delete(ctx, to))
	}
	if err := ring.Delete(ctx, from); err != nil {
		return withHint(fmt.Errorf("%s is set, but %s is still there: %w", to, from, err), "loom secret delete %s", from)
	}
	return nil
}

// stillUsed are the places with the old name, in all files that servers come from.
func (opts *SecretRenameOptions) stillUsed() []registry.SecretUse {
	var paths []string
	if file, err := opts.RegistryFile(); err == nil {
		paths = append(paths, file.Path)
	}
	if reg, err := opts.Registry(); err == nil {
		for _, s := range reg.Servers {
			paths = append(paths, s.Pos.File)
		}
	}
	slices.Sort(paths)
	var found []registry.SecretUse
	for _, path := range slices.Compact(paths) {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // there is none yet, or loom reload says what is wrong with it
		}
		for _, use := range registry.SecretUses(path, data) {
			if use.Ref.Name == opts.Old {
				found = append(found, use)
			}
		}
	}
	return found
}

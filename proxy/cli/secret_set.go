package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
)

// SecretSetOptions are what `loom secret set` needs.
type SecretSetOptions struct {
	SecretOptions

	Name    string
	Stdin   bool
	FromEnv string
	File    string
}

// NewCmdSecretSet makes `loom secret set`.
func NewCmdSecretSet(f *Factory, runF func(context.Context, *SecretSetOptions) error) *cobra.Command {
	opts := &SecretSetOptions{SecretOptions: newSecretOptions(f)}
	if runF == nil {
		runF = runSecretSet
	}
	cmd := &cobra.Command{
		Use:   "set NAME",
		Short: "Set a secret, typed without being shown",
		Long: `Set a secret. Its value is typed without being shown, or comes from a program, a
variable or a file; never from an argument.

A secret that is there already gets the new value, in the keyring where it is.
Servers that use it are restarted, once their calls in flight are answered.`,
		Example: `  loom secret set gitlab-token
  pass show gitlab | loom secret set gitlab-token --stdin
  loom secret set gitlab-token --from-env GITLAB_TOKEN
  loom secret set kubeconfig --from-file ~/.kube/config`,
		Args:              secretName,
		ValidArgsFunction: completeSecrets(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Name = args[0]
			if err := checkBackend(cmd, opts.Backend); err != nil {
				return err
			}
			if err := opts.check(cmd); err != nil {
				return err
			}
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.Stdin, "stdin", false, "read the value from stdin; one line end at its end is left out")
	cmd.Flags().StringVar(&opts.FromEnv, "from-env", "", "take the value of this `variable`")
	cmd.Flags().StringVar(&opts.File, "from-file", "", "take the content of this `file`, all of it")
	backendFlag(cmd, &opts.Backend)
	passphraseFlag(cmd, &opts.PassphraseFD)
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

// check takes one source of the value, and none that would show it.
func (opts *SecretSetOptions) check(cmd *cobra.Command) error {
	var from []string
	for _, name := range []string{"stdin", "from-env", "from-file"} {
		if cmd.Flags().Changed(name) {
			from = append(from, "--"+name)
		}
	}
	switch {
	case len(from) > 1:
		return usagef(cmd, "%s exclude each other", strings.Join(from, " and "))
	case len(from) == 0 && !isTerminal(opts.IO.In):
		return usagef(cmd, "stdin is no terminal, so the value cannot be asked for: use --stdin, --from-env or --from-file")
	case opts.Stdin && isTerminal(opts.IO.In):
		return usagef(cmd, "stdin is a terminal, which would show the value: without --stdin it is asked for")
	case opts.FromEnv == "" && slices.Contains(from, "--from-env"), opts.File == "" && slices.Contains(from, "--from-file"):
		return usagef(cmd, "%s has no value", from[0])
	}
	return nil
}

// secretSet is what `loom secret set --json` prints.
type secretSet struct {
	Name      string   `json:"name"`
	Backend   string   `json:"backend"`
	UsedBy    []use    `json:"used_by"`
	Restarted []string `json:"restarted"`
}

func runSecretSet(ctx context.Context, opts *SecretSetOptions) error {
	ring, err := opts.open()
	if err != nil {
		return err
	}
	value, err := opts.value(ctx)
	if err != nil {
		return err
	}
	item, ring, err := opts.put(ctx, ring, opts.Name, value)
	if err != nil {
		return err
	}
	opts.left(item)
	uses, _ := opts.uses() // a registry with mistakes is no reason not to set a secret
	done := secretSet{item.Name, string(item.Backend), append([]use{}, uses[item.Name]...), []string{}}
	if !opts.JSON {
		printSet(opts, done, value)
	}
	restarted, err := opts.changed(ctx, ring, opts.Name)
	if err != nil {
		return fmt.Errorf("%s is set, but loomd does not know: %w", opts.Name, err)
	}
	done.Restarted = append(done.Restarted, restarted...)
	if !opts.JSON {
		printRestarted(opts.IO, restarted, "with it")
	}
	if err := opts.learnUsers(ctx, opts.Name); err != nil {
		return err
	}
	if opts.JSON {
		return opts.IO.JSON(done)
	}
	return nil
}

// put sets a secret. Where the system has no keyring it offers the encrypted
// file; the keyring that was used at last is returned.
func (opts *SecretOptions) put(ctx context.Context, r *ring, name string, value secret.Value) (keyring.Item, *ring, error) {
	if opts.backend() == keyring.File {
		if err := opts.setUpFile(ctx, r); err != nil {
			return keyring.Item{}, r, err
		}
	}
	item, err := r.Set(ctx, name, value)
	var failed *keyring.Error
	if !errors.As(err, &failed) || failed.Code != keyring.CodeNoBackend || opts.backend() != "" {
		return item, r, err
	}
	t, terr := opts.Terminal()
	if terr != nil {
		failed.Hint = fmt.Sprintf("loom secret set %s --backend file keeps it in an encrypted file, under a passphrase; loom secret doctor says what the other keyrings lack", name)
		return item, r, failed
	}
	yes, terr := t.confirm(ctx, "No keyring of the system is available here. Keep secrets in a file that is encrypted under a passphrase?")
	t.close()
	if terr != nil {
		return item, r, terr
	}
	if !yes {
		failed.Hint = "loom secret doctor says which keyrings there are, and what they lack"
		return item, r, failed
	}
	opts.Backend = string(keyring.File)
	if r, err = opts.open(); err != nil {
		return item, r, err
	}
	return opts.put(ctx, r, name, value)
}

// left says that a secret was moved to another keyring, and not all of it.
func (opts *SecretOptions) left(item keyring.Item) {
	if item.Left != "" {
		opts.IO.Note("an older value of %s is still in %s, which could not be reached", item.Name, item.Left)
		opts.IO.Hint("loom secret set %s again, once it can", item.Name)
	}
}

// setUpFile sets the encrypted file up if it is not there yet, with a
// passphrase that is typed twice.
func (opts *SecretOptions) setUpFile(ctx context.Context, r *ring) error {
	if r.passphrase.known() {
		return nil // it was opened, or set up, just now
	}
	probes, err := r.Probe(ctx)
	if err != nil {
		return err
	}
	for _, p := range probes {
		if p.Backend == keyring.File && p.Available {
			return nil
		}
	}
	v, err := r.passphrase.choose(ctx)
	if err != nil {
		return err
	}
	return r.Unlock(ctx, v, true)
}

// notMasked is the length under which a value is too common to be masked.
const notMasked = 8

func printSet(opts *SecretSetOptions, done secretSet, value secret.Value) {
	io := opts.IO
	fmt.Fprintf(io.Out, "%s is set (%s)\n", done.Name, done.Backend)
	if len(done.UsedBy) > 0 {
		fmt.Fprintf(io.Out, "used by %s\n", useText(done.UsedBy))
	} else {
		io.Hint("no server uses it yet: write ${secret:%s} into the env of one", done.Name)
	}
	if len(value.Reveal()) < notMasked {
		io.Note("it is shorter than %d bytes, and so is not masked in logs: it would be found in ordinary words", notMasked)
	}
	for _, kv := range opts.Env {
		if name := variableName(kv); name == secret.EnvName(done.Name) {
			io.Note("%s is set in this shell: a loomd that is started from here takes that in its place", name)
			io.Hint("unset %s", name)
		}
	}
}

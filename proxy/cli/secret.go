package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/proxy/internal/launch"
	"github.com/loom-core/loom/registry"
)

// SecretOptions are what all of `loom secret` needs.
type SecretOptions struct {
	IO       *IO
	Dirs     func() (localsock.Dirs, error)
	Registry func() (*registry.Registry, error)
	Dial     func(context.Context) (*Conn, error)
	Program  func() (string, error) // of loom-keyring
	Terminal func() (*terminal, error)
	Env      []string
	Now      func() time.Time

	Backend      string
	PassphraseFD int // -1: none
	JSON         bool

	asked *passphrase // that several keyrings share; nil: each asks for its own
}

func newSecretOptions(f *Factory) SecretOptions {
	return SecretOptions{
		IO: f.IO, Dirs: f.Dirs, Registry: f.Registry, Dial: f.Dial,
		Program: launch.FindKeyring, Terminal: openTerminal, Env: os.Environ(), Now: time.Now, PassphraseFD: -1,
	}
}

// NewCmdSecret makes `loom secret`.
func NewCmdSecret(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "secret",
		Short: "Keep tokens in the keyring, and out of every file",
		Long: `Keep tokens in the keyring of your system, and out of every file.

The registry names a secret as ${secret:NAME}. loomd reads it when it starts the
server that needs it, and gives it to no other.`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		PersistentPreRun: func(*cobra.Command, []string) { noCoreDump() },
	}
	cmd.AddCommand(
		NewCmdSecretSet(f, nil), NewCmdSecretGet(f, nil), NewCmdSecretList(f, nil), NewCmdSecretDelete(f, nil),
		NewCmdSecretRename(f, nil), NewCmdSecretImport(f, nil), NewCmdSecretDoctor(f, nil),
	)
	return cmd
}

// passphraseFlag adds the flag of the commands that may have to open the
// encrypted file.
func passphraseFlag(cmd *cobra.Command, fd *int) {
	cmd.Flags().IntVar(fd, "passphrase-fd", -1, "read the passphrase of the encrypted file from file descriptor `N`")
	cmd.Flags().Lookup("passphrase-fd").DefValue = "0" // the help then says nothing of -1
}

func backendFlag(cmd *cobra.Command, backend *string) {
	cmd.Flags().StringVar(backend, "backend", "", "keep it in this `keyring`: "+strings.Join(backendNames(), ", "))
	cmd.RegisterFlagCompletionFunc("backend", cobra.FixedCompletions(backendNames(), cobra.ShellCompDirectiveNoFileComp))
}

func backendNames() []string {
	var names []string
	for _, b := range keyring.Known {
		names = append(names, string(b))
	}
	return names
}

// checkBackend refuses a --backend that is none.
func checkBackend(cmd *cobra.Command, backend string) error {
	if backend == "" || slices.Contains(backendNames(), backend) {
		return nil
	}
	return usagef(cmd, "there is no keyring %q; known are %s", backend, strings.Join(backendNames(), ", "))
}

// secretName takes the arguments of a command that wants the name of a secret. A
// value in an argument is refused, and not repeated: every user of the machine
// can read it there, and the shell has written it into its history.
func secretName(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return usagef(cmd, "the name of a secret is missing")
	case len(args) > 1 || strings.Contains(args[0], "="):
		err := usagef(cmd, "a secret is never given in an argument: other users can read it there, and your shell keeps it in its history")
		name, _, _ := strings.Cut(args[0], "=")
		if !secret.ValidName(name) {
			name = "NAME"
		}
		return withHint(withHint(err, "loom secret set %s asks for it without showing it", name), "from a program: … | loom secret set %s --stdin", name)
	case !secret.ValidName(args[0]):
		return usagef(cmd, "%q cannot be the name of a secret: use letters, digits, - _ and ., at most 128, and no - or . first", args[0])
	}
	return nil
}

// completeSecrets completes the first argument with the names of secrets: those
// that are set, and those that the registry wants.
func completeSecrets(f *Factory) completion {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		opts := newSecretOptions(f)
		ring, err := opts.open()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		items, _ := ring.List()
		var out []cobra.Completion
		for _, i := range items {
			out = append(out, i.Name)
		}
		uses, _ := opts.uses()
		for name := range uses {
			out = append(out, name)
		}
		slices.Sort(out)
		return slices.Compact(out), cobra.ShellCompDirectiveNoFileComp
	}
}

// use is a server that wants a secret.
type use struct {
	Server   string `json:"server"`
	Enabled  bool   `json:"enabled"`
	Optional bool   `json:"optional"`
}

// uses are the servers by the secrets that they want, in the order of the
// registry.
func (opts *SecretOptions) uses() (map[string][]use, error) {
	reg, err := opts.Registry()
	if err != nil {
		return nil, err
	}
	uses := map[string][]use{}
	for _, s := range reg.Servers {
		for _, ref := range s.SecretRefs() {
			uses[ref.Name] = append(uses[ref.Name], use{s.ID(), s.Enabled, ref.Optional})
		}
	}
	dirs, err := opts.Dirs()
	if err != nil {
		return nil, err
	}
	for _, s := range trustedServers(dirs) {
		for _, ref := range s.SecretRefs() {
			if s.MayHaveSecret(ref.Name) {
				uses[ref.Name] = append(uses[ref.Name], use{s.ID(), s.Enabled, ref.Optional})
			}
		}
	}
	return uses, nil
}

// useText names servers.
func useText(uses []use) string {
	var names []string
	for _, u := range uses {
		switch {
		case !u.Enabled:
			names = append(names, u.Server+" (off)")
		case u.Optional:
			names = append(names, u.Server+" (may be absent)")
		default:
			names = append(names, u.Server)
		}
	}
	return strings.Join(names, ", ")
}

// changed tells a running loomd that secrets have other values, and the
// passphrase if one was used: loomd needs it to read them. It returns the
// servers that begin anew.
func (opts *SecretOptions) changed(ctx context.Context, ring *ring, names ...string) ([]string, error) {
	conn, err := opts.Dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) {
		if ring.passphrase.known() && opts.credential() == "" {
			opts.IO.Hint("a loomd that is started later needs the passphrase: loom unlock")
		}
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("telling loomd: %w", err)
	}
	if value, ok := ring.passphrase.used(); ok {
		if err := unlockDaemon(ctx, conn, value); err != nil {
			return nil, err
		}
		opts.IO.Note("loomd has the passphrase now, until it ends")
	}
	var reply loomrpc.SecretsChangedReply
	if err := conn.Call(ctx, loomrpc.MethodSecretsChanged, loomrpc.SecretsChanged{Names: names}, &reply); err != nil {
		return nil, fmt.Errorf("telling loomd: %w", err)
	}
	return reply.Restarted, nil
}

// printRestarted says which servers begin anew, how ("with it").
func printRestarted(io *IO, servers []string, how string) {
	switch {
	case len(servers) == 0:
	case how == "":
		fmt.Fprintf(io.Out, "begin anew, after their calls in flight: %s\n", strings.Join(servers, ", "))
	default:
		fmt.Fprintf(io.Out, "begin anew %s, after their calls in flight: %s\n", how, strings.Join(servers, ", "))
	}
}

func hasItem(items []keyring.Item, name string) bool {
	return slices.ContainsFunc(items, func(i keyring.Item) bool { return i.Name == name })
}

func variableName(kv string) string {
	name, _, _ := strings.Cut(kv, "=")
	return name
}

// upper is a sentence of text.
func upper(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// unknownSecret is an error with what the name may have been meant to be.
func unknownSecret(name string, items []keyring.Item) error {
	var names []string
	for _, i := range items {
		names = append(names, i.Name)
	}
	return suggest(fmt.Errorf("there is no secret %q", name), name, names, "loom secret list")
}

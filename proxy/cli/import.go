package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/proxy/internal/clientsync"
	"github.com/loom-core/loom/proxy/internal/target"
)

// ImportOptions are what `loom import` needs.
type ImportOptions struct {
	SecretOptions
	RegistryFile func() (RegistryFile, error)
	Launch       func(context.Context) (*Conn, error)
	Sync         *SyncOptions

	From   []string // clients; empty: all that are installed
	Only   []string // servers, by their names in the registry; empty: all
	DryRun bool
	Diff   bool
	Yes    bool

	// Of loom init:
	Enable      []string // servers that come with Loom
	everyClient bool     // each gets its entry, also one that has no server

	ring *ring // opened once: a passphrase comes once
}

// NewCmdImport makes `loom import`.
func NewCmdImport(f *Factory, runF func(context.Context, *ImportOptions) error) *cobra.Command {
	opts := newImportOptions(f)
	if runF == nil {
		runF = runImport
	}
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Take over the servers that your AI clients have in their own files",
		Long: `Take over the servers that your AI clients have in their own files.

Each becomes an entry of your registry, one for all clients that have it. Tokens that
stood in the files go into the keyring. Each server is then started once, through Loom;
of those that answered the old entries go, so that nothing runs twice, and Loom's comes.
Permission rules that name them are rewritten, and a server stays with its client where
a rule would stop to deny.

Nothing is written before the plan was shown and accepted. loom unsync puts every entry,
rule and token back.`,
		Example: `  loom import --dry-run        what there is, and what would become of it
  loom import
  loom import --from codex,claude --only github,linear`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := opts.check(cmd); err != nil {
				return err
			}
			return runF(cmd.Context(), opts)
		},
	}
	opts.flags(cmd)
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "with --dry-run: print the plan as JSON")
	return cmd
}

func newImportOptions(f *Factory) *ImportOptions {
	opts := &ImportOptions{SecretOptions: newSecretOptions(f), RegistryFile: f.RegistryFile, Launch: f.Launch, Sync: syncOptions(f)}
	opts.Sync.Scope = string(clientsync.User)
	return opts
}

func (opts *ImportOptions) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&opts.From, "from", nil, "these `clients` only")
	flags.StringSliceVar(&opts.Only, "only", nil, "these `servers` only, by the names that the plan gives them")
	flags.StringVar(&opts.Sync.Scope, "scope", string(clientsync.User), "whose files: user, or project, those in this folder")
	flags.BoolVar(&opts.DryRun, "dry-run", false, "show the plan and write nothing")
	flags.BoolVar(&opts.Diff, "diff", false, "show the lines of the clients' files that change")
	flags.BoolVar(&opts.Yes, "yes", false, "do not ask")
	backendFlag(cmd, &opts.Backend)
	passphraseFlag(cmd, &opts.PassphraseFD)
	cmd.RegisterFlagCompletionFunc("from", completeTargets)
	cmd.RegisterFlagCompletionFunc("scope", cobra.FixedCompletions([]cobra.Completion{"user", "project"}, cobra.ShellCompDirectiveNoFileComp))
}

func (opts *ImportOptions) check(cmd *cobra.Command) error {
	for _, id := range opts.From {
		if err := knownTarget(cmd, id); err != nil {
			return err
		}
	}
	if err := checkScope(cmd, opts.Sync.Scope); err != nil {
		return err
	}
	if opts.JSON && !opts.DryRun {
		return usagef(cmd, "--json is for --dry-run")
	}
	return checkBackend(cmd, opts.Backend)
}

// knownTarget refuses a client that is none.
func knownTarget(cmd *cobra.Command, id string) error {
	if _, ok := target.Find(id); ok || id == "all" {
		return nil
	}
	err := usagef(cmd, "unknown client %q", id)
	for _, name := range nearest(id, targetIDs()) {
		err = withHint(err, "did you mean: %s", name)
	}
	return err
}

func checkScope(cmd *cobra.Command, scope string) error {
	if scope == string(clientsync.User) || scope == string(clientsync.Project) {
		return nil
	}
	return usagef(cmd, "--scope is user or project, this is %q", scope)
}

func runImport(ctx context.Context, opts *ImportOptions) error {
	noCoreDump()
	plan, err := opts.plan(ctx)
	if err != nil {
		return err
	}
	if opts.JSON {
		return opts.IO.JSON(plan.asJSON())
	}
	printTakeover(opts, plan)
	if len(plan.servers()) == 0 {
		return nil
	}
	if opts.DryRun {
		return nil
	}
	yes, err := opts.accepted(ctx, "Do all this?")
	if err != nil || !yes {
		return err
	}
	return opts.apply(ctx, plan)
}

// accepted asks, unless --yes said it already.
func (opts *ImportOptions) accepted(ctx context.Context, question string) (bool, error) {
	if opts.Yes {
		return true, nil
	}
	t, err := opts.Terminal()
	if errors.Is(err, errNoTerminal) {
		return false, withHint(errors.New("there is no terminal to ask on, and nothing is written without a yes"), "--yes, once you have seen the plan: --dry-run")
	}
	if err != nil {
		return false, err
	}
	defer t.close()
	fmt.Fprintln(opts.IO.Out)
	yes, err := t.confirm(ctx, "%s", question)
	if err == nil && !yes {
		fmt.Fprintln(opts.IO.Out, "Nothing was written.")
	}
	return yes, err
}

// keyring opens the keyring, once.
func (opts *ImportOptions) keyring() (*ring, error) {
	if opts.ring != nil {
		return opts.ring, nil
	}
	var err error
	opts.ring, err = opts.open()
	return opts.ring, err
}

// wants reports a server that the user chose.
func (opts *ImportOptions) wants(name string) bool {
	return len(opts.Only) == 0 || slices.Contains(opts.Only, name)
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/proxy/internal/snippet"
	"github.com/loom-core/loom/registry"
)

// AddOptions are what `loom add` needs.
type AddOptions struct {
	SecretOptions
	RegistryFile func() (RegistryFile, error)
	Launch       func(context.Context) (*Conn, error)

	Name    string
	Command []string
	URL     string
	Snippet string
	Vars    []string // K=V
	Headers []string // K=V
	Secrets []string // K or K=NAME
	SecretH []string // the same, for headers
	Dir     string
	Share   string
	About   string
	Force   bool
	Yes     bool
	NoLearn bool
}

// NewCmdAdd makes `loom add`.
func NewCmdAdd(f *Factory, runF func(context.Context, *AddOptions) error) *cobra.Command {
	opts := &AddOptions{SecretOptions: newSecretOptions(f), RegistryFile: f.RegistryFile, Launch: f.Launch}
	if runF == nil {
		runF = runAdd
	}
	cmd := &cobra.Command{
		Use:   "add [NAME] [flags] -- COMMAND [ARGS...]",
		Short: "Add a server: a command, a url, or what its README says to paste",
		Long: `Add a server: a command, a url, or what its README says to paste, in any client's
form. The entry goes into your registry, and everything else there stays as it is.

What looks like a token is never written into the file: it becomes ${secret:NAME},
and goes into the keyring. Then the server is started once to learn its tools; they
are shown, and pinned when you accept them.`,
		Example: `  loom add time -- uvx mcp-server-time
  loom add github --secret GITHUB_TOKEN -- npx -y @modelcontextprotocol/server-github
  loom add docs --url https://example.com/mcp --secret-header Authorization
  loom add --json '{"mcpServers": {"time": {"command": "uvx", "args": ["mcp-server-time"]}}}'
  pbpaste | loom add --json -`,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := opts.take(cmd, args); err != nil {
				return err
			}
			return runF(cmd.Context(), opts)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&opts.Snippet, "json", "", "the `text` of a README, or - for stdin")
	flags.StringVar(&opts.URL, "url", "", "the `address` of a remote server (Streamable HTTP)")
	flags.StringArrayVar(&opts.Vars, "env", nil, "a variable for the server, `NAME=VALUE`; the value may hold references")
	flags.StringArrayVar(&opts.Secrets, "secret", nil, "a `VARIABLE` whose value is in the keyring; VARIABLE=SECRET to name the secret")
	flags.StringArrayVar(&opts.Headers, "header", nil, "a header for --url, `NAME=VALUE`")
	flags.StringArrayVar(&opts.SecretH, "secret-header", nil, "a `HEADER` whose value is in the keyring; HEADER=SECRET:PREFIX to name the secret, and what stands before it. Authorization gets \"Bearer \"")
	flags.StringVar(&opts.Dir, "cwd", "", "the `folder` that the server runs in")
	flags.StringVar(&opts.Share, "share", "", "who has one process: global, workspace (each project its own) or session")
	flags.StringVar(&opts.About, "description", "", "a `sentence` for people")
	flags.BoolVar(&opts.Force, "force", false, "replace a server of that name")
	flags.BoolVar(&opts.Yes, "yes", false, "answer every question with yes: keep tokens in the keyring, pin the tools")
	flags.BoolVar(&opts.NoLearn, "no-learn", false, "do not start the server now")
	backendFlag(cmd, &opts.Backend)
	passphraseFlag(cmd, &opts.PassphraseFD)
	cmd.RegisterFlagCompletionFunc("share", cobra.FixedCompletions([]cobra.Completion{"global", "workspace", "session"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// take sorts the arguments: what stands before -- is the name, what follows is the
// command.
func (opts *AddOptions) take(cmd *cobra.Command, args []string) error {
	dash := cmd.ArgsLenAtDash()
	names := args
	if dash >= 0 {
		names, opts.Command = args[:dash], args[dash:]
	}
	sources := 0
	for _, given := range []bool{len(opts.Command) > 0, opts.URL != "", opts.Snippet != ""} {
		if given {
			sources++
		}
	}
	switch {
	case len(names) > 1 && dash < 0:
		return usagef(cmd, "write -- before the command: loom add %s -- %s …", names[0], names[1])
	case len(names) > 1:
		return usagef(cmd, "one name comes before --, these are %d", len(names))
	case sources == 0:
		return usagef(cmd, "there is nothing to add: a command after --, --url or --json")
	case sources > 1:
		return usagef(cmd, "a command, --url and --json exclude each other")
	case len(names) == 0 && opts.Snippet == "":
		return usagef(cmd, "the server needs a name")
	case opts.Snippet != "" && (len(opts.Vars)+len(opts.Headers)+len(opts.Secrets)+len(opts.SecretH) > 0):
		return usagef(cmd, "write variables and headers into the snippet")
	case opts.URL == "" && len(opts.Headers)+len(opts.SecretH) > 0:
		return usagef(cmd, "headers are for --url; a process gets its values by --env and --secret")
	case opts.URL != "" && len(opts.Vars)+len(opts.Secrets) > 0:
		return usagef(cmd, "a remote server has no variables; it gets its values by --header and --secret-header")
	}
	if len(names) == 1 {
		opts.Name = names[0]
	}
	return checkBackend(cmd, opts.Backend)
}

func runAdd(ctx context.Context, opts *AddOptions) error {
	noCoreDump()
	s, err := opts.server()
	if err != nil {
		return err
	}
	file, err := opts.RegistryFile()
	if err != nil {
		return err
	}
	if _, err := opts.try(file, s); err != nil { // before anybody is asked for anything
		return err
	}
	missing, err := opts.keep(ctx, s)
	if err != nil {
		return err
	}
	edited, err := opts.write(file, s)
	if err != nil {
		return err
	}
	if edited.replaced {
		printLineDiff(opts.IO, edited.before, edited.after)
	}
	fmt.Fprintf(opts.IO.Out, "%s is added (%s:%d)\n", s.Name, file.Path, edited.change.Line)
	for _, key := range s.Lost {
		opts.IO.Note("%q of the snippet means nothing to Loom, and is left out", key)
	}
	if err := opts.checkCommand(s.Entry); err != nil {
		return err
	}
	if len(missing) > 0 {
		for _, name := range missing {
			opts.IO.Hint("loom secret set %s", name)
		}
		_, err := reloadIfRunning(ctx, opts.IO, opts.Dial)
		return err
	}
	if opts.NoLearn {
		_, err := reloadIfRunning(ctx, opts.IO, opts.Dial)
		return err
	}
	return opts.learn(ctx, file, s.Name)
}

// addTries is how often the file is read again when somebody else writes it at the
// same moment.
const addTries = 20

// write edits the user's file, also when another loom does the same.
func (opts *AddOptions) write(file RegistryFile, s snippet.Server) (edited, error) {
	for try := 1; ; try++ {
		e, err := opts.try(file, s)
		if err != nil {
			return edited{}, err
		}
		err = replaceIfSame(file.Path, e.before, e.after)
		if errors.Is(err, errElsewhere) && try < addTries {
			continue
		}
		if err != nil {
			return edited{}, fmt.Errorf("writing registry: %w", err)
		}
		return e, nil
	}
}

type edited struct {
	before, after []byte
	change        registry.Change
	replaced      bool // an entry that was there
}

// try makes the edit and writes nothing. All layers are valid with it.
func (opts *AddOptions) try(file RegistryFile, s snippet.Server) (edited, error) {
	before, err := os.ReadFile(file.Path)
	if err != nil && (file.Named || !errors.Is(err, fs.ErrNotExist)) {
		return edited{}, fmt.Errorf("reading registry: %w", err)
	}
	dirs, err := opts.Dirs()
	if err != nil {
		return edited{}, err
	}
	layers := file.sources(dirs)
	reg, err := layers.LoadWith(before)
	if err != nil {
		return edited{}, err
	}
	base, replaced := before, false
	if there, ok := reg.Server(registry.ServerName(s.Name)); ok {
		if !opts.Force {
			return edited{}, withHint(fmt.Errorf("there is a server %q already (%s)", s.Name, there.Pos), "loom add NAME gives this one another name; --force replaces that one")
		}
		own, err := registry.ParseLayer(file.Path, before)
		if err != nil {
			return edited{}, err
		}
		if _, here := own.Server(registry.ServerName(s.Name)); here {
			// Whoever names it goes on naming it.
			replaced = true
			if base, err = registry.Cut(before, registry.ServerName(s.Name)); err != nil {
				return edited{}, err
			}
		}
	}
	after, change, err := registry.Add(base, registry.ServerName(s.Name), s.Entry)
	if err != nil {
		return edited{}, err
	}
	next, err := layers.LoadWith(after)
	if err != nil {
		return edited{}, err
	}
	if added, _ := next.Server(registry.ServerName(s.Name)); added.Denied != "" {
		return edited{}, withHint(fmt.Errorf("%s is %s", s.Name, added.Denied), "ask whoever looks after this machine")
	}
	return edited{before, after, change, replaced}, nil
}

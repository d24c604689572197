package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/registry/trust"
)

// TrustOptions are what `loom trust` needs.
type TrustOptions struct {
	IO       *IO
	Dirs     func() (localsock.Dirs, error)
	Registry func() (*registry.Registry, error)
	Dial     func(context.Context) (*Conn, error)
	Terminal func() (*terminal, error)
	Now      func() time.Time

	Dir            string
	Yes            bool
	WithoutSecrets bool
	List           bool
	JSON           bool
}

// NewCmdTrust makes `loom trust`.
func NewCmdTrust(f *Factory, runF func(context.Context, *TrustOptions) error) *cobra.Command {
	opts := &TrustOptions{IO: f.IO, Dirs: f.Dirs, Registry: f.Registry, Dial: f.Dial, Terminal: openTerminal, Now: time.Now}
	if runF == nil {
		runF = runTrust
	}
	cmd := &cobra.Command{
		Use:   "trust [DIR]",
		Short: "Let a project's own servers run for the sessions in it",
		Long: `Let a project's own servers run for the sessions in it.

Shows what .loom/registry.yaml of the project would run, which of your secrets
and variables its servers would get, and what changed since it was trusted
before; then asks. What is trusted are the bytes of the file: after any change
its servers are not used until you have been asked again.

DIR is the project or a folder in it; without it, the current one.`,
		Example: `  loom trust
  loom trust ~/src/app
  loom trust --list`,
		Args:              usageArgs(cobra.MaximumNArgs(1)),
		ValidArgsFunction: completeFolders,
	}
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) == 1 {
			opts.Dir = args[0]
		}
		switch {
		case opts.List && (len(args) > 0 || opts.Yes || opts.WithoutSecrets):
			return usagef(cmd, "--list goes alone")
		case !opts.List && !opts.Yes && opts.JSON:
			return usagef(cmd, "--json is for programs, which nobody can ask: it goes with --yes or --list")
		}
		err := runF(cmd.Context(), opts)
		if errors.Is(err, errNobodyToAsk) {
			return usagef(cmd, "%w", err)
		}
		return err
	}
	cmd.Flags().BoolVarP(&opts.Yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&opts.WithoutSecrets, "without-secrets", false, "give its servers none of your secrets and variables; what can do without starts")
	cmd.Flags().BoolVar(&opts.List, "list", false, "list the projects that are trusted")
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

// completeFolders completes an argument with the names of folders.
func completeFolders(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

var errNobodyToAsk = errors.New("stdin is no terminal, so nobody can be asked: read what it would run, then say --yes")

// trusted is what `loom trust --json` prints.
type trusted struct {
	Project string   `json:"project"` // its folder
	Servers []string `json:"servers"`
	Secrets []string `json:"secrets"` // that they may have
	Env     []string `json:"env"`
	Changed bool     `json:"changed"`        // it was not trusted before as it is now
	Note    string   `json:"note,omitempty"` // why a running loomd does not use it
}

func runTrust(ctx context.Context, opts *TrustOptions) error {
	dirs, err := opts.Dirs()
	if err != nil {
		return err
	}
	path := trust.Path(dirs.State)
	store, err := trust.Load(path)
	if err != nil {
		return err
	}
	if opts.List {
		return listTrusted(opts, store)
	}
	dir, err := findProject(opts.Dir)
	if err != nil {
		return err
	}
	data, err := registry.ReadProject(dir)
	if err != nil {
		return err
	}
	p, err := registry.ParseProject(dir, data)
	if err != nil {
		return err
	}
	granted := registry.Granted{Secrets: p.Secrets(), Env: p.EnvNames()}
	if opts.WithoutSecrets {
		granted = registry.Granted{}
	}
	reg, err := opts.Registry()
	if err != nil {
		return err
	}
	joint, err := reg.With(p, granted)
	if err != nil {
		return err
	}
	for _, s := range joint.Servers {
		if s.Project != "" && s.Denied != "" {
			opts.IO.Note("%s will not run here: %s", s.ID(), s.Denied)
		}
	}
	before, known := store.Entry(dir)
	now := trust.Entry{Hash: p.Hash, Secrets: granted.Secrets, Env: granted.Env, Time: opts.Now().UTC().Truncate(time.Second), File: string(data)}
	done := trusted{Project: dir, Servers: serverNames(p), Secrets: orEmpty(granted.Secrets), Env: orEmpty(granted.Env)}
	done.Changed = !known || before.Hash != now.Hash || !slices.Equal(before.Secrets, now.Secrets) || !slices.Equal(before.Env, now.Env)
	if done.Changed {
		if err := opts.agree(ctx, p, now, before, known); err != nil {
			return err
		}
		if err := trust.Update(path, func(s *trust.Store) error { s.Trust(dir, now); return nil }); err != nil {
			return err
		}
	}
	if done.Note, err = lookAgain(ctx, opts.Dial, dir); err != nil {
		return notTold(fmt.Sprintf("%s is trusted", visible(dir)), err)
	}
	if opts.JSON {
		return opts.IO.JSON(done)
	}
	already := ""
	if !done.Changed {
		already = " already"
	}
	fmt.Fprintf(opts.IO.Out, "%s is trusted%s: %s for the sessions in it\n", visible(dir), already, plural(len(done.Servers), "server"))
	if done.Note != "" {
		opts.IO.Note("%s", visible(done.Note))
	}
	return nil
}

// agree shows the project and asks.
func (opts *TrustOptions) agree(ctx context.Context, p *registry.Project, now, before trust.Entry, known bool) error {
	out := opts.IO.Out
	if opts.JSON {
		out = io.Discard
	}
	if known {
		showChange(opts.IO, out, p, before, now)
	} else {
		for _, line := range projectLines(p, now) {
			fmt.Fprintln(out, line)
		}
	}
	fmt.Fprintln(out)
	switch {
	case opts.Yes:
		return nil
	case !isTerminal(opts.IO.In):
		return errNobodyToAsk
	}
	t, err := opts.Terminal()
	if err != nil {
		return errNobodyToAsk
	}
	defer t.close()
	yes, err := t.confirm(ctx, "Let these servers run for the sessions in %s?", visible(p.Dir))
	if err != nil {
		return err
	}
	if !yes {
		opts.IO.Note("nothing has changed: %s is not trusted as it is now", visible(p.Dir))
		return errPrinted
	}
	return nil
}

// findProject is the project that a folder is in.
func findProject(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("resolving %s: %w", dir, err)
	}
	if fi, err := os.Stat(abs); err != nil {
		return "", err
	} else if !fi.IsDir() {
		return "", fmt.Errorf("%s is no folder", abs)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("finding the home directory: %w", err)
	}
	project, ok := registry.FindProject(abs, home)
	if !ok {
		err := fmt.Errorf("%s is in no project: there is no .loom/registry.yaml in it, nor above it up to the top of its repository", visible(abs))
		if abs == home {
			err = fmt.Errorf("%s is your home directory, which is no project; your own servers are in your registry", visible(abs))
		}
		return "", err
	}
	return project, trust.CheckDir(project)
}

// notTold is a change that is made and that a running loomd has not heard of.
func notTold(what string, err error) error {
	return withHint(fmt.Errorf("%s, and a running loomd could not be told: %w", what, err), "loom stop && loom start")
}

// lookAgain makes a running loomd look at what is trusted, and returns what it
// says of one project.
func lookAgain(ctx context.Context, dial func(context.Context) (*Conn, error), dir string) (note string, err error) {
	conn, err := dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var reply loomrpc.ProjectsReply
	if err := conn.Call(ctx, loomrpc.MethodProjects, struct{}{}, &reply); err != nil {
		return "", err
	}
	for _, p := range reply.Projects {
		if p.Dir == dir {
			return p.Note, nil
		}
	}
	return "", nil
}

// listedProject is one of `loom trust --list --json`.
type listedProject struct {
	Project string    `json:"project"`
	State   string    `json:"state"` // trusted, changed or gone
	Since   time.Time `json:"since"`
	Secrets []string  `json:"secrets"`
	Env     []string  `json:"env"`
}

func listTrusted(opts *TrustOptions, store *trust.Store) error {
	list := []listedProject{}
	for _, dir := range store.Dirs() {
		e, _ := store.Entry(dir)
		one := listedProject{Project: dir, Since: e.Time, Secrets: orEmpty(e.Secrets), Env: orEmpty(e.Env)}
		data, err := registry.ReadProject(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			one.State = "gone"
		case err != nil:
			one.State = "unusable"
		default:
			one.State = store.State(dir, hashOf(data)).String()
		}
		list = append(list, one)
	}
	if opts.JSON {
		return opts.IO.JSON(list)
	}
	if len(list) == 0 {
		fmt.Fprintln(opts.IO.Out, "No project is trusted.")
		return nil
	}
	t := newTable(opts.IO, "PROJECT", "STATE", "SINCE", ">SECRETS", ">VARIABLES")
	for _, one := range list {
		state := cell{one.State, warn}
		if one.State == trust.Trusted.String() {
			state.style = good
		}
		t.row(visible(one.Project), state, one.Since.Format(time.DateOnly), len(one.Secrets), len(one.Env))
	}
	t.print()
	return nil
}

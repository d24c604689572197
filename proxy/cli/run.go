package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/environ"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/proxy/internal/launch"
	"github.com/loom-core/loom/registry"
	"github.com/loom-core/loom/registry/process"
)

// RunOptions are what `loom run` needs.
type RunOptions struct {
	SecretOptions
	Exec func(path string, argv, env []string) error // syscall.Exec

	Server registry.ServerName
	Client string   // as which client has it
	Args   []string // after those of the entry
}

// NewCmdRun makes `loom run`.
func NewCmdRun(f *Factory, runF func(context.Context, *RunOptions) error) *cobra.Command {
	opts := &RunOptions{SecretOptions: newSecretOptions(f), Exec: syscall.Exec}
	if runF == nil {
		runF = runRun
	}
	cmd := &cobra.Command{
		Use:   "run SERVER [-- ARGUMENT...]",
		Short: "Become a server: its own stdin and stdout, without loomd",
		Long: `Become a server: start it as loomd would, with its variables and secrets, and with
this command's own stdin and stdout. For a client that is to speak to one server
directly, and has no secret in its config.

It is the server alone: no profile, pin, limit or audit of Loom applies.`,
		Example: `  loom run loki
  loom run loki -- --log-level debug`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch n := cmd.ArgsLenAtDash(); {
			case len(args) == 0 || n == 0:
				return usagef(cmd, "the name of a server is missing")
			case n < 0 && len(args) > 1, n > 1:
				return usagef(cmd, "arguments for the server stand behind --: loom run %s -- …", args[0])
			}
			return nil
		},
		ValidArgsFunction: completeServers(f, func(s loomrpc.ServerStatus) bool { return s.Enabled && s.Command != "" }),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Server, opts.Args = registry.ServerName(args[0]), args[1:]
			if !isTerminal(opts.IO.In) { // a client's own terminal is not ours to ask on
				opts.Terminal = func() (*terminal, error) { return nil, errNoTerminal }
			}
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().StringVar(&opts.Client, "client", "", "as this `client` has it, where its entry has a target for that")
	cmd.RegisterFlagCompletionFunc("client", completeClients)
	passphraseFlag(cmd, &opts.PassphraseFD)
	return cmd
}

func runRun(ctx context.Context, opts *RunOptions) error {
	s, err := opts.server()
	if err != nil {
		return err
	}
	host, vars, err := opts.host(ctx, s)
	if err != nil {
		return err
	}
	store, err := opts.secrets(ctx, s, vars)
	if err != nil {
		return err
	}
	lookup := &runLookup{Lookup: secret.NewLookup(lookupIn(vars), store), opts: opts}
	defer lookup.end()
	spec, err := process.Resolve(ctx, s, host, lookup)
	if err != nil {
		return opts.explain(s, err)
	}
	argv := append(append([]string{spec.Path}, spec.Args...), opts.Args...)
	if lookup.files != nil {
		err = attend(spec, argv)
	} else if err = os.Chdir(spec.Dir); err == nil {
		err = opts.Exec(spec.Path, argv, spec.Env)
	}
	if status := exitStatus(0); err == nil || errors.As(err, &status) {
		return err
	}
	return fmt.Errorf("starting server %s: %s: %w", s.Name, spec.Path, err)
}

// server finds the entry, if it is one that can be started from here.
func (opts *RunOptions) server() (registry.Server, error) {
	reg, err := opts.Registry()
	if err != nil {
		return registry.Server{}, err
	}
	s, ok := reg.ServerFor(opts.Client, opts.Server)
	base, _ := reg.Server(opts.Server)
	switch {
	case !ok && opts.project() != "":
		err := fmt.Errorf("%s is a server of the project %s: those are started by loomd alone, which knows what was trusted", opts.Server, opts.project())
		return s, withHint(err, "loom proxy --server %s serves it over stdio, in that folder", opts.Server)
	case !ok:
		err := fmt.Errorf("there is no server %q in %s", opts.Server, reg.Path)
		var names []string
		for _, s := range reg.Servers {
			if s.Client == "" {
				names = append(names, string(s.Name))
			}
		}
		return s, suggest(err, string(opts.Server), names, "loom servers lists them")
	case s.URL != "":
		return s, withHint(fmt.Errorf("%s is a remote server (%s): there is no program to run", s.Name, s.URL), "loom proxy --server %s serves it over stdio", s.Name)
	case !s.Enabled && base.Enabled && s.Denied == "":
		return s, withHint(fmt.Errorf("%s is not for %s", s.Name, opts.Client), "its entry says so: %s", s.Pos)
	case !s.Enabled:
		return s, withHint(fmt.Errorf("%s is off", s.Name), "loom enable %s", s.Name)
	}
	return s, nil
}

// project is the folder above the working directory whose registry has the
// server, empty if there is none.
func (opts *RunOptions) project() string {
	dir, err := os.Getwd()
	for ; err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		path := filepath.Join(dir, ".loom", "registry.yaml")
		if fi, err := os.Stat(path); err != nil || !fi.Mode().IsRegular() { // a fifo would wait for ever
			continue
		}
		reg, err := registry.Load(path, true)
		if err != nil {
			continue
		}
		if _, ok := reg.Server(opts.Server); ok {
			return dir
		}
	}
	return ""
}

// host is what loomd would give the server: the saved environment and not the
// client's, which may lack half of it. vars is what references read, with what
// only this process has: secrets in LOOM_SECRET_…, and the variables that the
// entry takes from the client. The working directory stays, as without Loom.
func (opts *RunOptions) host(ctx context.Context, s registry.Server) (process.Host, []string, error) {
	dirs, err := opts.Dirs()
	if err != nil {
		return process.Host{}, nil, err
	}
	saved, err := environ.ForDaemon(ctx, dirs.SavedEnvironment())
	if err != nil {
		return process.Host{}, nil, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return process.Host{}, nil, fmt.Errorf("starting server %s: %w", s.Name, err)
	}
	self, err := launch.Self()
	if err != nil {
		return process.Host{}, nil, err
	}
	host := process.Host{Program: "loom", Beside: filepath.Dir(self), Environ: environ.Pass(saved), Dir: dir}
	for _, kv := range opts.Env {
		if slices.Contains(s.ClientEnv, variableName(kv)) {
			host.Client = append(host.Client, kv)
		}
	}
	return host, append(saved, secretVariables(opts.Env)...), nil
}

// secrets reads what the entry names, with one look into the keyring.
func (opts *RunOptions) secrets(ctx context.Context, s registry.Server, vars []string) (secret.Store, error) {
	values := secret.Memory{}
	var wanted []string
	fromEnv := secret.FromEnv(lookupIn(vars))
	for _, ref := range s.SecretRefs() {
		v, err := fromEnv.Get(ctx, ref.Name)
		if err != nil {
			wanted = append(wanted, ref.Name)
			continue
		}
		values[ref.Name] = v
	}
	if len(wanted) == 0 {
		return values, nil // no keyring is needed, nor loom-keyring
	}
	// The bus and the display may be known to the saved environment alone.
	opts.Env = append(slices.Clone(vars), opts.Env...)
	ring, err := opts.open()
	if err != nil {
		return nil, err
	}
	found, err := ring.GetAll(ctx, wanted)
	if err != nil { // also for one that may be absent: a locked keyring may have it
		return nil, fmt.Errorf("starting server %s: %w", s.Name, err)
	}
	for name, v := range found {
		values[name] = v
	}
	return values, nil
}

// explain adds what mends it.
func (opts *RunOptions) explain(s registry.Server, err error) error {
	var notFound *process.NotFoundError
	var missing *secret.MissingError
	switch {
	case errors.As(err, &missing) && missing.Ref.Kind == secret.Env:
		err := fmt.Errorf("starting server %s: %s is not in the environment that is saved for servers", s.Name, missing.Ref.Name)
		return withHint(err, "export %s=… && loom env save", missing.Ref.Name)
	case errors.As(err, &missing):
		err := fmt.Errorf("starting server %s: the secret %s is not set", s.Name, missing.Ref.Name)
		return withHint(err, "loom secret set %s", missing.Ref.Name)
	}
	err = fmt.Errorf("starting server %s: %w", s.Name, err)
	if errors.As(err, &notFound) {
		return withHint(err, "loom env save keeps this shell's PATH for servers")
	}
	return err
}

// lookupIn finds variables in env. Of one that is given twice the last counts.
func lookupIn(env []string) func(string) (string, bool) {
	return func(name string) (value string, found bool) {
		for _, kv := range env {
			if text, ok := strings.CutPrefix(kv, name+"="); ok {
				value, found = text, true
			}
		}
		return value, found
	}
}

package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/environ"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/registry"
)

// StartOptions are what `loom start` needs.
type StartOptions struct {
	IO           *IO
	Dirs         func() (localsock.Dirs, error)
	Registry     func() (*registry.Registry, error)
	RegistryFile func() (RegistryFile, error)
	Dial         func(context.Context) (*Conn, error)
	Launch       func(context.Context) (*Conn, error)
	Env          []string

	JSON bool
}

// NewCmdStart makes `loom start`.
func NewCmdStart(f *Factory, runF func(context.Context, *StartOptions) error) *cobra.Command {
	opts := &StartOptions{
		IO: f.IO, Dirs: f.Dirs, Registry: f.Registry, RegistryFile: f.RegistryFile,
		Dial: f.Dial, Launch: f.Launch, Env: os.Environ(),
	}
	if runF == nil {
		runF = runStart
	}
	cmd := &cobra.Command{
		Use:   "start",
		Short: "Start loomd, and learn the tools of servers never started before",
		Long: `Start loomd, and learn the tools of servers never started before.

The environment of this shell is saved for loomd, which clients may have to
start later with a poorer one of their own: PATH and the like, and what the
registry names in ${env:NAME}. Nothing that looks like a secret is saved:
loom secret set puts it into the keyring. Where there is none, as in a container,
LOOM_SECRET_MY_TOKEN in the environment of loomd stands for ${secret:my-token}.`,
		Example:           `  loom start`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runF(cmd.Context(), opts) },
	}
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

// started is what `loom start --json` prints.
type started struct {
	Started  bool                   `json:"started"` // false: one was running already
	Version  string                 `json:"version"` // of loomd
	PID      int                    `json:"pid"`
	Socket   string                 `json:"socket"`
	Registry string                 `json:"registry"`
	Servers  []loomrpc.ServerStatus `json:"servers"` // the enabled ones
	Learnt   []string               `json:"learnt"`  // those whose tools were learnt now
	Failed   map[string]string      `json:"failed"`  // those that could not be started, with the reason
}

func runStart(ctx context.Context, opts *StartOptions) error {
	reg, err := opts.Registry()
	if err != nil {
		return err // before anything is started: a loomd without servers helps nobody
	}
	dirs, err := opts.Dirs()
	if err != nil {
		return err
	}
	changed, err := saveEnvironment(opts.IO, dirs.SavedEnvironment(), opts.Env, reg)
	if err != nil {
		return err
	}
	_, err = opts.Dial(ctx)
	was := err == nil
	if err != nil && !errors.Is(err, localsock.ErrNotRunning) {
		return err
	}
	conn, err := opts.Launch(ctx)
	if err != nil {
		return err
	}
	var status loomrpc.Status
	if err := conn.Call(ctx, loomrpc.MethodStatus, nil, &status); err != nil {
		return err
	}
	if !opts.JSON {
		printStarted(opts.IO, status, was)
	}
	if was {
		if changed || len(secretVariables(opts.Env)) > 0 {
			opts.IO.Note("it keeps the variables that it was started with")
			opts.IO.Hint("loom stop && loom start")
		}
	}

	file, err := opts.RegistryFile()
	if err != nil {
		return err
	}
	if status.Registry != file.Path {
		opts.IO.Note("the loomd that runs reads %s, not %s", status.Registry, file.Path)
		opts.IO.Hint("loom stop && loom start")
	}

	var learnt loomrpc.LearnReply
	done := opts.IO.Progress(300*time.Millisecond, "starting servers to learn their tools")
	err = conn.Call(ctx, loomrpc.MethodLearn, nil, &learnt)
	done()
	if err != nil {
		return err
	}
	var servers loomrpc.ServersReply
	if err := conn.Call(ctx, loomrpc.MethodServers, nil, &servers); err != nil {
		return err
	}
	if opts.JSON {
		return opts.IO.JSON(startedOf(status, was, servers, learnt))
	}
	printStart(opts.IO, servers.Servers, learnt, status.Registry)
	if len(status.Sessions) == 0 {
		opts.IO.Hint("loom config-line prints what goes into a client's config")
	}
	return nil
}

func startedOf(status loomrpc.Status, was bool, servers loomrpc.ServersReply, learnt loomrpc.LearnReply) started {
	out := started{
		Started: !was, Version: status.Version, PID: status.PID, Socket: status.Socket, Registry: status.Registry,
		Servers: []loomrpc.ServerStatus{}, Learnt: []string{}, Failed: map[string]string{},
	}
	for _, s := range servers.Servers {
		if s.Enabled {
			out.Servers = append(out.Servers, s)
		}
	}
	for _, s := range learnt.Learnt {
		out.Learnt = append(out.Learnt, cmp.Or(s.ID, s.Name))
	}
	maps.Copy(out.Failed, learnt.Failed)
	return out
}

// saveEnvironment saves what loomd is to be started with, says what was left out
// and what to do about it, and reports whether that is something new.
func saveEnvironment(io *IO, file string, env []string, reg *registry.Registry) (changed bool, err error) {
	before, _ := os.ReadFile(file)
	refused, err := environ.Save(file, env, envNames(reg))
	if err != nil {
		return false, err
	}
	for _, name := range refused {
		io.Note("%s looks like a secret and was not saved", name)
		io.Hint("loom secret set %s --from-env %[1]s", name)
	}
	after, err := os.ReadFile(file)
	return !bytes.Equal(before, after), err
}

// envNames are the variables that the enabled servers refer to.
func envNames(reg *registry.Registry) []string {
	names := map[string]bool{}
	for _, s := range reg.Servers {
		if !s.Enabled {
			continue
		}
		texts := append([]string{s.Command, s.Dir, s.URL}, s.Args...)
		for _, v := range append(slices.Clone(s.Env), s.Headers...) {
			texts = append(texts, v.Value)
		}
		for _, text := range texts {
			t, err := secret.Parse(text)
			if err != nil {
				continue // the registry was checked
			}
			for _, ref := range t.Refs() {
				if ref.Kind == secret.Env {
					names[ref.Name] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func printStarted(io *IO, status loomrpc.Status, was bool) {
	if was {
		fmt.Fprintf(io.Out, "loomd %s is running already (pid %d, since %s)\n", status.Version, status.PID, age(time.Since(status.Started)))
		return
	}
	fmt.Fprintf(io.Out, "loomd %s %s (pid %d)\n", status.Version, io.paint("is running", good), status.PID)
}

func printStart(io *IO, servers []loomrpc.ServerStatus, learnt loomrpc.LearnReply, file string) {
	now := map[string]bool{}
	for _, s := range learnt.Learnt {
		now[cmp.Or(s.ID, s.Name)] = true
	}
	t := newTable(io, "SERVER", ">TOOLS", ">TOKENS", "")
	tools, tokens, n := 0, 0, 0
	for _, s := range servers {
		if !s.Enabled {
			continue
		}
		n++
		if s.Client == "" { // no client has both
			tools, tokens = tools+s.Tools, tokens+s.Tokens
		}
		note, id := cell{}, cmp.Or(s.ID, s.Name)
		switch {
		case learnt.Failed[id] != "":
			note = cell{"failed", bad}
		case now[id]:
			note = cell{"learnt now", good}
		}
		t.row(id, toolsOf(s), tokensOf(s), note)
	}
	fmt.Fprintln(io.Out)
	if n == 0 {
		fmt.Fprint(io.Out, noServers(file, true))
		return
	}
	if n > 1 {
		t.row(cell{"together", dim}, tools, tokens)
	}
	t.print()
	for _, name := range slices.Sorted(maps.Keys(learnt.Failed)) {
		printFailure(io, name, learnt.Failed[name])
	}
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/registry"
)

// EnableOptions are what `loom enable` and `loom disable` need.
type EnableOptions struct {
	IO           *IO
	Dirs         func() (localsock.Dirs, error)
	RegistryFile func() (RegistryFile, error)
	Dial         func(context.Context) (*Conn, error)

	Server  registry.ServerName
	Tool    string // empty: the server
	Profile string // empty: for all
	On      bool
	JSON    bool
}

// NewCmdEnable makes `loom enable`.
func NewCmdEnable(f *Factory, runF func(context.Context, *EnableOptions) error) *cobra.Command {
	cmd := newCmdSwitch(f, runF, true)
	cmd.Use = "enable SERVER[__TOOL]"
	cmd.Short = "Switch on a server that is shipped, or a server or tool that was switched off"
	cmd.Long = `Switch on a server that is shipped, or a server or tool that was switched off; with
--profile only for those who have that profile.

Writes what says so into your registry and leaves all else there as it is, then
lets a running loomd read it.`
	cmd.Example = "  loom enable git\n  loom enable git__get_blame\n  loom enable git --profile work"
	cmd.ValidArgsFunction = completeParts(f, isOff)
	return cmd
}

// NewCmdDisable makes `loom disable`.
func NewCmdDisable(f *Factory, runF func(context.Context, *EnableOptions) error) *cobra.Command {
	cmd := newCmdSwitch(f, runF, false)
	cmd.Use = "disable SERVER[__TOOL]"
	cmd.Short = "Switch off a server, and keep its entry, or one of its tools"
	cmd.Long = `Switch off a server, and keep its entry, or one of its tools; with --profile only
for those who have that profile.`
	cmd.Example = "  loom disable git\n  loom disable git__get_blame\n  loom disable git --profile work"
	cmd.ValidArgsFunction = completeParts(f, isEnabled)
	return cmd
}

func newCmdSwitch(f *Factory, runF func(context.Context, *EnableOptions) error, on bool) *cobra.Command {
	opts := &EnableOptions{IO: f.IO, Dirs: f.Dirs, RegistryFile: f.RegistryFile, Dial: f.Dial, On: on}
	if runF == nil {
		runF = runEnable
	}
	cmd := &cobra.Command{
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Server, opts.Tool = splitTool(args[0])
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().StringVar(&opts.Profile, "profile", "", "only for this `profile`")
	cmd.RegisterFlagCompletionFunc("profile", completeProfiles(f))
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

// switched is what `loom enable --json` and `loom disable --json` print.
type switched struct {
	Server   string `json:"server"`
	Enabled  bool   `json:"enabled"`
	Changed  bool   `json:"changed"` // the registry was
	Registry string `json:"registry"`
	Line     int    `json:"line,omitempty"` // that was changed
	Applied  bool   `json:"applied"`        // a running loomd has read it
	Known    bool   `json:"known"`          // its tools are
	Tools    int    `json:"tools,omitempty"`
	Tokens   int    `json:"tokens,omitempty"` // of their definitions
	Failed   string `json:"failed,omitempty"` // why its tools could not be learnt
}

func runEnable(ctx context.Context, opts *EnableOptions) error {
	if opts.Tool != "" || opts.Profile != "" {
		return runEnablePart(ctx, opts)
	}
	file, err := opts.RegistryFile()
	if err != nil {
		return err
	}
	change, err := editRegistry(file, opts)
	if err != nil {
		return err
	}
	done := switched{Server: string(opts.Server), Enabled: opts.On, Changed: !change.None(), Registry: file.Path, Line: change.Line}
	if !opts.JSON {
		printSwitched(opts.IO, done, change.What)
	}
	if err := applyRegistry(ctx, opts, &done); err != nil {
		return err
	}
	if opts.JSON {
		return opts.IO.JSON(done)
	}
	switch {
	case done.Failed != "":
		printFailure(opts.IO, done.Server, done.Failed)
	case done.Known:
		fmt.Fprintf(opts.IO.Out, "%s adds %s, whose definitions take %s\n", done.Server, plural(done.Tools, "tool"), plural(done.Tokens, "token"))
	}
	return nil
}

func printSwitched(io *IO, done switched, what string) {
	state := "off"
	if done.Enabled {
		state = "on"
	}
	if !done.Changed {
		fmt.Fprintf(io.Out, "%s is %s already in %s\n", done.Server, state, done.Registry)
		return
	}
	fmt.Fprintf(io.Out, "%s is %s: %s (%s:%d)\n", done.Server, state, what, done.Registry, done.Line)
}

// editRegistry changes the file.
func editRegistry(file RegistryFile, opts *EnableOptions) (registry.Change, error) {
	data, err := os.ReadFile(file.Path)
	if err != nil && (file.Named || !errors.Is(err, fs.ErrNotExist)) {
		return registry.Change{}, fmt.Errorf("reading registry: %w", err)
	}
	dirs, err := opts.Dirs()
	if err != nil {
		return registry.Change{}, err
	}
	layers := file.sources(dirs)
	reg, err := layers.LoadWith(data)
	if err != nil {
		return registry.Change{}, err
	}
	if err := knows(reg, opts.Server); err != nil {
		return registry.Change{}, err
	}
	after, done, err := switchServer(layers, reg, data, opts)
	if err != nil {
		return registry.Change{}, err
	}
	if done.None() {
		return done, nil
	}
	if err := replaceIfSame(file.Path, data, after); err != nil {
		return registry.Change{}, fmt.Errorf("writing registry: %w", err)
	}
	return done, nil
}

// switchServer edits the text of the user's file so that the server is on or off
// when all layers are put together. One of the machine's gets an entry that says
// no more than that.
func switchServer(layers registry.Sources, reg *registry.Registry, data []byte, opts *EnableOptions) (after []byte, done registry.Change, err error) {
	s, there := reg.Server(opts.Server)
	if there && s.Enabled == opts.On {
		return data, registry.Change{}, nil
	}
	if s.Denied != "" {
		return nil, done, withHint(fmt.Errorf("%s is %s", s.Name, s.Denied), "ask whoever looks after this machine")
	}
	own, err := registry.ParseLayer(reg.Path, data)
	if err != nil {
		return nil, done, err
	}
	change := registry.Disable
	if opts.On {
		change = registry.Enable
	}
	// An entry that only changes the machine's may be nothing without the key.
	mine, isMine := own.Server(opts.Server)
	if partial := isMine && mine.Command == "" && mine.URL == ""; isMine && !partial || !there {
		if after, done, err = change(data, opts.Server); err != nil {
			return nil, done, err
		}
		next, err := layers.LoadWith(after)
		if err != nil {
			return nil, done, err
		}
		if s, ok := next.Server(opts.Server); ok && s.Enabled == opts.On || !ok && !opts.On {
			return after, done, nil
		}
	}
	after, done, err = registry.Override(data, opts.Server, opts.On)
	if err != nil {
		return nil, done, err
	}
	next, err := layers.LoadWith(after)
	if err != nil {
		return nil, done, err
	}
	if s, _ := next.Server(opts.Server); s.Enabled != opts.On {
		o, _ := next.Origin("servers", string(opts.Server), "enabled")
		return nil, done, withHint(fmt.Errorf("%s would stay as it is: a later file says so", s.Name), "change it in %s", o.Pos)
	}
	return after, done, nil
}

// knows returns an error with what the name may have been meant to be.
func knows(reg *registry.Registry, name registry.ServerName) error {
	if _, ok := reg.Server(name); ok {
		return nil
	}
	var shipped []string
	for _, s := range registry.Shipped() {
		if s.Name == name {
			return nil
		}
		shipped = append(shipped, string(s.Name))
	}
	names := slices.Clone(shipped)
	for _, s := range reg.Servers {
		if s.From == "" && s.Client == "" {
			names = append(names, string(s.Name))
		}
	}
	err := fmt.Errorf("there is no server %q, neither in %s nor shipped with Loom", name, reg.Path)
	for _, n := range nearest(string(name), names) {
		err = withHint(err, "did you mean %s?", n)
	}
	return withHint(err, "shipped are %s", strings.Join(shipped, ", "))
}

// applyRegistry makes a running loomd read the file, and notes in done what the
// server that was switched on costs.
func applyRegistry(ctx context.Context, opts *EnableOptions, done *switched) error {
	conn, err := opts.Dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) {
		if opts.On {
			opts.IO.Hint("loom start")
		}
		return nil
	}
	if err != nil {
		return err
	}
	reply, err := reload(ctx, opts.IO, conn)
	if err != nil {
		return err
	}
	if reply.Registry != done.Registry {
		opts.IO.Note("the loomd that runs reads %s, not %s", reply.Registry, done.Registry)
		return nil
	}
	done.Applied = true
	if !opts.On {
		return nil
	}
	var learnt loomrpc.LearnReply
	shown := opts.IO.Progress(slow, fmt.Sprintf("starting %s to learn its tools", opts.Server))
	err = conn.Call(ctx, loomrpc.MethodLearn, nil, &learnt)
	shown()
	if err != nil {
		return err
	}
	var servers loomrpc.ServersReply
	if err := conn.Call(ctx, loomrpc.MethodServers, nil, &servers); err != nil {
		return err
	}
	for _, s := range servers.Servers {
		if s.Name != string(opts.Server) || s.Client != "" {
			continue
		}
		done.Failed = learnt.Failed[s.Name]
		if done.Failed == "" && failed(s) {
			done.Failed = s.LastError
		}
		if done.Failed == "" && s.Known {
			done.Known, done.Tools, done.Tokens = true, s.Tools, s.Tokens
		}
	}
	return nil
}

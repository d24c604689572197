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
	RegistryFile func() (RegistryFile, error)
	Dial         func(context.Context) (*Conn, error)

	Server registry.ServerName
	On     bool
}

// NewCmdEnable makes `loom enable`.
func NewCmdEnable(f *Factory, runF func(context.Context, *EnableOptions) error) *cobra.Command {
	cmd := newCmdSwitch(f, runF, true)
	cmd.Use = "enable SERVER"
	cmd.Short = "Switch on a server that is shipped, or that was switched off"
	cmd.Long = `Switch on a server that is shipped, or that was switched off.

Writes the entry into your registry and leaves all else there as it is, then
lets a running loomd read it.`
	cmd.Example = "  loom enable git"
	cmd.ValidArgsFunction = completeServers(f, isOff)
	return cmd
}

// NewCmdDisable makes `loom disable`.
func NewCmdDisable(f *Factory, runF func(context.Context, *EnableOptions) error) *cobra.Command {
	cmd := newCmdSwitch(f, runF, false)
	cmd.Use = "disable SERVER"
	cmd.Short = "Switch off a server and keep its entry"
	cmd.Example = "  loom disable git"
	cmd.ValidArgsFunction = completeServers(f, isEnabled)
	return cmd
}

func newCmdSwitch(f *Factory, runF func(context.Context, *EnableOptions) error, on bool) *cobra.Command {
	opts := &EnableOptions{IO: f.IO, RegistryFile: f.RegistryFile, Dial: f.Dial, On: on}
	if runF == nil {
		runF = runEnable
	}
	return &cobra.Command{
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Server = registry.ServerName(args[0])
			return runF(cmd.Context(), opts)
		},
	}
}

func runEnable(ctx context.Context, opts *EnableOptions) error {
	file, err := opts.RegistryFile()
	if err != nil {
		return err
	}
	change, err := editRegistry(file, opts)
	if err != nil {
		return err
	}
	state := "off"
	if opts.On {
		state = "on"
	}
	if change.None() {
		fmt.Fprintf(opts.IO.Out, "%s is %s already in %s\n", opts.Server, state, file.Path)
	} else {
		fmt.Fprintf(opts.IO.Out, "%s is %s: %s (%s:%d)\n", opts.Server, state, change.What, file.Path, change.Line)
	}
	return applyRegistry(ctx, opts, file)
}

// editRegistry changes the file.
func editRegistry(file RegistryFile, opts *EnableOptions) (registry.Change, error) {
	data, err := os.ReadFile(file.Path)
	if err != nil && (file.Named || !errors.Is(err, fs.ErrNotExist)) {
		return registry.Change{}, fmt.Errorf("reading registry: %w", err)
	}
	reg, err := registry.Parse(file.Path, data)
	if err != nil {
		return registry.Change{}, err
	}
	if err := knows(reg, opts.Server); err != nil {
		return registry.Change{}, err
	}
	change := registry.Disable
	if opts.On {
		change = registry.Enable
	}
	after, done, err := change(data, opts.Server)
	if err != nil {
		return registry.Change{}, err
	}
	if done.None() {
		return done, nil
	}
	if err := replaceFile(file.Path, after); err != nil {
		return registry.Change{}, fmt.Errorf("writing registry: %w", err)
	}
	return done, nil
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
		if s.From == "" {
			names = append(names, string(s.Name))
		}
	}
	err := fmt.Errorf("there is no server %q, neither in %s nor shipped with Loom", name, reg.Path)
	for _, n := range nearest(string(name), names) {
		err = withHint(err, "did you mean %s?", n)
	}
	return withHint(err, "shipped are %s", strings.Join(shipped, ", "))
}

// applyRegistry makes a running loomd read the file, and tells what the server
// that was switched on costs.
func applyRegistry(ctx context.Context, opts *EnableOptions, file RegistryFile) error {
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
	if reply.Registry != file.Path {
		opts.IO.Note("the loomd that runs reads %s, not %s", reply.Registry, file.Path)
		return nil
	}
	if !opts.On {
		return nil
	}
	var learnt loomrpc.LearnReply
	done := opts.IO.Progress(slow, fmt.Sprintf("starting %s to learn its tools", opts.Server))
	err = conn.Call(ctx, loomrpc.MethodLearn, nil, &learnt)
	done()
	if err != nil {
		return err
	}
	var servers loomrpc.ServersReply
	if err := conn.Call(ctx, loomrpc.MethodServers, nil, &servers); err != nil {
		return err
	}
	for _, s := range servers.Servers {
		if s.Name != string(opts.Server) {
			continue
		}
		reason := learnt.Failed[s.Name]
		if reason == "" && failed(s) {
			reason = s.LastError
		}
		if reason != "" {
			printFailure(opts.IO, s.Name, reason)
		} else if s.Known {
			fmt.Fprintf(opts.IO.Out, "%s adds %s, whose definitions take %s\n", s.Name, plural(s.Tools, "tool"), plural(s.Tokens, "token"))
		}
	}
	return nil
}

package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/registry"
)

// ServersOptions are what `loom servers` needs.
type ServersOptions struct {
	IO           *IO
	Dial         func(context.Context) (*Conn, error)
	Registry     func() (*registry.Registry, error)
	RegistryFile func() (RegistryFile, error)

	JSON bool
}

// NewCmdServers makes `loom servers`.
func NewCmdServers(f *Factory, runF func(context.Context, *ServersOptions) error) *cobra.Command {
	opts := &ServersOptions{IO: f.IO, Dial: f.Dial, Registry: f.Registry, RegistryFile: f.RegistryFile}
	if runF == nil {
		runF = runServers
	}
	cmd := &cobra.Command{
		Use:   "servers",
		Short: "List the servers of the registry, and the shipped ones that are off",
		Long: `List the servers of the registry, and the shipped ones that are off.

TOKENS is what the definitions of a server's tools take of a model's context.
Without a running loomd the list comes from the registry alone.`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runF(cmd.Context(), opts) },
	}
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

func runServers(ctx context.Context, opts *ServersOptions) error {
	file, err := opts.RegistryFile()
	if err != nil {
		return err
	}
	reply, running, err := askServers(ctx, opts.Dial, opts.Registry)
	if err != nil {
		return err
	}
	if opts.JSON {
		return opts.IO.JSON(reply)
	}
	printServers(opts.IO, reply.Servers, file.Path, running)
	if reply.Note != "" {
		opts.IO.Note("%s", visible(reply.Note))
	}
	return nil
}

// listServers asks loomd, or reads the registry when there is no loomd.
func listServers(ctx context.Context, dial func(context.Context) (*Conn, error), reg func() (*registry.Registry, error)) (servers []loomrpc.ServerStatus, running bool, err error) {
	reply, running, err := askServers(ctx, dial, reg)
	return reply.Servers, running, err
}

func askServers(ctx context.Context, dial func(context.Context) (*Conn, error), reg func() (*registry.Registry, error)) (reply loomrpc.ServersReply, running bool, err error) {
	conn, err := dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) {
		r, err := reg()
		if err != nil {
			return reply, false, err
		}
		return loomrpc.ServersReply{Servers: serversOf(r)}, false, nil
	}
	if err != nil {
		return reply, false, err
	}
	err = conn.Call(ctx, loomrpc.MethodServers, nil, &reply)
	return reply, true, err
}

// serversOf is what loomd would say of a registry before it started anything.
func serversOf(r *registry.Registry) []loomrpc.ServerStatus {
	out := []loomrpc.ServerStatus{}
	add := func(s registry.Server, enabled, shipped bool) {
		one := loomrpc.ServerStatus{
			Name: string(s.Name), Client: s.Client, Description: s.Description, Enabled: enabled, Shipped: shipped, Denied: s.Denied,
			Share: string(s.Share), Command: s.Command, Instances: []loomrpc.Instance{},
		}
		if id := s.ID(); id != one.Name {
			one.ID = id
		}
		out = append(out, one)
	}
	for _, s := range r.Servers {
		add(s, s.Enabled, s.From != "")
	}
	for _, s := range registry.Shipped() {
		if _, mentioned := r.Server(s.Name); !mentioned {
			add(s, false, true)
		}
	}
	return out
}

func printServers(io *IO, servers []loomrpc.ServerStatus, file string, running bool) {
	t := newTable(io, "SERVER", "STATE", "SHARE", ">TOOLS", ">TOKENS", "DESCRIPTION")
	t.last = cut
	var off []loomrpc.ServerStatus
	enabled, on := 0, map[string]bool{}
	for _, s := range servers {
		name := s.Name
		if s.Client == "" {
			on[name] = s.Enabled
		} else if name = s.ID; !s.Enabled && !on[s.Name] { // off for all
			continue
		}
		if !s.Enabled && s.Shipped && s.Denied == "" && s.Client == "" {
			off = append(off, s)
			continue
		}
		if s.Enabled {
			enabled++
		}
		about := s.Description
		if about == "" {
			about = s.Command
		}
		if s.Project != "" {
			about = "(of this project) " + about
		}
		state := stateOf(s)
		if !running && s.Enabled {
			state = cell{"not running", dim}
		}
		if s.Client != "" {
			about = "(for " + s.Client + ") " + about
		}
		t.row(name, state, s.Share, toolsOf(s), tokensOf(s), oneLine(about))
	}
	if len(t.rows) == 0 {
		fmt.Fprint(io.Out, noServers(file, running))
	} else {
		t.print()
		printFailures(io, servers)
	}
	if len(off) > 0 {
		fmt.Fprint(io.Out, "\nShipped with Loom and off (loom enable NAME switches one on):\n\n")
		t := newTable(io, "", "", "")
		t.last = cut
		for _, s := range off {
			t.row("", s.Name, oneLine(s.Description))
		}
		t.print()
	}
	if !running && enabled > 0 {
		io.Note("loomd is not running: this is what the registry says")
		io.Hint("loom start")
	}
}

// noServers tells a newcomer what to do.
func noServers(file string, running bool) string {
	then := "loom start"
	if running {
		then = "loom reload"
	}
	return fmt.Sprintf(`There are no servers yet. Write yours into
%s

  version: 1
  servers:
    time: {command: uvx, args: [mcp-server-time]}

and run: %s
`, file, then)
}

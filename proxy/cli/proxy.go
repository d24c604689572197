package cli

import (
	"context"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/nonblock"
	"github.com/loom-core/loom/proxy/internal/forward"
	"github.com/loom-core/loom/proxy/internal/launch"
)

// ProxyOptions are what `loom proxy` needs.
type ProxyOptions struct {
	IO      *IO
	Socket  func() (string, error) // asked anew for every connection: the next loomd may have another
	Launch  func(socket string, env []string) (launch.Options, error)
	Version string

	Client  string
	Profile string
	Server  string
}

// NewCmdProxy makes `loom proxy`.
func NewCmdProxy(f *Factory, runF func(context.Context, *ProxyOptions) error) *cobra.Command {
	opts := &ProxyOptions{IO: f.IO, Socket: f.socket, Launch: f.launchOptions, Version: f.Version}
	if runF == nil {
		runF = runProxy
	}
	cmd := &cobra.Command{
		Use:   "proxy",
		Short: "Serve all tools to one client over stdio; clients start this",
		Long: `Serve all tools to one client over stdio. This is what stands in a client's
config (loom config-line); in a terminal it waits for MCP messages on stdin.

loomd is started if it does not run.

--server is for a client whose permission rules name servers: one entry for each,
and the tools are named as the server names them. A profile still applies: what
it hides stays hidden.`,
		Example: `  loom proxy --client codex
  loom proxy --client claude --server git`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runF(cmd.Context(), opts) },
	}
	cmd.Flags().StringVar(&opts.Client, "client", "", "`name` of the client that starts this")
	cmd.Flags().StringVar(&opts.Profile, "profile", "", "`name` of the profile to use, in place of the client's own")
	cmd.Flags().StringVar(&opts.Server, "server", "", "serve the one server of that `name`, under its own names")
	cmd.RegisterFlagCompletionFunc("client", completeClients)
	cmd.RegisterFlagCompletionFunc("profile", completeProfiles(f))
	cmd.RegisterFlagCompletionFunc("server", completeServerFlag(f))
	return cmd
}

// completeServerFlag is [completeServers] for a flag: the arguments are others.
func completeServerFlag(f *Factory) completion {
	servers := completeServers(f, isEnabled)
	return func(cmd *cobra.Command, _ []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return servers(cmd, nil, toComplete)
	}
}

func completeProfiles(f *Factory) completion {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		reg, err := f.Registry()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var out []cobra.Completion
		for name := range reg.Profiles {
			out = append(out, name)
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

func runProxy(ctx context.Context, opts *ProxyOptions) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	dial := func(ctx context.Context) (net.Conn, error) {
		socket, err := opts.Socket()
		if err != nil {
			return nil, err
		}
		return localsock.Dial(ctx, socket)
	}
	connect := func(ctx context.Context) (net.Conn, error) {
		socket, err := opts.Socket()
		if err != nil {
			return nil, err
		}
		o, err := opts.Launch(socket, nil)
		if err != nil {
			return nil, err
		}
		return launch.Connect(ctx, o)
	}
	in, out := opts.IO.In, opts.IO.Out
	if f, ok := in.(*os.File); ok {
		file, restore := nonblock.Inherited(f)
		defer restore()
		in = file
	}
	if f, ok := out.(*os.File); ok && !sameFile(f, os.Stderr) {
		file, restore := nonblock.Inherited(f)
		defer restore()
		out = file
	}
	return forward.Run(ctx, forward.Options{
		In: in, Out: out, Log: opts.IO.Note,
		Hello: opts.hello(), Environ: os.LookupEnv,
		Dial: dial, Connect: connect,
	})
}

// sameFile reports whether what is written to one of them comes out of the other.
func sameFile(a, b *os.File) bool {
	of, err := a.Stat()
	if err != nil {
		return false
	}
	other, err := b.Stat()
	return err == nil && os.SameFile(of, other)
}

// hello is what loomd is told of this proxy and its client.
func (opts *ProxyOptions) hello() loomrpc.Hello {
	dir, _ := os.Getwd() // a folder that was removed has no name; then the session has no workspace
	return loomrpc.Hello{
		Protocol: loomrpc.Protocol, Version: opts.Version,
		Client: opts.Client, Profile: opts.Profile, Server: opts.Server, Dir: dir, PID: os.Getpid(),
	}
}

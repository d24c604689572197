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
	"github.com/loom-core/loom/proxy/internal/forward"
	"github.com/loom-core/loom/proxy/internal/launch"
)

// ProxyOptions are what `loom proxy` needs.
type ProxyOptions struct {
	IO           *IO
	Dirs         func() (localsock.Dirs, error)
	Socket       func() (string, error) // asked anew for every connection: the next loomd may have another
	RegistryFile func() (RegistryFile, error)
	Version      string

	Client  string
	Profile string
}

// NewCmdProxy makes `loom proxy`.
func NewCmdProxy(f *Factory, runF func(context.Context, *ProxyOptions) error) *cobra.Command {
	opts := &ProxyOptions{IO: f.IO, Dirs: f.Dirs, Socket: f.socket, RegistryFile: f.RegistryFile, Version: f.Version}
	if runF == nil {
		runF = runProxy
	}
	cmd := &cobra.Command{
		Use:   "proxy",
		Short: "Serve all tools to one client over stdio; clients start this",
		Long: `Serve all tools to one client over stdio. This is what stands in a client's
config (loom config-line); in a terminal it waits for MCP messages on stdin.

loomd is started if it does not run.`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runF(cmd.Context(), opts) },
	}
	cmd.Flags().StringVar(&opts.Client, "client", "", "`name` of the client that starts this")
	cmd.Flags().StringVar(&opts.Profile, "profile", "", "`name` of the profile to use, in place of the client's own")
	cmd.RegisterFlagCompletionFunc("client", completeClients)
	cmd.RegisterFlagCompletionFunc("profile", completeProfiles(f))
	return cmd
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
	dirs, err := opts.Dirs()
	if err != nil {
		return err
	}
	file, err := opts.RegistryFile()
	if err != nil {
		return err
	}
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
		o := launch.Options{Dirs: dirs, Socket: socket}
		if file.Named {
			o.Registry = file.Path
		}
		return launch.Connect(ctx, o)
	}
	dir, _ := os.Getwd() // a folder that was removed has no name; then the session has no workspace
	return forward.Run(ctx, forward.Options{
		In: opts.IO.In, Out: opts.IO.Out, Log: opts.IO.Note,
		Hello: loomrpc.Hello{Protocol: loomrpc.Protocol, Version: opts.Version, Client: opts.Client, Profile: opts.Profile, Dir: dir, PID: os.Getpid()},
		Dial:  dial, Connect: connect,
	})
}

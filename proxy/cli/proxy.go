package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
)

// ProxyOptions are what `loom proxy` needs.
type ProxyOptions struct {
	IO           *IO
	Socket       func() (string, error)
	RegistryFile func() (RegistryFile, error)
	Version      string

	Client  string
	Profile string
}

// NewCmdProxy makes `loom proxy`.
func NewCmdProxy(f *Factory, runF func(context.Context, *ProxyOptions) error) *cobra.Command {
	opts := &ProxyOptions{IO: f.IO, Socket: f.Socket, RegistryFile: f.RegistryFile, Version: f.Version}
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

func runProxy(context.Context, *ProxyOptions) error {
	return errors.New("not built in yet")
}

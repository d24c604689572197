package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/proxy/internal/entries"
	"github.com/loom-core/loom/proxy/internal/launch"
)

// ConfigLineOptions are what `loom config-line` needs.
type ConfigLineOptions struct {
	IO           *IO
	Dirs         func() (localsock.Dirs, error)
	Socket       func() (string, error)
	RegistryFile func() (RegistryFile, error)
	Self         func() (string, error)

	Client string
}

// NewCmdConfigLine makes `loom config-line`.
func NewCmdConfigLine(f *Factory, runF func(context.Context, *ConfigLineOptions) error) *cobra.Command {
	opts := &ConfigLineOptions{IO: f.IO, Dirs: f.Dirs, Socket: f.Socket, RegistryFile: f.RegistryFile, Self: launch.Self}
	if runF == nil {
		runF = runConfigLine
	}
	cmd := &cobra.Command{
		Use:   "config-line",
		Short: "Print the one entry that a client's MCP config needs",
		Long: `Print the one entry that a client's MCP config needs.

It holds no variable and no secret. A socket or registry that is named now, by
flag or variable, goes into the entry: the client's environment is another one.`,
		Example: `  loom config-line --client claude
  claude mcp add-json loom "$(loom config-line --client claude)"`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runF(cmd.Context(), opts) },
	}
	cmd.Flags().StringVar(&opts.Client, "client", "", "the client's `name`: the registry's clients and loom status know it by that")
	cmd.RegisterFlagCompletionFunc("client", completeClients)
	return cmd
}

type configLine struct {
	Command string   `json:"command"`
	Args    []string `json:"args"`
}

func runConfigLine(_ context.Context, opts *ConfigLineOptions) error {
	program, err := programFor(opts.Self, opts.Dirs, opts.Socket, opts.RegistryFile)
	if err != nil {
		return err
	}
	command, args := program.Proxy(opts.Client)
	return opts.IO.JSON(configLine{command, args})
}

// programFor is how clients start loom.
func programFor(self func() (string, error), dirs func() (localsock.Dirs, error), socket func() (string, error), registryFile func() (RegistryFile, error)) (entries.Program, error) {
	command, err := self()
	if err != nil {
		return entries.Program{}, err
	}
	program := entries.Program{Command: command}
	d, err := dirs()
	if err != nil {
		return entries.Program{}, err
	}
	path, err := socket()
	if err != nil {
		return entries.Program{}, err
	}
	usual, err := d.DefaultSocket()
	if err != nil {
		return entries.Program{}, err
	}
	if path != usual {
		program.Socket = path
	}
	file, err := registryFile()
	if err != nil {
		return entries.Program{}, err
	}
	if file.Named {
		program.Registry = file.Path
	}
	return program, nil
}

// completeClients offers the clients that are known by name; any other will do.
func completeClients(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return targetIDs(), cobra.ShellCompDirectiveNoFileComp
}

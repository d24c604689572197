package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/registry"
)

// RegistryShowOptions are what `loom registry show` needs.
type RegistryShowOptions struct {
	IO       *IO
	Registry func() (*registry.Registry, error)

	Profile string
	Origin  bool
	JSON    bool
}

// NewCmdRegistry makes `loom registry`, which has commands of its own.
func NewCmdRegistry(f *Factory, runF func(context.Context, *RegistryShowOptions) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "registry",
		Short: "Show the registry as all its layers make it",
		Args:  usageArgs(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newCmdRegistryShow(f, runF))
	return cmd
}

func newCmdRegistryShow(f *Factory, runF func(context.Context, *RegistryShowOptions) error) *cobra.Command {
	opts := &RegistryShowOptions{IO: f.IO, Registry: f.Registry}
	if runF == nil {
		runF = runRegistryShow
	}
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print the registry as loomd reads it, as YAML",
		Long: `Print the registry as loomd reads it, as YAML: shipped entries, the machine's
files, yours, and what the machine's policy turns off. References are printed as
they are written; no secret is looked up.`,
		Example: `  loom registry show --origin          the file and line of each value
  loom registry show --profile ops     the servers of one profile`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runF(cmd.Context(), opts) },
	}
	cmd.Flags().StringVar(&opts.Profile, "profile", "", "only the servers of this `profile`")
	cmd.Flags().BoolVar(&opts.Origin, "origin", false, "where each value is written")
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	flagCompletion(cmd, "profile", completeProfiles(f))
	return cmd
}

func runRegistryShow(_ context.Context, opts *RegistryShowOptions) error {
	reg, err := opts.Registry()
	if err != nil {
		return err
	}
	view := registry.View{Origins: opts.Origin}
	if opts.Profile != "" {
		p, err := reg.ProfileFor("", opts.Profile)
		if err != nil {
			return err
		}
		view.Only = p.Allows
	}
	if opts.JSON {
		data, origins, err := reg.Data(view)
		if err != nil {
			return err
		}
		type reply struct {
			Files    []registry.File   `json:"files"`
			Registry map[string]any    `json:"registry"`
			Origins  map[string]string `json:"origins,omitempty"`
			Policy   *registry.Policy  `json:"policy,omitempty"`
		}
		return opts.IO.JSON(reply{append([]registry.File{}, reg.Files...), data, origins, reg.Policy})
	}
	text, err := reg.Show(view)
	if err != nil {
		return err
	}
	_, err = opts.IO.Out.Write(text)
	return err
}

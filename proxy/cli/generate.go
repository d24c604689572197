package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/registry"
)

// NewCmdGenerate makes `loom generate`.
func NewCmdGenerate(f *Factory, runF func(context.Context, *GenerateOptions) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Make files from the registry: clients' entries, and schemas for editors",
		Example: `  loom generate configs
  loom generate schema`,
		Args: usageArgs(cobra.NoArgs),
	}
	cmd.AddCommand(newCmdGenerateConfigs(f, runF), newCmdGenerateSchema(f))
	return cmd
}

// schemas are the files that have one, in the order in which they are shown.
var schemas = []struct {
	name string
	text func() []byte
}{{"registry", registry.Schema}, {"project", registry.ProjectSchema}, {"policy", registry.PolicySchema}}

func newCmdGenerateSchema(f *Factory) *cobra.Command {
	var names []string
	for _, s := range schemas {
		names = append(names, s.name)
	}
	return &cobra.Command{
		Use:   "schema [registry|project|policy]",
		Short: "Print the JSON Schema of a file, for editors",
		Long: `Print the JSON Schema of a file, for editors: of registry.yaml, of a project's
.loom/registry.yaml, or of the machine's policy.yaml. The latter two refer to the
first as schema.json, which is to stand beside them.`,
		Example: `  loom generate schema
  loom generate schema policy`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs)(cmd, args); err != nil {
				return usagef(cmd, "%w", err)
			}
			return nil
		},
		ValidArgs: names,
		RunE: func(_ *cobra.Command, args []string) error {
			text := schemas[0].text()
			for _, s := range schemas {
				if len(args) == 1 && s.name == args[0] {
					text = s.text()
				}
			}
			_, err := fmt.Fprintf(f.IO.Out, "%s", text)
			return err
		},
	}
}

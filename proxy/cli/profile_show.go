package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/loomrpc"
)

func newCmdProfileShow(f *Factory, runF func(context.Context, *ProfileOptions) error) *cobra.Command {
	opts := newProfileOptions(f)
	if runF == nil {
		runF = runProfileShow
	}
	cmd := &cobra.Command{
		Use:               "show PROFILE",
		Short:             "Show which servers and tools a profile gives",
		Example:           "  loom profile show ops",
		Args:              usageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: completeProfileArg(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Profile = args[0]
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

// completeProfileArg is [completeProfiles] for a command with one argument.
func completeProfileArg(f *Factory) completion {
	profiles := completeProfiles(f)
	return func(cmd *cobra.Command, args []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return profiles(cmd, args, toComplete)
	}
}

func runProfileShow(ctx context.Context, opts *ProfileOptions) error {
	reg, err := opts.Registry()
	if err != nil {
		return err
	}
	s, err := summarize(ctx, opts, reg, opts.Profile)
	if err != nil {
		return err
	}
	if opts.JSON {
		return opts.IO.JSON(s)
	}
	out := opts.IO.Out
	facts := newTable(opts.IO, "", "")
	facts.row("profile", s.Profile)
	facts.row("written in", origin(reg.Profiles[s.Profile].Pos.File, reg.Profiles[s.Profile].Pos.Line))
	facts.row("clients", orNone(s.Clients))
	facts.row("servers", orNone(s.Servers))
	if reg.Policy != nil {
		facts.row("under", reg.Policy.Path)
	}
	facts.print()
	if s.Tools == nil {
		opts.IO.Note("loomd is not running: tools are not known")
		opts.IO.Hint("loom start")
		return nil
	}
	fmt.Fprintln(out)
	t := newTable(opts.IO, "TOOL", ">TOKENS", "DESCRIPTION")
	t.last = cut
	for _, tool := range s.List {
		if tool.Server != loomrpc.ServerPrefix {
			t.row(tool.Name, tool.Tokens, about(tool.Definition))
		}
	}
	if len(t.rows) > 0 {
		t.print()
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "%s, %s for a client\n", plural(*s.Tools, "tool"), plural(*s.Tokens, "token"))
	return nil
}

func origin(file string, line int) string {
	if file == "" {
		return "nowhere: it is what holds otherwise"
	}
	return fmt.Sprintf("%s:%d", file, line)
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

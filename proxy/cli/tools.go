package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/loomrpc"
)

// ToolsOptions are what `loom tools` needs.
type ToolsOptions struct {
	IO   *IO
	Dial func(context.Context) (*Conn, error)

	Server string
	Tokens bool
	JSON   bool
}

// NewCmdTools makes `loom tools`.
func NewCmdTools(f *Factory, runF func(context.Context, *ToolsOptions) error) *cobra.Command {
	opts := &ToolsOptions{IO: f.IO, Dial: f.Dial}
	if runF == nil {
		runF = runTools
	}
	cmd := &cobra.Command{
		Use:   "tools",
		Short: "List the tools of all servers, by the names that clients see",
		Example: `  loom tools --server git
  loom tools --tokens               the largest definitions first
  loom tools show git__get_status       one tool, with its parameters`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			err := usagef(cmd, "unknown command %q", args[0])
			if len(args) == 1 {
				err = withHint(err, "loom tools show %s", args[0])
			}
			return err
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runF(cmd.Context(), opts) },
	}
	cmd.Flags().StringVarP(&opts.Server, "server", "s", "", "only those of this `server`")
	cmd.Flags().BoolVar(&opts.Tokens, "tokens", false, "what each definition takes of a model's context, largest first")
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON, with the definitions")
	flagCompletion(cmd, "server", completeServers(f, isEnabled))
	cmd.AddCommand(NewCmdToolsShow(f, nil))
	return cmd
}

func runTools(ctx context.Context, opts *ToolsOptions) error {
	conn, err := opts.Dial(ctx)
	if err != nil {
		return err
	}
	var reply loomrpc.ToolsReply
	done := opts.IO.Progress(slow, "asking the servers for their tools")
	err = conn.Call(ctx, loomrpc.MethodTools, loomrpc.ToolsQuery{Server: opts.Server}, &reply)
	done()
	if err != nil {
		return suggestServers(ctx, conn, opts.Server, err)
	}
	if opts.JSON {
		return opts.IO.JSON(reply)
	}
	printTools(opts, reply)
	return nil
}

func printTools(opts *ToolsOptions, reply loomrpc.ToolsReply) {
	tools := slices.Clone(reply.Tools)
	heads := []string{"TOOL", "DESCRIPTION"}
	if opts.Tokens {
		heads = []string{"TOOL", ">TOKENS", "DESCRIPTION"}
		slices.SortStableFunc(tools, func(a, b loomrpc.Tool) int { return cmp.Compare(b.Tokens, a.Tokens) })
	}
	t := newTable(opts.IO, heads...)
	t.last = cut
	tokens := 0
	for _, tool := range tools {
		tokens += tool.Tokens
		if opts.Tokens {
			t.row(tool.Name, tool.Tokens, about(tool.Definition))
		} else {
			t.row(tool.Name, about(tool.Definition))
		}
	}
	switch {
	case len(tools) > 0:
		t.print()
		fmt.Fprintf(opts.IO.Out, "\n%s, %s\n", plural(len(tools), "tool"), plural(tokens, "token"))
	case len(reply.Unknown) == 0:
		fmt.Fprintln(opts.IO.Out, "There are no tools; loom servers shows which servers there are.")
	}
	for _, server := range slices.Sorted(maps.Keys(reply.Unknown)) {
		opts.IO.Note("the tools of %s are not known: %s", server, strings.TrimSpace(reply.Unknown[server]))
		opts.IO.Hint("loom logs %s", server)
	}
}

// about is the first sentence of a tool's description, else its title.
func about(definition json.RawMessage) string {
	var d struct{ Title, Description string }
	if json.Unmarshal(definition, &d) != nil {
		return ""
	}
	first, _, _ := strings.Cut(strings.TrimSpace(d.Description), "\n")
	if end := strings.Index(first, ". "); end >= 0 {
		first = first[:end+1]
	}
	if first == "" {
		first = d.Title
	}
	return shorten(oneLine(first), 100)
}

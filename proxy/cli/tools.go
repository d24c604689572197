package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/loomrpc"
)

// ToolsOptions are what `loom tools` needs.
type ToolsOptions struct {
	IO   *IO
	Dial func(context.Context) (*Conn, error)
	Now  func() time.Time

	Server string
	Client string
	Tokens bool
	JSON   bool
}

// NewCmdTools makes `loom tools`.
func NewCmdTools(f *Factory, runF func(context.Context, *ToolsOptions) error) *cobra.Command {
	opts := &ToolsOptions{IO: f.IO, Dial: f.Dial, Now: time.Now}
	if runF == nil {
		runF = runTools
	}
	cmd := &cobra.Command{
		Use:   "tools",
		Short: "List the tools of all servers, by the names that clients see",
		Example: `  loom tools --server git
  loom tools --tokens                   what each one costs, and which nobody calls
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
	cmd.Flags().StringVar(&opts.Client, "client", "", "as this `client` sees them, with its profile")
	cmd.Flags().BoolVar(&opts.Tokens, "tokens", false, "what each definition takes of a model's context, largest first, and which ones nobody calls")
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON, with the definitions")
	flagCompletion(cmd, "server", completeServers(f, isEnabled))
	cmd.RegisterFlagCompletionFunc("client", completeClients)
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
	err = conn.Call(ctx, loomrpc.MethodTools, loomrpc.ToolsQuery{Server: opts.Server, Client: opts.Client}, &reply)
	done()
	if err != nil {
		return suggestServers(ctx, conn, opts.Server, err)
	}
	if opts.JSON {
		return opts.IO.JSON(reply)
	}
	printTools(opts, reply)
	if reply.Note != "" {
		opts.IO.Note("%s", visible(reply.Note))
	}
	return nil
}

func printTools(opts *ToolsOptions, reply loomrpc.ToolsReply) {
	t := newTable(opts.IO, "TOOL", "DESCRIPTION")
	t.last = cut
	tokens := 0
	for _, tool := range reply.Tools {
		tokens += tool.Tokens
		t.row(tool.Name, about(tool.Definition))
	}
	switch {
	case len(reply.Tools) > 0 && opts.Tokens:
		printTokens(opts, reply)
	case len(reply.Tools) > 0:
		t.print()
		fmt.Fprintf(opts.IO.Out, "\n%s, %s\n", plural(len(reply.Tools), "tool"), plural(tokens, "token"))
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

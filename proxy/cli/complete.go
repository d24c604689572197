package cli

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/loomrpc"
)

// completeLimit bounds what a press of the tab key may wait for.
const completeLimit = time.Second

type completion = func(cmd *cobra.Command, args []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective)

// completeServers completes the first argument with the names of the servers
// that want chooses. It never starts loomd: without one the registry knows.
func completeServers(f *Factory, want func(loomrpc.ServerStatus) bool, more ...cobra.Completion) completion {
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completeLimit)
		defer cancel()
		out := slices.Clone(more)
		servers, _, err := listServers(ctx, f.Dial, f.Registry)
		if err != nil {
			return out, cobra.ShellCompDirectiveNoFileComp
		}
		for _, s := range servers {
			if want(s) && s.Client == "" {
				out = append(out, cobra.CompletionWithDesc(s.Name, oneLine(s.Description)))
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

func isEnabled(s loomrpc.ServerStatus) bool { return s.Enabled }
func isOff(s loomrpc.ServerStatus) bool     { return !s.Enabled }

// completeTools completes the first argument with the names of tools, as far
// as a running loomd knows them.
func completeTools(f *Factory) completion {
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completeLimit)
		defer cancel()
		conn, err := f.Dial(ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var reply loomrpc.ToolsReply
		if conn.Call(ctx, loomrpc.MethodTools, loomrpc.ToolsQuery{}, &reply) != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var out []cobra.Completion
		for _, t := range reply.Tools {
			out = append(out, cobra.CompletionWithDesc(t.Name, about(t.Definition)))
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

// flagCompletion completes the value of a flag as f does the first argument.
func flagCompletion(cmd *cobra.Command, flag string, f completion) {
	cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return f(cmd, nil, toComplete)
	})
}

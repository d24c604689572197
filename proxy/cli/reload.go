package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/loomrpc"
)

// ReloadOptions are what `loom reload` needs.
type ReloadOptions struct {
	IO   *IO
	Dial func(context.Context) (*Conn, error)

	JSON bool
}

// NewCmdReload makes `loom reload`.
func NewCmdReload(f *Factory, runF func(context.Context, *ReloadOptions) error) *cobra.Command {
	opts := &ReloadOptions{IO: f.IO, Dial: f.Dial}
	if runF == nil {
		runF = runReload
	}
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Make loomd read the registry again",
		Long: `Make loomd read the registry again.

Servers whose entry did not change keep their processes. A registry with
mistakes changes nothing: the one before goes on serving.`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runF(cmd.Context(), opts) },
	}
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

func runReload(ctx context.Context, opts *ReloadOptions) error {
	conn, err := opts.Dial(ctx)
	if err != nil {
		return err
	}
	reply, err := reload(ctx, opts.IO, conn)
	if err != nil {
		return err
	}
	if opts.JSON {
		return opts.IO.JSON(reply)
	}
	printReload(opts.IO, reply)
	return nil
}

func reload(ctx context.Context, io *IO, conn *Conn) (loomrpc.ReloadReply, error) {
	var reply loomrpc.ReloadReply
	done := io.Progress(slow, "reloading")
	err := conn.Call(ctx, loomrpc.MethodReload, nil, &reply)
	done()
	for _, w := range reply.Warnings {
		io.Note("warning: %s", w)
	}
	return reply, err
}

func printReload(io *IO, r loomrpc.ReloadReply) {
	var parts []string
	for _, part := range []struct {
		what  string
		names []string
	}{{"added", r.Added}, {"removed", r.Removed}, {"changed", r.Changed}} {
		if len(part.names) > 0 {
			parts = append(parts, part.what+" "+strings.Join(part.names, ", "))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, "nothing changed")
	}
	if r.Unchanged > 0 {
		parts = append(parts, plural(r.Unchanged, "server")+" unchanged")
	}
	fmt.Fprintf(io.Out, "%s: %s\n", r.Registry, strings.Join(parts, "; "))
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
)

// RestartOptions are what `loom restart` needs.
type RestartOptions struct {
	IO   *IO
	Dial func(context.Context) (*Conn, error)

	Server string
	JSON   bool
}

// NewCmdRestart makes `loom restart`.
func NewCmdRestart(f *Factory, runF func(context.Context, *RestartOptions) error) *cobra.Command {
	opts := &RestartOptions{IO: f.IO, Dial: f.Dial}
	if runF == nil {
		runF = runRestart
	}
	cmd := &cobra.Command{
		Use:   "restart SERVER",
		Short: "Stop the processes of a server; the next call starts a new one",
		Long: `Stop the processes of a server; the next call starts a new one.

loomd itself is restarted by: loom stop && loom start`,
		Example:           `  loom restart git`,
		Args:              usageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: completeServers(f, isEnabled),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Server = args[0]
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

// restarted is what `loom restart --json` prints.
type restarted struct {
	Server  string `json:"server"`
	Stopped int    `json:"stopped"` // processes
}

func runRestart(ctx context.Context, opts *RestartOptions) error {
	conn, err := opts.Dial(ctx)
	if err != nil {
		return err
	}
	var reply loomrpc.RestartReply
	done := opts.IO.Progress(slow, "stopping "+opts.Server)
	err = conn.Call(ctx, loomrpc.MethodRestart, loomrpc.RestartQuery{Server: opts.Server}, &reply)
	done()
	if err != nil {
		return suggestServers(ctx, conn, opts.Server, err)
	}
	if opts.JSON {
		return opts.IO.JSON(restarted{opts.Server, reply.Stopped})
	}
	if reply.Stopped == 0 {
		fmt.Fprintf(opts.IO.Out, "%s was not running; the next call starts it\n", opts.Server)
		return nil
	}
	fmt.Fprintf(opts.IO.Out, "%s: %s stopped; the next call starts a new one\n", opts.Server, plural(reply.Stopped, "process"))
	return nil
}

// suggestServers adds to an error about an unknown server which ones loomd has.
func suggestServers(ctx context.Context, conn *Conn, name string, err error) error {
	if !isUnknown(err) {
		return err
	}
	var reply loomrpc.ServersReply
	if conn.Call(ctx, loomrpc.MethodServers, nil, &reply) != nil {
		return err
	}
	var names []string
	for _, s := range reply.Servers {
		if s.Enabled && s.Client == "" {
			names = append(names, s.Name)
		}
	}
	return suggest(err, name, names, "loom servers lists them")
}

// isUnknown reports whether loomd says that there is no such server or tool.
func isUnknown(err error) bool {
	var refused *jsonrpc.Error
	return errors.As(err, &refused) && (refused.Code == loomrpc.CodeUnknown || refused.Code == jsonrpc.CodeInvalidParams)
}

// suggest adds the nearest names to an error about an unknown one, or, when
// nothing is near, the command that lists them.
func suggest(err error, name string, names []string, list string) error {
	near := nearest(name, names)
	if len(near) == 0 && !strings.Contains(err.Error(), "\nhint: ") { // loomd's error may have one of its own
		return withHint(err, "%s", list)
	}
	for _, n := range near {
		err = withHint(err, "did you mean %s?", n)
	}
	return err
}

package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/loomrpc"
)

// MetricsOptions are what `loom metrics` needs.
type MetricsOptions struct {
	IO   *IO
	Dial func(context.Context) (*Conn, error)
}

// NewCmdMetrics makes `loom metrics`.
func NewCmdMetrics(f *Factory, runF func(context.Context, *MetricsOptions) error) *cobra.Command {
	opts := &MetricsOptions{IO: f.IO, Dial: f.Dial}
	if runF == nil {
		runF = runMetrics
	}
	return &cobra.Command{
		Use:               "metrics",
		Short:             "Print loomd's metrics in the text format of Prometheus",
		Example:           `  loom metrics | grep loomd_calls_total`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runF(cmd.Context(), opts) },
	}
}

func runMetrics(ctx context.Context, opts *MetricsOptions) error {
	conn, err := opts.Dial(ctx)
	if err != nil {
		return err
	}
	var reply loomrpc.MetricsReply
	if err := conn.Call(ctx, loomrpc.MethodMetrics, nil, &reply); err != nil {
		return err
	}
	_, err = io.WriteString(opts.IO.Out, reply.Text)
	return err
}

package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/loomrpc"
)

// TraceOptions are what `loom trace` needs.
type TraceOptions struct {
	IO   *IO
	Dial func(context.Context) (*Conn, error)

	Client string
	Server string
	Body   bool
	JSON   bool
}

// NewCmdTrace makes `loom trace`.
func NewCmdTrace(f *Factory, runF func(context.Context, *TraceOptions) error) *cobra.Command {
	opts := &TraceOptions{IO: f.IO, Dial: f.Dial}
	if runF == nil {
		runF = runTrace
	}
	cmd := &cobra.Command{
		Use:   "trace",
		Short: "Watch the messages between clients and servers, until ^C",
		Long: `Watch the messages between clients and servers, until ^C.

One line is a message on its way from or to loomd: who, which method and tool,
its id and size; an answer also has the time since its request. --body adds the
message itself, in which what looks like a secret reads [redacted] and long
values are cut. Look before you share it: a secret that looks like any other
text is not recognised.`,
		Example: `  loom trace --client codex
  loom trace --server git --body`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runF(cmd.Context(), opts) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&opts.Client, "client", "c", "", "only messages of this `client`")
	flags.StringVarP(&opts.Server, "server", "s", "", "only messages of this `server`")
	flags.BoolVar(&opts.Body, "body", false, "show the messages too, with secrets taken out")
	flags.BoolVar(&opts.JSON, "json", false, "print a JSON object per line")
	flagCompletion(cmd, "server", completeServers(f, isEnabled))
	return cmd
}

func runTrace(ctx context.Context, opts *TraceOptions) error {
	conn, err := opts.Dial(ctx)
	if err != nil {
		return err
	}
	query := loomrpc.TraceQuery{Client: opts.Client, Server: opts.Server, Body: opts.Body}
	for {
		var reply loomrpc.TraceReply
		if err := conn.Call(ctx, loomrpc.MethodTrace, query, &reply); err != nil {
			if ctx.Err() != nil {
				return nil // ^C is how it ends
			}
			return suggestServers(ctx, conn, opts.Server, err)
		}
		switch query.ID {
		case "":
			opts.IO.Note("listening; ^C ends it")
		case reply.ID:
		default: // this computer slept
			opts.IO.Note("listening anew: what passed meanwhile is missing")
		}
		for _, e := range reply.Events {
			if err := printEvent(opts, e); err != nil {
				return err
			}
		}
		if reply.Dropped > 0 {
			opts.IO.Note("%s missing here: they came faster than they could be shown", plural(int(reply.Dropped), "message"))
		}
		query.ID = reply.ID
	}
}

func printEvent(opts *TraceOptions, e loomrpc.TraceEvent) error {
	if opts.JSON {
		return jsonLine(opts.IO.Out, e)
	}
	io := opts.IO
	st := style("")
	if e.Kind == "error" || e.Kind == "invalid" {
		st = bad
	}
	client := orUnknown(e.Client)
	if e.Session != "" {
		client += "#" + oneLine(e.Session)
	}
	words := []string{
		io.paint(e.Time.Local().Format("15:04:05.000"), dim), fmt.Sprintf("%-11s", e.Direction), client,
		io.paint(e.Kind, st),
	}
	add := func(format, value string) {
		if value = oneLine(value); value != "" {
			words = append(words, fmt.Sprintf(format, value))
		}
	}
	add("%s", e.Method)
	if e.Server != "" && e.Tool != "" {
		add("%s", e.Server+" "+e.Tool)
	} else {
		add("%s", e.Server+e.Tool)
	}
	add("id %s", e.ID)
	if e.Code != 0 {
		add("code %s", fmt.Sprint(e.Code))
	}
	add("%s", size(e.Bytes))
	if e.Took > 0 {
		add("%s", took(e.Took))
	}
	add("%s", string(e.Body))
	_, err := fmt.Fprintln(io.Out, strings.Join(words, "  "))
	return err
}

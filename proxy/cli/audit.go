package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/mcp"
)

// AuditOptions are what `loom audit` needs.
type AuditOptions struct {
	IO   *IO
	Dial func(context.Context) (*Conn, error)
	Now  func() time.Time

	Since   string
	Client  string
	Server  string
	Tool    string
	Outcome string
	Lines   int
	JSON    bool
}

// NewCmdAudit makes `loom audit`.
func NewCmdAudit(f *Factory, runF func(context.Context, *AuditOptions) error) *cobra.Command {
	opts := &AuditOptions{IO: f.IO, Dial: f.Dial, Now: time.Now}
	if runF == nil {
		runF = runAudit
	}
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Show which client called what, when, and how it ended",
		Long: `Show which client called what, when, and how it ended.

Calls are listed when they have ended, the newest last. What was said in them
is not kept.`,
		Example: `  loom audit --since 1h
  loom audit --client codex --outcome failed
  loom audit --tool git__log -n 0 --json`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := opts.query(); err != nil {
				return usagef(cmd, "--since: %w", err)
			}
			if opts.Lines < 0 {
				return usagef(cmd, "-n must not be negative")
			}
			return runF(cmd.Context(), opts)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&opts.Since, "since", "", "only calls since this `time`: 90s, 2h or 7d ago, or a date like 2026-11-22")
	flags.StringVarP(&opts.Client, "client", "c", "", "only calls of this `client`")
	flags.StringVarP(&opts.Server, "server", "s", "", "only calls of this `server`")
	flags.StringVarP(&opts.Tool, "tool", "t", "", "only calls of this `tool`, by the name that clients see or the server's own")
	flags.StringVar(&opts.Outcome, "outcome", "", "only calls that ended so: ok, tool_error, error (the server's own), failed, timeout, cancelled, refused")
	flags.IntVarP(&opts.Lines, "lines", "n", 100, "the newest so many; 0: all")
	flags.BoolVar(&opts.JSON, "json", false, "print a JSON object per line")
	flagCompletion(cmd, "server", completeServers(f, isEnabled))
	flagCompletion(cmd, "tool", completeTools(f))
	cmd.RegisterFlagCompletionFunc("outcome", cobra.FixedCompletions(
		[]cobra.Completion{"ok", "tool_error", "error", "failed", "timeout", "cancelled", "refused"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// query is what the flags ask for.
func (opts *AuditOptions) query() (loomrpc.AuditQuery, error) {
	q := loomrpc.AuditQuery{Client: opts.Client, Server: opts.Server, Tool: opts.Tool, Outcome: opts.Outcome, Limit: opts.Lines}
	var err error
	if opts.Since != "" {
		q.Since, err = parseSince(opts.Since, opts.Now())
	}
	return q, err
}

func runAudit(ctx context.Context, opts *AuditOptions) error {
	query, err := opts.query()
	if err != nil {
		return err
	}
	conn, err := opts.Dial(ctx)
	if err != nil {
		return err
	}
	var reply loomrpc.AuditReply
	done := opts.IO.Progress(slow, "reading the audit log")
	err = conn.Call(ctx, loomrpc.MethodAudit, query, &reply)
	done()
	if err != nil {
		return err
	}
	if opts.JSON {
		for _, r := range reply.Records {
			if err := jsonLine(opts.IO.Out, r); err != nil {
				return err
			}
		}
	} else if len(reply.Records) > 0 {
		printAudit(opts.IO, reply.Records)
	}
	switch n := len(reply.Records); {
	case n == 0:
		opts.IO.Note("no such call is on record")
		hintServer(ctx, opts.IO, conn, opts.Server)
	case n < reply.Matched:
		opts.IO.Note("the newest %s of %s", count(n), count(reply.Matched))
		if opts.Lines == 0 {
			opts.IO.Hint("the rest is in %s and the files beside it", reply.Status.File)
		}
	}
	noteAudit(opts.IO, reply.Status)
	return nil
}

// hintServer helps somebody who asked for a server that the registry lacks.
func hintServer(ctx context.Context, io *IO, conn *Conn, server string) {
	var reply loomrpc.ServersReply
	if server == "" || conn.Call(ctx, loomrpc.MethodServers, nil, &reply) != nil {
		return
	}
	var names []string
	for _, s := range reply.Servers {
		if s.Name == server || s.ID == server {
			return
		}
		if s.Client == "" {
			names = append(names, s.Name)
		}
	}
	for _, name := range nearest(server, names) {
		io.Hint("did you mean %s?", name)
	}
}

// noteAudit says what is wrong with the log, if anything is.
func noteAudit(io *IO, s loomrpc.AuditStatus) {
	if s.Dropped > 0 {
		io.Note("%s lost since loomd started: the disk did not take them in time", plural(int(s.Dropped), "record"))
	}
	if s.Error != "" {
		io.Note("calls are not written down now: %s", s.Error)
	}
}

func printAudit(io *IO, records []loomrpc.AuditRecord) {
	t := newTable(io, "TIME", "CLIENT", "SERVER", "TOOL", "OUTCOME", ">TOOK", ">SENT", ">RECEIVED")
	for _, r := range records {
		what := oneLine(r.Tool)
		if r.Method != mcp.ToolsCall {
			what = oneLine(r.Method)
		}
		t.row(r.Time.Local().Format("2006-01-02 15:04:05"), orUnknown(r.Client), orUnknown(r.Server), what,
			outcomeOf(r.Outcome), took(r.Duration), size(r.RequestBytes), size(r.ResultBytes))
	}
	t.print()
}

// orUnknown is a text of somebody else's in a table.
func orUnknown(text string) string {
	if text = oneLine(text); text == "" {
		return "?"
	}
	return text
}

func outcomeOf(text string) cell {
	switch text {
	case "ok":
		return cell{text, ""}
	case "tool_error", "cancelled":
		return cell{text, warn}
	}
	return cell{oneLine(text), bad}
}

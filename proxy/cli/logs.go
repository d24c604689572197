package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
)

// daemonLog is the name of loomd's own log.
const daemonLog = "loomd"

// tailLines is how much of loomd's log file is printed when no time is given.
const tailLines = 200

// LogsOptions are what `loom logs` needs.
type LogsOptions struct {
	IO   *IO
	Dial func(context.Context) (*Conn, error)
	Dirs func() (localsock.Dirs, error)
	Now  func() time.Time

	Server string
	Follow bool
	Since  time.Duration
	JSON   bool
}

// NewCmdLogs makes `loom logs`.
func NewCmdLogs(f *Factory, runF func(context.Context, *LogsOptions) error) *cobra.Command {
	opts := &LogsOptions{IO: f.IO, Dial: f.Dial, Dirs: f.Dirs, Now: time.Now}
	if runF == nil {
		runF = runLogs
	}
	cmd := &cobra.Command{
		Use:   "logs [SERVER | loomd]",
		Short: "Print what a server wrote to stderr, or loomd's own log",
		Example: `  loom logs git -f
  loom logs loomd --since 10m`,
		Args:              usageArgs(cobra.MaximumNArgs(1)),
		ValidArgsFunction: completeServers(f, isEnabled, cobra.CompletionWithDesc(daemonLog, "the daemon itself")),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Server = daemonLog
			if len(args) == 1 {
				opts.Server = args[0]
			}
			if opts.Since < 0 {
				return usagef(cmd, "--since must not be negative")
			}
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVarP(&opts.Follow, "follow", "f", false, "go on with what comes, until ^C")
	cmd.Flags().DurationVar(&opts.Since, "since", 0, "only lines of the last `duration`, like 90s, 10m or 2h")
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print a JSON object per line")
	return cmd
}

func runLogs(ctx context.Context, opts *LogsOptions) error {
	query := loomrpc.LogsQuery{Server: opts.Server}
	if opts.Since > 0 {
		query.Since = opts.Now().Add(-opts.Since)
	}
	conn, err := opts.Dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) && opts.Server == daemonLog {
		if err := logFile(opts, query.Since); err != nil {
			return err
		}
		if opts.Follow {
			return err
		}
		opts.IO.Note("loomd is not running: these are the last lines that it wrote")
		return nil
	}
	if err != nil {
		return err
	}
	for {
		var reply loomrpc.LogsReply
		if err := conn.Call(ctx, loomrpc.MethodLogs, query, &reply); err != nil {
			if opts.Follow && ctx.Err() != nil {
				return nil // ^C is how following ends
			}
			return suggestServers(ctx, conn, opts.Server, err)
		}
		for _, line := range reply.Lines {
			if err := printLine(opts, line); err != nil {
				return err
			}
		}
		if !opts.Follow {
			if len(reply.Lines) == 0 {
				opts.IO.Note("%s has written nothing%s", opts.Server, sinceText(opts.Since))
			}
			return nil
		}
		query.After, query.Wait = reply.Next, true
	}
}

func sinceText(since time.Duration) string {
	if since == 0 {
		return " yet"
	}
	return " for " + age(since)
}

func printLine(opts *LogsOptions, line loomrpc.LogLine) error {
	if opts.JSON {
		return jsonLine(opts.IO.Out, line)
	}
	from, at := "", ""
	if _, ok := slogTime(line.Text); !ok || opts.Server != daemonLog { // loomd's own lines begin with their time
		if line.From != "" {
			from = "[" + line.From + "] "
		}
		if !line.Time.IsZero() {
			at = opts.IO.paint(line.Time.Local().Format("2006-01-02 15:04:05.000"), dim) + " "
		}
	}
	_, err := fmt.Fprintf(opts.IO.Out, "%s%s%s\n", at, from, strings.TrimRight(line.Text, "\r\n"))
	return err
}

// logFile prints the end of the file that a detached loomd writes to.
func logFile(opts *LogsOptions, since time.Time) error {
	dirs, err := opts.Dirs()
	if err != nil {
		return err
	}
	f, err := os.Open(dirs.DaemonLog())
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w, and it has never written a log (%s)", localsock.ErrNotRunning, dirs.DaemonLog())
	}
	if err != nil {
		return fmt.Errorf("reading loomd's log: %w", err)
	}
	defer f.Close()
	var lines []loomrpc.LogLine
	var last time.Time // lines without a time, as of a panic, belong to the one before
	in := bufio.NewReader(f)
	for {
		text, err := in.ReadString('\n')
		if text != "" {
			if t, ok := slogTime(text); ok {
				last = t
			}
			if since.IsZero() || !last.Before(since) {
				lines = append(lines, loomrpc.LogLine{Time: last, Text: strings.TrimRight(text, "\r\n")})
			}
			if since.IsZero() && len(lines) > 2*tailLines {
				lines = append(lines[:0], lines[len(lines)-tailLines:]...)
			}
		}
		if err != nil {
			break
		}
	}
	if since.IsZero() {
		lines = lines[max(0, len(lines)-tailLines):]
	}
	for _, line := range lines {
		if !opts.JSON {
			line.Time = time.Time{} // the text has it already
		}
		if err := printLine(opts, line); err != nil {
			return err
		}
	}
	return nil
}

// slogTime reads the time of a line of loomd's log, "time=… level=…".
func slogTime(line string) (time.Time, bool) {
	rest, ok := strings.CutPrefix(line, "time=")
	if !ok {
		return time.Time{}, false
	}
	stamp, _, _ := strings.Cut(rest, " ")
	t, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(stamp))
	return t, err == nil
}

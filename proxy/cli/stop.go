package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
)

// stopLimit is longer than loomd takes to drain calls (30 s) and to end its
// servers, down to the SIGKILL.
const stopLimit = time.Minute

// StopOptions are what `loom stop` needs.
type StopOptions struct {
	IO   *IO
	Dial func(context.Context) (*Conn, error)

	JSON bool
}

// NewCmdStop makes `loom stop`.
func NewCmdStop(f *Factory, runF func(context.Context, *StopOptions) error) *cobra.Command {
	opts := &StopOptions{IO: f.IO, Dial: f.Dial}
	if runF == nil {
		runF = runStop
	}
	cmd := &cobra.Command{
		Use:   "stop",
		Short: "Stop loomd and all its servers",
		Long: `Stop loomd and all its servers, and wait until they have ended.

A client that is still connected starts a new loomd when it needs one.`,
		Args:              usageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runF(cmd.Context(), opts) },
	}
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print JSON")
	return cmd
}

// stopped is what `loom stop --json` prints.
type stopped struct {
	Stopped bool `json:"stopped"` // false: none was running
	PID     int  `json:"pid,omitempty"`
}

func runStop(ctx context.Context, opts *StopOptions) error {
	conn, err := opts.Dial(ctx)
	if errors.Is(err, localsock.ErrNotRunning) {
		if opts.JSON {
			return opts.IO.JSON(stopped{})
		}
		fmt.Fprintln(opts.IO.Out, "loomd is not running")
		return nil
	}
	if err != nil {
		return err
	}
	var status loomrpc.Status
	if err := conn.Call(ctx, loomrpc.MethodStatus, nil, &status); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, stopLimit, fmt.Errorf("loomd (pid %d) is still there after %s", status.PID, stopLimit))
	defer cancel()
	done := opts.IO.Progress(slow, "waiting for loomd and its servers to end")
	err = stopAndWait(ctx, conn, status.PID)
	done()
	if err != nil {
		return withHint(err, "loom logs loomd")
	}
	if opts.JSON {
		return opts.IO.JSON(stopped{Stopped: true, PID: status.PID})
	}
	fmt.Fprintf(opts.IO.Out, "loomd stopped (pid %d)\n", status.PID)
	return nil
}

// stopAndWait returns when the process is gone. That nobody listens any more is
// not waited for: a client may have called a tool meanwhile, and its loomd stays.
func stopAndWait(ctx context.Context, conn *Conn, pid int) error {
	err := conn.Call(ctx, loomrpc.MethodStop, nil, nil)
	var refused *jsonrpc.Error
	if errors.As(err, &refused) || ctx.Err() != nil {
		return err
	}
	// Any other error is a connection that ended before the answer was sent.
	conn.Close()
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if !alive(pid) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stopping loomd: %w", context.Cause(ctx))
		case <-time.After(pause):
		}
	}
}

// alive reports whether a process runs. One that ended and that nobody waited
// for, as happens in a container without an init, is not alive.
func alive(pid int) bool {
	if pid <= 0 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return true // no such file on macOS
	}
	// The state stands behind the name, which is in brackets and may hold any.
	rest := string(stat[strings.LastIndexByte(string(stat), ')')+1:])
	return !strings.HasPrefix(rest, " Z") && !strings.HasPrefix(rest, " X")
}

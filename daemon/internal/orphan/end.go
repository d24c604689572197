package orphan

import (
	"context"
	"os"
	"syscall"
	"time"

	"github.com/loom-core/loom/daemon/internal/proc"
)

const (
	termSignal = syscall.SIGTERM
	killSignal = syscall.SIGKILL
)

// send sends sig to those that are still who they were. Each is opened
// first and looked at then, so that, where the system has handles of processes
// (Linux), no other one can get the signal; elsewhere that takes a number that
// is used again within microseconds.
func send(procs []Process, sig syscall.Signal) {
	for _, p := range procs {
		handle, err := os.FindProcess(p.PID)
		if err != nil {
			continue // gone
		}
		if p.alive() {
			handle.Signal(sig) // if it fails, the process is gone or will be reported as left
		}
		handle.Release()
	}
}

// alive reports whether the process runs. One that ended and was not waited
// for does not.
func (p Process) alive() bool {
	now, ok := proc.Lookup(p.PID)
	return ok && now.Start == p.start
}

// waitGone returns when none of procs is alive or the time is over. The error
// is ctx's.
func waitGone(ctx context.Context, procs []Process, limit time.Duration) error {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		for len(procs) > 0 && !procs[0].alive() {
			procs = procs[1:]
		}
		if len(procs) == 0 {
			return nil
		}
		next := time.NewTimer(pause) // nobody announces the end of another's child
		select {
		case <-next.C:
		case <-deadline.C:
			next.Stop()
			return nil
		case <-ctx.Done():
			next.Stop()
			return context.Cause(ctx)
		}
	}
}

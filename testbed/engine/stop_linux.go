package engine

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// grace is how long the engine gets to end by itself.
const grace = 20 * time.Second

// Stop ends the engine if it runs, with all that it has running, and removes what
// one left that was killed.
func (e Engine) Stop(ctx context.Context) error {
	if _, err := os.Stat(e.Dir); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	lock, err := e.hold()
	if errors.Is(err, errRuns) {
		lock, err = e.end(ctx)
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	return e.clear()
}

// end ends a running engine, and has its lock then.
func (e Engine) end(ctx context.Context) (*os.File, error) {
	pid, err := e.pid()
	if err != nil {
		return nil, err
	}
	e.empty(ctx)                       // one that hangs is ended by force, with all that it has
	syscall.Kill(pid, syscall.SIGTERM) // an error is that it has ended
	killed := false
	for give := time.Now().Add(grace); ; time.Sleep(10 * time.Millisecond) {
		lock, err := e.hold()
		if !errors.Is(err, errRuns) {
			return lock, err
		}
		if time.Now().After(give) || ctx.Err() != nil {
			if killed {
				return nil, fmt.Errorf("process %d of the engine does not end", pid)
			}
			killed, give = true, time.Now().Add(grace)
			ctx = context.WithoutCancel(ctx)
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// clear removes what is there when no engine runs. The caller has the lock.
func (e Engine) clear() error {
	var errs []error
	if own, err := e.subnets(); err == nil {
		errs = append(errs, removeBridges(netip.Prefix(own)))
	}
	errs = append(errs, removeGroups(e.name()))
	for _, name := range []string{"run", "pid", "subnets"} {
		errs = append(errs, os.RemoveAll(e.path(name)))
	}
	for _, dir := range hidden {
		os.Remove(dir) // if nobody uses it
	}
	return errors.Join(errs...)
}

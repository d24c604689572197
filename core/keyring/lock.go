package keyring

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// lock keeps others from changing secrets meanwhile: loomd and any number of
// loom secret may. The system frees it when we die.
func (c *Client) lock(ctx context.Context, op Op) (unlock func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	if err := os.MkdirAll(c.opts.State, 0o700); err != nil {
		return nil, stateError(op, err)
	}
	path := filepath.Join(c.opts.State, "secrets.lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, stateError(op, err)
	}
	// Asked again and again: a flock that waits cannot be called off.
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, stateError(op, fmt.Errorf("locking %s: %w", path, err))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			f.Close()
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return nil, fmt.Errorf("%s of the keyring: %w", op, context.Cause(ctx))
			}
			return nil, &Error{Op: op, Code: CodeTimeout, Message: "another loom changes secrets and did not end: it holds " + path, Hint: "try again when it has"}
		}
	}
}

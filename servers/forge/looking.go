package forge

import (
	"context"
	"time"
)

// Pauses in which a forge may finish looking at what was pushed, each twice the one
// before: 6.3 s together.
const (
	firstLook   = 100 * time.Millisecond
	longestLook = 3200 * time.Millisecond
)

// Looked merges once the forge has looked whether it can, which for some time after a
// push it has not, and refuses to. looking tells such a refusal from others; pause is
// that of the client. One that comes too late for the call to go on is the error.
func Looked(ctx context.Context, pause func(context.Context, time.Duration) error, looking func(error) bool, merge func() error) error {
	for wait := firstLook; ; wait *= 2 {
		err := merge()
		if err == nil || wait > longestLook || !looking(err) {
			return err
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
			return err
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

package kit

import (
	"context"
	"fmt"
	"runtime/debug"
)

// guarded runs what a client asked for, with the deadline of a call, and makes
// an [Error] of all that goes wrong, a panic too.
func guarded[T any](ctx context.Context, s *Server, limits Limits, name string, f func(context.Context) (T, error)) (out T, failed *Error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limits.Deadline, errDeadline{limits.Deadline})
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			s.logger().Error("panic in a handler", "name", name, "err", fmt.Sprint(p), "stack", string(debug.Stack()))
			failed = Errorf(Internal, "internal error in %s: %v", name, p)
		}
	}()
	out, err := f(ctx)
	if err != nil {
		return out, asError(ctx, err)
	}
	return out, nil
}

package forge

import (
	"context"
	"errors"
	"fmt"

	"github.com/loom-core/loom/servers/kit"
)

// IsCode reports whether err is a [kit.Error] of that code.
func IsCode(err error, code kit.Code) bool {
	var e *kit.Error
	return errors.As(err, &e) && e.Code == code
}

// hinted gives an error of that code the hint of the tool, which knows more of the
// next step than the backend.
func hinted(err error, code kit.Code, format string, args ...any) error {
	if !IsCode(err, code) {
		return err
	}
	return withHint(err, format, args...)
}

// withHint gives an error of ours another hint.
func withHint(err error, format string, args ...any) error {
	var e *kit.Error
	if !errors.As(err, &e) {
		return err
	}
	with := *e
	return with.WithHint(format, args...)
}

// LibraryError finds the error of ours in one of a service's library. One that has
// none is of the library itself: it did not like what it was to send, or could not
// decode the answer.
func LibraryError(ctx context.Context, service string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var e *kit.Error
	if errors.As(err, &e) {
		return e
	}
	return kit.Errorf(kit.Unavailable, "asking %s: %w", service, err).WithHint("is this a version of %s that this server knows?", service)
}

// Half says what was done before err, which is not undone.
func Half(err error, format string, args ...any) error {
	done := fmt.Sprintf(format, args...) + ", but then: "
	var e *kit.Error
	switch {
	case errors.As(err, &e):
	case errors.Is(err, context.DeadlineExceeded): // of which the kit says no more than that it was too late
		e = kit.Errorf(kit.Timeout, "%w", err).WithHint("look at what is there before you call again")
	default:
		return fmt.Errorf("%s%w", done, err)
	}
	out := *e
	out.Message = done + e.Message
	if out.Code == kit.Conflict { // it is not that it was there already
		out.Code = kit.FailedPrecondition
	}
	return &out
}

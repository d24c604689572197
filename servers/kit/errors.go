package kit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// Code says what kind of failure a tool had. Clients may match on it.
type Code string

// The codes. They are few so that a model learns them.
const (
	InvalidArgument      Code = "invalid_argument"
	NotFound             Code = "not_found"
	Unauthenticated      Code = "unauthenticated"
	PermissionDenied     Code = "permission_denied"
	Conflict             Code = "conflict"
	FailedPrecondition   Code = "failed_precondition"
	RateLimited          Code = "rate_limited"
	Timeout              Code = "timeout"
	Unavailable          Code = "unavailable"
	TooLarge             Code = "too_large"
	Unsupported          Code = "unsupported"
	CursorExpired        Code = "cursor_expired"
	ReadOnlyMode         Code = "read_only"
	ConfirmationRequired Code = "confirmation_required"
	Cancelled            Code = "cancelled"
	Internal             Code = "internal"
)

// retryable are the failures that may be gone at the next try.
var retryable = map[Code]bool{RateLimited: true, Timeout: true, Unavailable: true}

// Error is a failed tool call. It reaches the model as a tool result.
type Error struct {
	Code       Code
	Message    string        // what failed, with the upstream's own words
	Hint       string        // the next step that can help; may be empty
	Status     int           // HTTP status of the upstream, 0 if there is none
	RetryAfter time.Duration // when the upstream said so
	RequestID  string        // of the upstream
	Err        error         // cause; may be nil
}

// Errorf makes an [Error]. %w keeps its cause.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Err: errors.Unwrap(err)}
}

// WithHint adds the next step: a call to make, a value that exists, a setting.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

func (e *Error) Unwrap() error { return e.Err }

// asError finds the [Error] in err, or makes one.
func asError(ctx context.Context, err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return deadlineError(ctx)
	case errors.Is(err, context.Canceled):
		return Errorf(Cancelled, "the call was cancelled")
	}
	return &Error{Code: Internal, Message: err.Error(), Err: err}
}

// maxErrorText keeps an upstream's HTML page out of the answer.
const maxErrorText = 2000

// text is the three parts a model sees: what failed, what to do, one JSON line.
func (e *Error) text(g *gate) string {
	var b strings.Builder
	fmt.Fprintf(&b, "ERROR %s: %s", e.Code, shorten(g.text(e.Message), maxErrorText))
	if e.Hint != "" {
		fmt.Fprintf(&b, "\nHint: %s", shorten(g.text(e.Hint), maxErrorText))
	}
	line := struct {
		Code       Code   `json:"code"`
		Status     int    `json:"status,omitempty"`
		Retryable  bool   `json:"retryable"`
		RetryAfter *int   `json:"retry_after_s"`
		RequestID  string `json:"request_id,omitempty"`
		Redacted   int    `json:"redacted,omitempty"`
	}{Code: e.Code, Status: e.Status, Retryable: retryable[e.Code], RequestID: g.text(e.RequestID)}
	line.Redacted = g.redacted
	if e.RetryAfter > 0 {
		seconds := int(math.Ceil(e.RetryAfter.Seconds()))
		line.RetryAfter = &seconds
	}
	raw, _ := json.Marshal(map[string]any{"error": line}) // plain fields: cannot fail
	return b.String() + "\n" + string(raw)
}

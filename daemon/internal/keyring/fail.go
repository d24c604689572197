package keyring

import (
	"errors"
	"fmt"
	"syscall"

	library "github.com/99designs/keyring"

	core "github.com/loom-core/loom/core/keyring"
)

// failure is an error with its code for the reply.
type failure struct{ core.WireError }

func (f *failure) Error() string { return f.Message }

func fail(code core.Code, format string, args ...any) *failure {
	return &failure{core.WireError{Code: code, Message: fmt.Sprintf(format, args...)}}
}

// errAbsent says that a backend has no such secret. It is the only error that
// means that.
var errAbsent = errors.New("no such secret")

// wire is an error as it is sent. What has no code yet gets one by its kind.
func wire(backend core.Backend, err error) *core.WireError {
	var f *failure
	if !errors.As(err, &f) {
		f = fail(codeOf(err), "%v", err)
	}
	if f.Backend == "" {
		f.Backend = backend
	}
	return &f.WireError
}

func codeOf(err error) core.Code {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return core.CodeFull
	case errors.Is(err, library.ErrNoAvailImpl):
		return core.CodeUnavailable
	}
	if code := busCode(err); code != "" {
		return code
	}
	return core.CodeFailed
}

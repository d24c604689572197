package keyring

import (
	"fmt"
	"time"
)

// Code says what went wrong in a keyring.
type Code string

// The codes of a [WireError]. What is not there is no error but a name that
// [Reply].Values lacks.
const (
	CodeLocked      Code = "locked"      // somebody has to unlock it
	CodeUnavailable Code = "unavailable" // there is no such backend here, or it does not answer
	CodeNoBackend   Code = "no_backend"  // nothing is available, and nobody chose
	CodePassphrase  Code = "passphrase"  // the passphrase of the file backend is wrong
	CodeFull        Code = "full"        // the disk or the quota is full
	CodeBadRequest  Code = "bad_request"
	CodeFailed      Code = "failed" // what else the backend said
)

// WireError is an error on the way from loom-keyring. Message never holds a value.
type WireError struct {
	Code    Code    `json:"code"`
	Backend Backend `json:"backend,omitempty"`
	Message string  `json:"message"`
	Hint    string  `json:"hint,omitempty"` // where loom-keyring knows better than [Error]
}

// Error is an operation on a keyring that failed. It is never taken for the
// absence of a secret, which is secret.ErrNotFound.
type Error struct {
	Op      Op
	Backend Backend // empty when none was chosen
	Name    string  // of the secret; empty for operations on the whole
	Code    Code
	Message string
	Hint    string // the command that mends it
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%s of the keyring", e.Op)
	if e.Backend != "" {
		text += " " + string(e.Backend)
	}
	if e.Name != "" {
		text += " for secret " + e.Name
	}
	text += ": " + e.Message
	if e.Hint != "" {
		text += "\nhint: " + e.Hint
	}
	return text
}

// CodeTimeout is an operation that took longer than its deadline: most often a
// keyring that is locked, and waits for a person who is not there.
const CodeTimeout Code = "timeout"

// DefaultTimeout bounds one operation. It is long enough to type a password into
// the keyring's own window only where somebody asked for the operation; loomd
// uses it too, since a client waits ten minutes and more for a call.
const DefaultTimeout = 30 * time.Second

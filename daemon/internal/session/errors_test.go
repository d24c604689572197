package session

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/pool"
)

// TestErrorsHaveTheirCodes is the table of docs/PROTOCOL.md.
func TestErrorsHaveTheirCodes(t *testing.T) {
	for _, tc := range []struct {
		err       error
		code      int
		word      string
		retryable bool
	}{
		{&child.ExitError{Server: "s", Stage: "call", Cause: "exit status 1"}, loomrpc.CodeServerFailed, "server_failed", true},
		{&child.ExitError{Server: "s", Stage: "handshake", Cause: "exit status 1"}, loomrpc.CodeServerFailed, "server_failed", false},
		{&child.ExitError{Server: "s", Stage: "call", Cause: "stopped by loomd", Ours: true}, loomrpc.CodeCancelled, "cancelled", true},
		{&child.HandshakeError{Server: "s", Cause: errors.New("x")}, loomrpc.CodeServerFailed, "server_failed", false},
		{&child.TimeoutError{Server: "s", After: time.Second}, loomrpc.CodeTimeout, "timeout", false},
		{&jsonrpc.TooLargeError{Size: 2, Max: 1}, loomrpc.CodeTooLarge, "too_large", false},
		{&pool.ConfigError{Server: "s", Cause: errors.New("x")}, loomrpc.CodeServerFailed, "server_failed", false},
		{&pool.ConfigError{Server: "s", Cause: fmt.Errorf("variable T: %w", &secret.MissingError{})}, loomrpc.CodeMissingInput, "missing_input", false},
		{pool.ErrRetired, loomrpc.CodeCancelled, "cancelled", true},
	} {
		e := asError("s", tc.err)
		if e.Code != tc.code || e.Data.Code != tc.word || e.Data.Retryable != tc.retryable || e.Data.Server != "s" {
			t.Errorf("%T %v: %d %+v", tc.err, tc.err, e.Code, e.Data)
		}
	}
}

package session

import (
	"errors"
	"strings"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
	"github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/loomrpc"
	"github.com/loom-core/loom/core/secret"
	"github.com/loom-core/loom/daemon/internal/child"
	"github.com/loom-core/loom/daemon/internal/pool"
	"github.com/loom-core/loom/daemon/internal/redact"
	"github.com/loom-core/loom/registry"
)

// Outcomes of a call, as the metrics have them.
const (
	outcomeOK        = "ok"
	outcomeToolError = "tool_error" // a result with isError
	outcomeError     = "error"      // the server's own JSON-RPC error
	outcomeFailed    = "failed"     // the server could not answer
	outcomeTimeout   = "timeout"
	outcomeCancelled = "cancelled"
	outcomeRefused   = "refused" // no such tool, or not allowed
)

func outcomeOf(e *loomrpc.Error) string {
	switch e.Code {
	case loomrpc.CodeTimeout:
		return outcomeTimeout
	case loomrpc.CodeCancelled:
		return outcomeCancelled
	}
	return outcomeFailed
}

// masked is e without the values of secrets.
func masked(known *redact.Set, e *loomrpc.Error) *loomrpc.Error {
	if !known.Active() {
		return e
	}
	out := *e
	out.Message, out.Data.Hint, out.Data.StderrTail = known.Text(e.Message), known.Text(e.Data.Hint), known.Texts(e.Data.StderrTail)
	return &out
}

// asError says to a client why it gets no answer of the server with that id.
func asError(server string, err error) *loomrpc.Error {
	var (
		own       *loomrpc.Error
		exit      *child.ExitError
		handshake *child.HandshakeError
		timeout   *child.TimeoutError
		large     *jsonrpc.TooLargeError
		missing   *secret.MissingError
		locked    *keyring.Error
		config    *pool.ConfigError
		broken    *pool.BrokenError
		busy      *pool.BusyError
	)
	data := loomrpc.ErrorData{Server: server}
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &missing):
		data.Stage = "start"
		return loomrpc.Errorf(loomrpc.CodeMissingInput, data, "%v", err)
	case errors.As(err, &locked):
		data.Stage, data.Hint = "start", locked.Hint
		if server == "" { // somebody unlocks it
			data.Stage = ""
		}
		plain := *locked
		plain.Hint = "" // it is in the data, and comes with the message from there
		text := strings.Replace(err.Error(), locked.Error(), plain.Error(), 1)
		e := loomrpc.Errorf(loomrpc.CodeMissingInput, data, "%s", text)
		e.Data.Retryable = locked.Code != keyring.CodePassphrase
		return e
	case errors.As(err, &broken):
		data.Stage, data.Hint = "start", "loom logs "+server+"; loom restart "+server+" tries at once"
		e := loomrpc.Errorf(loomrpc.CodeServerFailed, data, "%v", err)
		return e.RetryAfter(max(0, time.Until(broken.RetryAt)))
	case errors.As(err, &config):
		data.Stage, data.Hint = "start", config.Hint
		return loomrpc.Errorf(loomrpc.CodeServerFailed, data, "%v", err)
	case errors.As(err, &exit) && exit.Ours && exit.Stage == "call": // its time to drain was over
		data.Stage, data.Retryable = "call", true
		return loomrpc.Errorf(loomrpc.CodeCancelled, data, "server %s was stopped by loomd before it answered; the call may or may not have been carried out", exit.Server)
	case errors.As(err, &exit):
		data.Stage, data.StderrTail, data.Hint, data.Retryable = exit.Stage, exit.Stderr, "loom logs "+exit.Server, exit.Stage == "call"
		text := "server %s ended during %s: %s"
		if exit.Stage == "call" {
			text += "; it is started again at the next call"
		}
		return loomrpc.Errorf(loomrpc.CodeServerFailed, data, text, exit.Server, exit.Stage, exit.Cause)
	case errors.As(err, &handshake):
		data.Stage, data.StderrTail, data.Hint = "handshake", handshake.Stderr, "loom logs "+handshake.Server
		return loomrpc.Errorf(loomrpc.CodeServerFailed, data, "%v", err)
	case errors.As(err, &timeout):
		data.Stage, data.Hint = "call", "set servers."+string(registry.NameOf(server))+".timeout in the registry if it may take longer"
		return loomrpc.Errorf(loomrpc.CodeTimeout, data, "%v", err)
	case errors.As(err, &busy):
		data.Stage, data.Retryable, data.Hint = "queue", true, "loom status shows who has calls there; share: session gives each client a process of its own"
		return loomrpc.Errorf(loomrpc.CodeTimeout, data, "%v", err)
	case errors.As(err, &large):
		data.Stage = "call"
		return loomrpc.Errorf(loomrpc.CodeTooLarge, data, "the answer of server %s was dropped: %v", server, err)
	case errors.Is(err, pool.ErrRetired):
		data.Stage, data.Retryable = "call", true
		return loomrpc.Errorf(loomrpc.CodeCancelled, data, "server %s: %v", server, err)
	}
	return loomrpc.Errorf(jsonrpc.CodeInternal, data, "%v", err)
}

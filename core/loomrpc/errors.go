package loomrpc

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/loom-core/loom/core/jsonrpc"
)

// Codes of errors that Loom itself gives, on the socket and to clients. They
// lie outside the ranges that JSON-RPC (-32768..-32000) and MCP reserve. A
// server's own error keeps its own code.
const (
	CodeServerFailed = -31001 // the server could not be started, or it ended
	CodeTimeout      = -31002 // no answer within the server's timeout
	CodeDaemonGone   = -31003 // loomd went away, or cannot be reached
	CodeTooLarge     = -31004 // the frame is over the limit
	CodeNotAllowed   = -31005 // the profile or the registry forbids it
	CodeBadRegistry  = -31006 // the registry has mistakes
	CodeUnknown      = -31007 // no such server
	CodeMissingInput = -31008 // a secret or variable that the server needs is not set
	CodeBadHello     = -31009 // the two sides do not understand each other
	CodeCancelled    = -31010 // stopped by a reload or restart before it was answered
)

// ErrorData is the data member of Loom's own errors, for programs.
type ErrorData struct {
	Code         string   `json:"code"`             // a word: server_failed, timeout, …
	Stage        string   `json:"stage,omitempty"`  // what was being done: start, handshake, call, …
	Server       string   `json:"server,omitempty"` // whose call it was
	Retryable    bool     `json:"retryable"`        // the same call may work later, and nothing says that it was carried out
	RetryAfterMS int64    `json:"retry_after_ms,omitempty"`
	StderrTail   []string `json:"stderr_tail,omitempty"` // the server's last lines
	Hint         string   `json:"hint,omitempty"`        // the command that mends it
}

var codeWords = map[int]string{
	CodeServerFailed: "server_failed", CodeTimeout: "timeout", CodeDaemonGone: "daemon_gone",
	CodeTooLarge: "too_large", CodeNotAllowed: "not_allowed", CodeBadRegistry: "bad_registry",
	CodeUnknown: "unknown_server", CodeMissingInput: "missing_input", CodeBadHello: "bad_hello",
	CodeCancelled: "cancelled", jsonrpc.CodeInvalidParams: "invalid_params",
	jsonrpc.CodeParse: "parse_error", jsonrpc.CodeInvalidRequest: "invalid_request",
}

// Error is an error of Loom's own: a sentence for people and data for programs.
type Error struct {
	Code    int
	Message string
	Data    ErrorData
}

// Errorf makes an Error; the word of its data follows from code.
func Errorf(code int, data ErrorData, format string, args ...any) *Error {
	data.Code = codeWords[code]
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Data: data}
}

func (e *Error) Error() string { return e.Message }

// Wire is e as JSON-RPC has it. Clients show their users the message and
// nothing else, so it also names the mending command and the last lines that
// the server wrote.
func (e *Error) Wire() *jsonrpc.Error {
	text := e.Message
	for _, line := range e.Data.StderrTail {
		text += "\n  | " + line
	}
	if e.Data.Hint != "" {
		text += "\nhint: " + e.Data.Hint
	}
	data, _ := json.Marshal(e.Data) // strings, numbers and booleans
	return &jsonrpc.Error{Code: e.Code, Message: text, Data: data}
}

// RetryAfter sets how long the caller should wait.
func (e *Error) RetryAfter(d time.Duration) *Error {
	e.Data.Retryable, e.Data.RetryAfterMS = true, d.Milliseconds()
	return e
}

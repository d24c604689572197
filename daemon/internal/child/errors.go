package child

import (
	"errors"
	"fmt"
	"strings"
)

// ExitError is a process that ended, or that could not be started.
type ExitError struct {
	Server string
	Stage  string   // start, handshake, call, write
	Cause  string   // "exit status 1", "killed by signal 9 (killed)", …
	Stderr []string // the last lines that it wrote
	Ours   bool     // loomd stopped it
}

func (e *ExitError) Error() string {
	text := fmt.Sprintf("server %s ended during %s: %s", e.Server, e.Stage, e.Cause)
	if e.Stage == "start" {
		text = fmt.Sprintf("starting server %s: %s", e.Server, e.Cause)
	}
	if len(e.Stderr) > 0 {
		text += "; its last words: " + strings.Join(e.Stderr, " | ")
	}
	return text
}

// HandshakeError is a process that runs and does not speak MCP as it should.
type HandshakeError struct {
	Server string
	Cause  error
	Stderr []string
}

func (e *HandshakeError) Error() string {
	return fmt.Sprintf("handshake with server %s: %v", e.Server, e.Cause)
}

func (e *HandshakeError) Unwrap() error { return e.Cause }

var (
	// errStopped is the cause when loomd itself ended the process.
	errStopped = errors.New("stopped by loomd")
	// errSilent is a server that does not answer in time.
	errSilent = errors.New("no answer in time")
)

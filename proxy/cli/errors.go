package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/proxy/internal/launch"
	"github.com/loom-core/loom/registry"
)

// usageError is a wrong command line.
type usageError struct {
	cmd *cobra.Command
	err error
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{cmd: cmd, err: fmt.Errorf(format, args...)}
}

// usageArgs makes a mistake in the number of arguments a usage error.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usagef(cmd, "%w", err)
		}
		return nil
	}
}

// hintedError is an error and what to do about it.
type hintedError struct {
	err  error
	hint string
}

func (e *hintedError) Error() string { return e.err.Error() }
func (e *hintedError) Unwrap() error { return e.err }

func withHint(err error, format string, args ...any) error {
	return &hintedError{err: err, hint: fmt.Sprintf(format, args...)}
}

// errPrinted is a failure that was already told.
var errPrinted = errors.New("already printed")

// printError prints err, the hints that belong to it, and returns the exit code.
func printError(streams *IO, err error) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, errPrinted) {
		return exitFailed
	}
	code := exitFailed
	text := err.Error()
	var hints []string
	for e := err; e != nil; e = errors.Unwrap(e) {
		if h, ok := e.(*hintedError); ok {
			hints = append([]string{h.hint}, hints...)
		}
	}
	var (
		usage     *usageError
		notFound  *launch.NotFoundError
		exited    *launch.ExitError
		silent    *launch.SilentError
		elsewhere *launch.ElsewhereError
		invalid   *registry.ValidationError
		noKeyring *launch.ProgramError
	)
	switch {
	case errors.As(err, &usage):
		code = exitUsage
		hints = append(hints, usage.cmd.CommandPath()+" --help")
	case errors.Is(err, localsock.ErrNotRunning):
		code = exitNotRunning
		hints = append(hints, "loom start")
	case errors.As(err, &notFound):
		hints = append(hints, "install loomd beside loom, or name it: export "+launch.Variable+"=/path/to/loomd")
	case errors.As(err, &noKeyring):
		hints = append(hints, "install "+launch.KeyringProgram+" beside loom: it comes with it (make install)")
	case errors.As(err, &exited):
		hints = append(hints, "the whole log: "+exited.Log)
	case errors.As(err, &silent):
		hints = append(hints, "its log: "+silent.Log)
	case errors.As(err, &elsewhere) && elsewhere.Other != "":
		hints = append(hints, "end that one: loom --socket "+elsewhere.Other+" stop")
	case errors.As(err, &invalid):
		text = "the registry has " + plural(len(invalid.Problems), "mistake") + ":"
		for _, p := range invalid.Problems {
			text += "\n  " + p.Pos.String() + ": " + p.Message
			if p.Hint != "" {
				text += "\n    " + p.Hint
			}
		}
	}
	fmt.Fprintln(streams.Err, "loom: "+strings.TrimRight(text, "\n"))
	for _, hint := range hints {
		fmt.Fprintln(streams.Err, "hint: "+hint)
	}
	return code
}

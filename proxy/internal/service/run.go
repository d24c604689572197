package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// commandLimit bounds a command whose manager does not answer, and how long a
// service may take to start.
const commandLimit = 10 * time.Second

// run runs a command of the manager, with more variables, and returns its stdout.
type run func(ctx context.Context, env []string, name string, args ...string) (string, error)

// runCommand is the real one.
func runCommand(ctx context.Context, env []string, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err == nil {
		return string(out), nil
	}
	text := err.Error()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if said := strings.TrimSpace(string(exit.Stderr)); said != "" {
			text = said
		}
	}
	if ctx.Err() != nil {
		text = "no answer in time"
	}
	return "", &commandError{command: name + " " + strings.Join(args, " "), text: text, err: err}
}

// commandError is a command that failed: what it said, and how it ended.
type commandError struct {
	command, text string
	err           error
}

func (e *commandError) Error() string { return fmt.Sprintf("%s: %s", e.command, e.text) }
func (e *commandError) Unwrap() error { return e.err }

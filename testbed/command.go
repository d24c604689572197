package testbed

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"time"
)

// Command is one run of loom in a terminal. The zero value is `loom`.
type Command struct {
	Daemon bool // loomd, not loom
	Args   []string
	Env    []string // more variables of the shell
	Dir    string   // the home directory if empty
	Stdin  string
}

// Output is what a command printed, and how it ended.
type Output struct {
	Stdout, Stderr string
	Code           int
	Took           time.Duration
}

// Run runs a command and waits for it.
func (w *World) Run(c Command) Output {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	path := w.opts.Loom
	if c.Daemon {
		path = w.opts.Loomd
	}
	if c.Dir == "" {
		c.Dir = w.Home
	}
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(ctx, path, c.Args...)
	cmd.Env, cmd.Dir = append(w.Environ(), c.Env...), c.Dir
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.Stdin), &out, &errOut
	cmd.WaitDelay = time.Second
	began := time.Now()
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		w.t.Fatalf("running %s: %v\n%s%s", cmd, errors.Join(err, ctx.Err()), out.String(), errOut.String())
	}
	return Output{Stdout: out.String(), Stderr: errOut.String(), Code: cmd.ProcessState.ExitCode(), Took: time.Since(began)}
}

// Loom runs loom with args.
func (w *World) Loom(args ...string) Output {
	w.t.Helper()
	return w.Run(Command{Args: args})
}

// MustLoom runs loom with args, which must succeed, and returns what it printed.
func (w *World) MustLoom(args ...string) string {
	w.t.Helper()
	o := w.Loom(args...)
	if o.Code != 0 {
		w.t.Fatalf("loom %s: exit status %d\n%s%s", strings.Join(args, " "), o.Code, o.Stdout, o.Stderr)
	}
	return o.Stdout
}

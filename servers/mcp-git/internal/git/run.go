package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// Stop is returned by the function given to [Git.Stream] when it has read
// enough. git is killed and Stream returns nil.
//
//lint:ignore ST1012 it is no failure, as io.EOF and fs.SkipAll are none
var Stop = errors.New("read enough")

// ErrTooLarge is returned by [Git.Output] for an output over its bound.
var ErrTooLarge = errors.New("output too large")

// Error is a git that ended with a status other than zero.
type Error struct {
	Subcommand string
	Code       int
	Stderr     string // its beginning, trimmed
}

func (e *Error) Error() string {
	return fmt.Sprintf("git %s: exit status %d: %s", e.Subcommand, e.Code, e.Stderr)
}

// drain is how long a killed git may keep its pipes open before they are
// closed on our side. A kill of the group closes them at once; this is for
// the process that left the group.
const drain = 2 * time.Second

// stderrMax bounds what is kept of git's complaints.
const stderrMax = 8 << 10

// Stream runs c and lets read consume its output while git writes it. When
// read returns before the end, git and everything that it started are killed.
// The error of a ctx that ended comes first; then an [*Error], when the output
// ended early because git gave up; then that of read.
func (g *Git) Stream(ctx context.Context, c Command, read func(*Reader) error) error {
	select {
	case g.slots <- struct{}{}:
		defer func() { <-g.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	killable, kill := context.WithCancel(ctx)
	defer kill()
	cmd := exec.CommandContext(killable, g.Path, c.argv()...)
	cmd.Dir = c.dir()
	cmd.Env = c.environ(g.Path)
	cmd.WaitDelay = drain
	group(cmd)
	stderr := &head{max: stderrMax}
	cmd.Stderr = stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("opening the output of git: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting git: %w", err)
	}
	readErr := read(newReader(stdout))
	early := readErr != nil && !errors.Is(readErr, io.EOF) && !errors.Is(readErr, io.ErrUnexpectedEOF)
	if early {
		kill()
	}
	// Git would wait for ever for a reader of what read left over. After a
	// kill there is nothing left to pass over.
	_, _ = io.Copy(io.Discard, stdout)
	waitErr := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(readErr, Stop):
		return nil
	case early || waitErr == nil:
		return readErr
	}
	return c.failure(waitErr, stderr)
}

// failure words a git that ended by itself and not well.
func (c Command) failure(waitErr error, stderr *head) error {
	var exit *exec.ExitError
	if !errors.As(waitErr, &exit) {
		return fmt.Errorf("running git %s: %w", c.subcommand(), waitErr)
	}
	text := Text(stderr.String())
	if c.GitDir != "" {
		// The name of our own folder tells the reader nothing.
		text = strings.ReplaceAll(text, c.GitDir, ".git")
	}
	return &Error{Subcommand: c.subcommand(), Code: exit.ExitCode(), Stderr: strings.TrimSpace(text)}
}

func (c Command) subcommand() string {
	for _, a := range c.Args {
		if !strings.HasPrefix(a, "-") {
			return a
		}
	}
	return ""
}

// Output runs c and returns what it printed, at most max bytes of it.
func (g *Git) Output(ctx context.Context, c Command, max int) ([]byte, error) {
	var out []byte
	err := g.Stream(ctx, c, func(r *Reader) error {
		var err error
		out, err = io.ReadAll(io.LimitReader(r, int64(max)+1))
		if err == nil && len(out) > max {
			return fmt.Errorf("git %s: %w (over %d bytes)", c.subcommand(), ErrTooLarge, max)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// head keeps the beginning of what is written to it.
type head struct {
	bytes.Buffer
	max int
}

func (h *head) Write(p []byte) (int, error) {
	if room := h.max - h.Len(); room > 0 {
		h.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

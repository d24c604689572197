package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"time"

	"github.com/loom-core/loom/testbed/run"
	"github.com/loom-core/loom/testbed/service"
)

// process is the process of a service. Each service has one in it, and with it
// the methods Logs, Stop and Ended.
type process struct {
	logs  service.Tail
	cmd   *exec.Cmd // nil before it was started
	ended chan struct{}
}

// run starts cmd, which is the service.
func (p *process) run(h service.Host, cmd *exec.Cmd) error { return p.start(h, cmd, &p.logs, &p.logs) }

// start starts cmd in a process group of its own.
func (p *process) start(h service.Host, cmd *exec.Cmd, out, errOut io.Writer) error {
	if cmd.Env == nil {
		cmd.Env = h.Environ()
	}
	cmd.Dir, cmd.Stdout, cmd.Stderr = h.Dir, out, errOut
	cmd.SysProcAttr = run.Group()
	cmd.WaitDelay = time.Second // for what a child of it still writes
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	h.Owned(cmd.Process.Pid)
	p.cmd, p.ended = cmd, make(chan struct{})
	go func() { // ends with the process
		cmd.Wait() // how it ended is in its state
		close(p.ended)
	}()
	return nil
}

// once runs a command that prepares the service, and returns what it printed.
func (p *process) once(ctx context.Context, h service.Host, what string, cmd *exec.Cmd) (string, error) {
	var out bytes.Buffer
	var one process
	if err := one.start(h, cmd, &out, &p.logs); err != nil {
		return "", err
	}
	select {
	case <-one.ended:
	case <-ctx.Done():
		return "", errors.Join(context.Cause(ctx), one.Stop(ctx))
	}
	if state := cmd.ProcessState; !state.Success() {
		p.logs.Write(out.Bytes())
		return "", fmt.Errorf("%s: %s", what, state)
	}
	return out.String(), nil
}

// answers waits until is has no error. If that does not come the process is
// stopped.
func (p *process) answers(ctx context.Context, is func(context.Context) error) error {
	err := p.wait(ctx, is)
	if err != nil {
		err = errors.Join(err, p.Stop(context.WithoutCancel(ctx)))
	}
	return err
}

func (p *process) wait(ctx context.Context, is func(context.Context) error) error {
	err := service.Answers(ctx, p.ended, is)
	if errors.Is(err, service.ErrEnded) {
		err = fmt.Errorf("%w: %s", err, p.cmd.ProcessState)
	}
	return err
}

// Logs are the last lines that it wrote.
func (p *process) Logs() string { return p.logs.String() }

// Ended is closed when the process has ended.
func (p *process) Ended() <-chan struct{} { return p.ended }

// grace is how long a process gets to end by itself.
const grace = 10 * time.Second

// Stop ends it as an operator would, and then for good, with what it started.
func (p *process) Stop(ctx context.Context) error {
	if p.cmd == nil {
		return nil
	}
	p.cmd.Process.Signal(syscall.SIGTERM) // an error is that it has ended
	select {
	case <-p.ended:
	case <-time.After(grace):
	case <-ctx.Done():
	}
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // an error is that nobody is left
	select {
	case <-p.ended:
		return nil
	case <-time.After(grace):
		return fmt.Errorf("process %d does not end", p.cmd.Process.Pid)
	}
}

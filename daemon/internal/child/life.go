package child

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// life is what stands at the other end of the pipes: a process, or a bridge to
// a remote server.
type life interface {
	pid() int
	signal(syscall.Signal)
	wait() (cause string)
}

// process is a life of its own.
type process struct{ cmd *exec.Cmd }

func (p *process) pid() int { return p.cmd.Process.Pid }

// signal reaches the whole group: npx, uvx and shells start the real server as
// their own child.
func (p *process) signal(sig syscall.Signal) { syscall.Kill(-p.cmd.Process.Pid, sig) }

// wait says in words how the process ended.
func (p *process) wait() string {
	p.cmd.Wait()
	state := p.cmd.ProcessState
	if state == nil {
		return "unknown"
	}
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return fmt.Sprintf("killed by signal %d (%s)", ws.Signal(), ws.Signal())
	}
	return fmt.Sprintf("exit status %d", state.ExitCode())
}

// bridged is a life inside of loomd.
type bridged struct {
	cancel context.CancelFunc
	done   chan struct{}
	once   sync.Once
	err    error // set before done is closed
}

// bridge runs f until in ends or it is told to stop, and closes its ends of
// the pipes.
func bridge(f func(context.Context, io.Reader, io.Writer) error, in, out *os.File) *bridged {
	ctx, cancel := context.WithCancel(context.Background())
	b := &bridged{cancel: cancel, done: make(chan struct{})}
	go func() { // ends with f
		b.err = f(ctx, in, out)
		in.Close()
		out.Close()
		close(b.done)
	}()
	return b
}

func (b *bridged) pid() int { return 0 }

func (b *bridged) signal(syscall.Signal) { b.once.Do(b.cancel) }

func (b *bridged) wait() string {
	<-b.done
	b.cancel()
	if b.err == nil {
		return "the connection was closed"
	}
	return b.err.Error()
}

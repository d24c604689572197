package child

import (
	"syscall"
	"time"
)

// End is [Process.Stop] of a process that failed in another way than by ending.
func (p *Process) End(because string) {
	p.mu.Lock()
	p.because = because
	p.mu.Unlock()
	p.Stop()
}

// Kill ends the process at once, with a reason that whoever waits for it hears.
func (p *Process) Kill(because string) {
	p.mu.Lock()
	p.because = because
	p.mu.Unlock()
	p.kill()
}

// Stop ends the process as the stdio transport of MCP asks for it, and returns
// when it is gone. It may be called more than once.
func (p *Process) Stop() {
	p.mu.Lock()
	p.stopped = true
	p.mu.Unlock()
	// Spec: "First, closing the input stream to the child process (the server)".
	p.toChild.Close()
	p.stdin.SetWriteDeadline(time.Now().Add(p.limits.Close)) // a server that reads nothing would hold the writer
	if p.gone(p.limits.Close) {
		return
	}
	// Spec: "sending SIGTERM if the server does not exit within a reasonable time".
	p.signal(syscall.SIGTERM)
	if p.gone(p.limits.Term) {
		return
	}
	// Spec: "sending SIGKILL if the server does not exit within a reasonable time after SIGTERM".
	p.kill()
	<-p.done
}

func (p *Process) gone(within time.Duration) bool {
	t := time.NewTimer(within)
	defer t.Stop()
	select {
	case <-p.done:
		return true
	case <-t.C:
		return false
	}
}

func (p *Process) kill() { p.signal(syscall.SIGKILL) }

func (p *Process) signal(sig syscall.Signal) { p.life.signal(sig) }

// waitLoop waits for the exit, takes what the process left in its pipes, and
// then answers whatever is still in flight.
func (p *Process) waitLoop() {
	cause := p.life.wait()
	if p.ended != nil {
		if why := p.ended(); why != "" {
			p.mu.Lock()
			p.because = why
			p.mu.Unlock()
		}
	}
	p.kill() // a wrapper may have died and left its server behind
	deadline := time.Now().Add(p.limits.Drain)
	p.stdout.SetReadDeadline(deadline)
	p.stderr.SetReadDeadline(deadline)
	p.stdin.SetWriteDeadline(deadline)
	p.readers.Wait()
	p.toChild.Close()
	p.writer.Wait()
	p.stdout.Close()
	p.stderr.Close()

	p.mu.Lock()
	stage, _ := p.stage.Load().(string)
	exit := &ExitError{Server: p.spec.Server, Stage: stage, Cause: cause, Stderr: p.spec.Stderr.Tail(p.from, 5)}
	switch {
	case p.because != "":
		exit.Cause = p.because
	case p.stopped:
		exit.Cause, exit.Ours = errStopped.Error(), true
	}
	p.exited = exit
	p.alarm.stop()
	orphans := make([]*Request, 0, len(p.pending))
	for id, r := range p.pending {
		delete(p.pending, id)
		orphans = append(orphans, r)
	}
	p.mu.Unlock()
	for _, r := range orphans {
		r.Done(Answer{Err: exit})
	}
	close(p.done)
}

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// process is one that the bench started and ends.
type process struct {
	name   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout io.Reader
	done   chan struct{}
}

// start starts a process in a group of its own, so that stop reaches what it starts.
func (w *world) start(name, command string, args ...string) (*process, error) {
	p := &process{name: name, cmd: exec.Command(command, args...), done: make(chan struct{})}
	p.cmd.Env, p.cmd.Dir, p.cmd.Stderr = w.environment(), w.dir, os.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, theirs, err := os.Pipe() // not StdoutPipe: Wait would close it under the reader
	if err != nil {
		return nil, err
	}
	p.cmd.Stdout, p.stdin, p.stdout = theirs, in, out
	err = p.cmd.Start()
	theirs.Close()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	go func() { // ends with the process
		p.cmd.Wait()
		close(p.done)
	}()
	w.processes = append(w.processes, p)
	return p, nil
}

// stop ends the process: the end of its stdin, a signal, and at last a kill.
func (p *process) stop() {
	p.stdin.Close()
	if p.name != "loomd" && p.ended() {
		return
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	if p.ended() {
		return
	}
	fmt.Fprintf(os.Stderr, "bench: %s (pid %d) does not end: killed\n", p.name, p.cmd.Process.Pid)
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	case <-time.After(5 * time.Second):
		return false
	}
}

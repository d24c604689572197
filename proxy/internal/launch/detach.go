package launch

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// DetachArgument is the first argument that makes loom a go-between; see [Detach].
const DetachArgument = "__detach"

// pidFile is the descriptor on which a go-between says which process it started.
const pidFile = 3

// Detach runs program as a process between a starter and loomd, and returns its
// exit code. It ends when loomd does, with its status, or when its stdin does: the
// starter closes that once loomd answers, and the system closes it when the
// starter is killed. Then loomd has no parent of ours any more.
//
// Some clients end their servers by walking down the tree of processes (opencode
// 1.18.33, Kilo 7.7.7). A loomd that stayed the child of the proxy that happened to
// start it would end with that client, for all others too.
func Detach(program []string) int {
	pid := os.NewFile(pidFile, "pid")
	if len(program) == 0 || pid == nil {
		fmt.Fprintln(os.Stderr, "loom:", DetachArgument, "is for loom itself")
		return 2
	}
	syscall.CloseOnExec(pidFile) // loomd is not to have it
	cmd := exec.Command(program[0], program[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		fmt.Fprintf(os.Stderr, "loom: starting loomd: %v\n", err)
		return 1
	}
	fmt.Fprintln(pid, cmd.Process.Pid)
	pid.Close()
	left, ended := make(chan struct{}), make(chan struct{})
	go func() { // ends with this process
		io.Copy(io.Discard, os.Stdin)
		close(left)
	}()
	go func() { // the same
		cmd.Wait()
		close(ended)
	}()
	select {
	case <-left:
		return 0
	case <-ended:
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		// The starter reports how loomd ended, so end in the same way.
		signal.Reset(status.Signal())
		syscall.Kill(os.Getpid(), status.Signal())
		return 128 + int(status.Signal())
	}
	return cmd.ProcessState.ExitCode()
}

// Detacher is a program that does [Detach] when [DetachArgument] comes first.
type Detacher struct {
	Path string // of its file
	Name string // that it is called by: some programs are several
}

// between puts a go-between in front of a command. started returns the pid of the
// process that it starts, and goes once that may be left alone.
func between(d *Detacher, cmd *exec.Cmd) (started func() (int, error), release func(), err error) {
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	cmd.Args = slices.Concat([]string{d.Name, DetachArgument, cmd.Path}, cmd.Args[1:])
	cmd.Path = d.Path
	cmd.ExtraFiles = []*os.File{w}
	started = func() (int, error) {
		defer r.Close()
		w.Close()
		line, err := bufio.NewReader(r).ReadString('\n')
		if err != nil {
			return 0, err
		}
		return strconv.Atoi(strings.TrimSpace(line))
	}
	return started, func() { stdin.Close() }, nil
}

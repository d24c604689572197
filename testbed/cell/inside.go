package cell

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
)

// Main is the program of a cell: it reads what to do from standard input, and
// reports on standard output. It must be called by the main goroutine, from whose
// thread all programs are started.
func Main() int {
	runtime.LockOSThread()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	signal.Ignore(syscall.SIGPIPE) // reports that nobody reads any more
	lines := make(chan []byte)
	go func() { // ends with the process
		in := bufio.NewReader(os.Stdin)
		for {
			text, err := in.ReadBytes('\n')
			if err != nil {
				close(lines)
				return
			}
			lines <- text
		}
	}()
	var s setup
	first, ok := <-lines
	if !ok {
		return 0
	}
	if err := json.Unmarshal(first, &s); err != nil {
		fmt.Fprintln(os.Stderr, "cell: reading the setup:", err)
		return 1
	}
	in := &inside{out: os.Stdout, ids: map[int]int{}}
	if err := in.prepare(s); err != nil {
		in.report(report{Error: err.Error()})
		return 1
	}
	go in.reap() // ends with the process
	in.report(report{})
	for {
		select {
		case <-signals:
			in.endAll(s)
			return 0
		case text, ok := <-lines:
			if !ok {
				in.endAll(s)
				return 0
			}
			var r request
			if err := json.Unmarshal(text, &r); err != nil {
				fmt.Fprintln(os.Stderr, "cell: reading a request:", err)
				continue
			}
			if err := in.start(r); err != nil {
				in.report(report{ID: r.ID, Error: err.Error()})
			}
		}
	}
}

// succeeded is how a program ended that exited with 0.
const succeeded = "exit status 0"

// inside is a cell as it sees itself.
type inside struct {
	mu  sync.Mutex
	out io.Writer
	ids map[int]int // of programs that run, by process id
}

func (in *inside) prepare(s setup) error {
	if s.Isolated {
		if err := isolate(s); err != nil {
			return err
		}
	}
	if s.Forward == "" {
		return nil
	}
	// Made outside: a socket keeps the network that it was made in.
	file := os.NewFile(3, "listener")
	listener, err := net.FileListener(file)
	if err != nil {
		return fmt.Errorf("taking the listener: %w", err)
	}
	file.Close()
	go forward(listener, s.Forward) // ends with the process
	return nil
}

// start starts a program. The lock is held until its id is known, so that it is
// not reaped before.
func (in *inside) start(r request) error {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	log, err := os.OpenFile(r.Spec.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	in.mu.Lock()
	defer in.mu.Unlock()
	pid, err := syscall.ForkExec(r.Spec.Args[0], r.Spec.Args, &syscall.ProcAttr{
		Env: r.Spec.Env, Sys: mortal(),
		Files: []uintptr{null.Fd(), log.Fd(), log.Fd()},
	})
	if err != nil {
		return fmt.Errorf("running %s: %w", r.Spec.Args[0], err)
	}
	in.ids[pid] = r.ID
	in.out.Write(line(report{ID: r.ID}))
	return nil
}

// reap waits for whatever ends: programs, and what their children left to the
// first process of an isolated cell.
func (in *inside) reap() {
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	for range children {
		for in.reapOne() {
		}
	}
}

func (in *inside) reapOne() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	var state syscall.WaitStatus
	pid, err := syscall.Wait4(-1, &state, syscall.WNOHANG, nil)
	if err == syscall.EINTR {
		return true
	}
	if err != nil || pid <= 0 {
		return false
	}
	if id, ok := in.ids[pid]; ok {
		delete(in.ids, pid)
		in.out.Write(line(report{ID: id, Ended: describe(state)}))
	}
	return true
}

// endAll kills what runs and waits until it has gone: nobody uses its files then.
func (in *inside) endAll(s setup) {
	in.mu.Lock()
	defer in.mu.Unlock() // nothing is started or reaped any more
	if s.Isolated {
		syscall.Kill(-1, syscall.SIGKILL) // all but this one
	}
	for pid := range in.ids {
		syscall.Kill(-pid, syscall.SIGKILL)
	}
	for {
		_, err := syscall.Wait4(-1, nil, 0, nil)
		if err != nil && err != syscall.EINTR {
			break // there are no more children
		}
	}
	if s.Isolated {
		release(s.Show)
	}
	// What cannot be removed is for Stop's caller to find: nobody may be there.
	for _, dir := range s.Groups {
		RemoveGroup(dir)
	}
	for _, path := range s.Discard {
		os.RemoveAll(path)
	}
}

func (in *inside) report(r report) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.out.Write(line(r))
}

func describe(state syscall.WaitStatus) string {
	if state.Signaled() {
		return "signal: " + state.Signal().String()
	}
	return fmt.Sprintf("exit status %d", state.ExitStatus())
}

package testbed

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// Process is one process of a world.
type Process struct {
	PID  int
	Args string
}

func (p Process) String() string { return fmt.Sprintf("%d %s", p.PID, p.Args) }

// Kill ends it without asking.
func (p Process) Kill() { syscall.Kill(p.PID, syscall.SIGKILL) }

// Kill sends SIGKILL to a process by its id.
func (w *World) Kill(pid int) {
	w.t.Helper()
	if pid <= 1 || pid == os.Getpid() {
		w.t.Fatalf("killing %d: that is no process of this world", pid)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		w.t.Fatalf("killing %d: %v", pid, err)
	}
}

// Gone waits until no process has that id and returns how long it took.
func (w *World) Gone(pid int) time.Duration {
	w.t.Helper()
	began := time.Now()
	Eventually(w.t, fmt.Sprintf("process %d ends", pid), func() bool { return !w.Alive(pid) })
	return time.Since(began)
}

// Alive reports whether a process of this world has that id. One that ended and
// was not waited for does not count.
func (w *World) Alive(pid int) bool {
	for _, p := range w.Processes() {
		if p.PID == pid {
			return true
		}
	}
	return false
}

package child

import (
	"os/exec"
	"runtime"
)

// Spawner forks children from one thread. On Linux a child is sent its death
// signal when the *thread* that forked it ends, so that thread must live as
// long as loomd does.
type Spawner struct {
	jobs chan job
}

type job struct {
	cmd  *exec.Cmd
	done chan error
}

// NewSpawner starts the thread. Close ends it.
func NewSpawner() *Spawner {
	s := &Spawner{jobs: make(chan job)}
	go func() { // ends with Close
		runtime.LockOSThread() // and never unlocks
		for j := range s.jobs {
			j.done <- j.cmd.Start()
		}
	}()
	return s
}

// Start starts cmd in a process group of its own.
func (s *Spawner) Start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = groupAttr()
	j := job{cmd: cmd, done: make(chan error, 1)}
	s.jobs <- j
	return <-j.done
}

// Close ends the thread. Children that still live get their death signal.
func (s *Spawner) Close() { close(s.jobs) }

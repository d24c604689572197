package run

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// wardenVariable makes a process the warden of the run in its folder.
const wardenVariable = "LOOM_TESTBED_WARDEN"

// warden is the process that clears up after a run that could not. It is the
// same program, in a session of its own so that no ^C ends it, with one end of a
// pipe: when nobody holds the other end, the run is over.
type warden struct {
	cmd  *exec.Cmd
	pipe io.Closer
}

func startWarden(dir string) (*warden, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding the program of the warden: %w", err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), wardenVariable+"="+dir, "GORACE=atexit_sleep_ms=0")
	cmd.Dir = "/" // and nothing of ours on stdout: go test waits for those who hold it
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	pipe, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("starting the warden of this run: %w", err)
	}
	return &warden{cmd: cmd, pipe: pipe}, nil
}

// dismiss ends it and waits for that. It finds that nothing is left to do.
func (w *warden) dismiss() {
	w.pipe.Close()
	w.cmd.Wait() // how it ended matters to nobody
}

// keepWatch is the warden: it waits for the end of the run and clears up.
func keepWatch(dir string) int {
	io.Copy(io.Discard, os.Stdin) // ends when the run does, however that is
	if _, err := os.Lstat(dir); err != nil {
		return 0
	}
	all, err := lockBase(filepath.Dir(dir))
	if err != nil {
		return 1 // the next run sweeps
	}
	defer all.Close()
	// The kernel closes the files of a process in any order: the lock may go after
	// the pipe.
	for give := time.Now().Add(patience); alive(dir); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(give) {
			return 1
		}
	}
	if _, err := erase(dir, true); err != nil {
		return 1
	}
	return 0
}

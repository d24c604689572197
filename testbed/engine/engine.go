package engine

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Engine is the engine whose files are in Dir, running or not.
type Engine struct{ Dir string }

// In returns the engine of a cache of the testbed.
func In(cache string) Engine { return Engine{Dir: filepath.Join(cache, "engine")} }

// Host is what DOCKER_HOST is for this engine.
func (e Engine) Host() string { return "unix://" + e.socket() }

// A start wipes run; data has the images.
func (e Engine) socket() string          { return e.path("run", "docker.sock") }
func (e Engine) log() string             { return e.path("engine.log") }
func (e Engine) path(p ...string) string { return filepath.Join(append([]string{e.Dir}, p...)...) }

// name is what its control group and its bridge are called, short enough for the
// latter.
func (e Engine) name() string { return fmt.Sprintf("loom-%08x", crc32.ChecksumIEEE([]byte(e.Dir))) }

// longest is the socket with the longest path, below a folder.
const longest = "run/exec/containerd/containerd-debug.sock"

// socketPath is how long the path of a socket may be, on Linux.
const socketPath = 107

// hold takes the lock that a running engine has.
func (e Engine) hold() (*os.File, error) {
	if err := os.MkdirAll(e.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making a place for the engine: %w", err)
	}
	f, err := os.OpenFile(e.path("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the engine: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errRuns
		}
		return nil, fmt.Errorf("locking the engine with %s: %w", f.Name(), err)
	}
	return f, nil
}

// errRuns is for a lock that a running engine has.
var errRuns = errors.New("the engine runs")

// pid is the first process of a running engine. Without the lock it may be
// anybody's.
func (e Engine) pid() (int, error) {
	text, err := os.ReadFile(e.path("pid"))
	if err != nil {
		return 0, fmt.Errorf("finding the process of the engine: %w", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid < 2 {
		return 0, fmt.Errorf("%s has no process in it but %q", e.path("pid"), text)
	}
	return pid, nil
}

// lastLines are the end of what the engine wrote.
func (e Engine) lastLines() string {
	text, _ := os.ReadFile(e.log()) // without it there is nothing to say
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return "  " + strings.Join(lines[max(0, len(lines)-20):], "\n  ")
}

package service

import (
	"context"
	"os"

	"github.com/loom-core/loom/testbed/run"
)

// Service is a real upstream. One value is started once in a run and shared by
// all tests.
type Service interface {
	Name() string // "prometheus"

	// Start returns when the service answers. On error nothing of it is left.
	Start(ctx context.Context, h Host) (Endpoint, error)

	// Logs are the last lines that it wrote. It may be called at any time.
	Logs() string

	// Stop ends it: everything that Start made is gone when it returns. It may be
	// called twice.
	Stop(ctx context.Context) error
}

// Mortal is a service that knows when it has ended. One that does so while tests
// run ends the run.
type Mortal interface {
	Ended() <-chan struct{} // closed when it has; asked for after Start
}

// Host is what a provider gives a service to live in.
type Host struct {
	Dir   string            // its own: empty, absolute, goes with the run
	Cache string            // of built programs: kept
	Say   func(line string) // progress, one line
	Owned func(pid int)     // notes a process group of the service, for the sweep

	// Undo notes a command that removes what the service has that is neither a
	// process nor a file in Dir: see [run.Folder.Undo]. It is called before there is
	// anything to remove.
	Undo func(command ...string) error
}

// Environ is what a process of the service gets: nothing of the real user's but
// PATH, and what [run] knows it by.
func (h Host) Environ() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + h.Dir, "TMPDIR=" + h.Dir,
		"LANG=C.UTF-8", "TZ=UTC", run.Variable + "=" + h.Dir,
	}
}

// Endpoint is where a service answers and with what. What it has no use for is
// empty.
type Endpoint struct {
	URL, User, Password, Token, Version string

	Kubeconfig string // file
	AuditLog   string // file in which a Kubernetes writes down each request
	Lacks      string // what it does without here, and why: a reason to skip a test
}

// T is what a Bed needs of a test; [*testing.T] has it.
type T interface {
	Helper()
	Cleanup(func())
	Name() string
	Logf(format string, args ...any)
	Failed() bool
	Skipped() bool
}

// Package limit holds a server, and all that it starts, to an amount of memory
// and a number of processes, without being root.
//
// Where loomd has a part of the cgroup tree to itself (a systemd service with
// Delegate=), the kernel enforces the memory limit at the very page. Everywhere
// else the processes are looked at every second, and a server that is over its
// limit is ended with the reason. Resource limits (setrlimit) are not used: they
// hold for each process alone; RLIMIT_AS counts what is only reserved, which is
// 1.2 GB for a Go program of 2 MB and 14 GB for a Node program of 90 MB;
// RLIMIT_DATA counts 510 MB for a Java program of 90 MB; RLIMIT_NPROC counts all
// processes of the user.
//
// Package pool starts a [Limit] with each process that has [Limits].
package limit

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/loom-core/loom/daemon/internal/proc"
)

// Limits are for a process and all that it starts together. 0 means none.
type Limits struct {
	Memory    int64 // bytes in use; what processes share counts once on Linux
	Processes int   // not threads
}

// None reports whether there is nothing to enforce.
func (l Limits) None() bool { return l.Memory <= 0 && l.Processes <= 0 }

// Mode says how limits are enforced.
type Mode string

// The modes.
const (
	Kernel  Mode = "cgroup"  // memory by the kernel, processes by looking
	Watched Mode = "watched" // both by looking
)

// Limiter enforces the limits of all servers of one loomd. It is safe for
// concurrent use.
type Limiter struct {
	groups *groups // nil: none are to be had
	last   atomic.Pointer[table]
}

// New finds out what this system offers. It is to be called before any child
// is started, and not more than once in a process: where loomd has a cgroup to
// itself, it moves into a group within that.
func New() *Limiter { return &Limiter{groups: openGroups()} }

// Mode is how limits are going to be enforced.
func (l *Limiter) Mode() Mode {
	if l.groups != nil {
		return Kernel
	}
	return Watched
}

// Limit enforces the limits of one process and its descendants.
type Limit struct {
	limits  Limits
	pid     int
	limiter *Limiter
	group   *group        // nil: watched
	known   map[int]int64 // start times of what was seen to belong to it; for Watch alone
	began   int64         // start time of pid
}

// Start enforces limits on a process that was just started. Memory that it took
// before, and processes that it had before, may escape the kernel.
func (l *Limiter) Start(pid int, limits Limits) *Limit {
	m := &Limit{limits: limits, pid: pid, limiter: l}
	if p, ok := proc.Lookup(pid); ok {
		m.began = p.Start
	}
	if limits.Memory > 0 {
		offer(pid)
		if l.groups != nil {
			m.group = l.groups.add(pid, limits)
		}
	}
	return m
}

// Mode is how the limits are enforced.
func (m *Limit) Mode() Mode {
	if m.group != nil {
		return Kernel
	}
	return Watched
}

// How often processes are looked at, and how often once they have used half of
// what they may.
const (
	usual = time.Second
	soon  = 250 * time.Millisecond
	// fresh is how long one look at all processes is good for other servers.
	fresh = 200 * time.Millisecond
	// blind is how many looks in a row may fail.
	blind = 10
)

// Watch looks at the processes until ctx ends, which has to be when the process
// does. If they are over a limit it calls over once, with a reason to end the
// server, and returns. The error says that they cannot be watched.
func (m *Limit) Watch(ctx context.Context, over func(cause string)) error {
	failed := 0
	timer := time.NewTimer(soon)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		cause, share, err := m.look()
		switch {
		case cause != "":
			over(cause)
			return nil
		case err == nil:
			failed = 0
		default:
			if failed++; failed == blind {
				return fmt.Errorf("watching the limits of process %d: %w", m.pid, err)
			}
		}
		next := usual
		if share >= 0.5 {
			next = soon
		}
		timer.Reset(next)
	}
}

// look returns a reason to end the server, or how much of its limits it uses.
func (m *Limit) look() (cause string, share float64, err error) {
	if m.group != nil {
		if m.limits.Processes <= 0 {
			return "", 0, nil
		}
		n, err := m.group.count()
		return m.tooMany(n), part(int64(n), int64(m.limits.Processes)), err
	}
	all, err := m.limiter.list()
	if err != nil {
		return "", 0, err
	}
	members := m.members(all)
	if cause := m.tooMany(len(members)); cause != "" {
		return cause, 1, nil
	}
	share = part(int64(len(members)), int64(m.limits.Processes))
	if m.limits.Memory <= 0 || len(members) == 0 {
		return "", share, nil
	}
	var used int64
	for _, p := range members {
		used += p.RSS
	}
	// What is shared is in it more than once: only if that is too much it is worth to look closely.
	if used == 0 || used > m.limits.Memory {
		if used, err = proc.Memory(members); err != nil {
			return "", 1, err
		}
	}
	if used > m.limits.Memory {
		return fmt.Sprintf("over its memory limit of %s: %s in %s", size(m.limits.Memory), size(used), count(len(members))), 1, nil
	}
	return "", max(share, part(used, m.limits.Memory)), nil
}

func (m *Limit) tooMany(n int) string {
	if m.limits.Processes <= 0 || n <= m.limits.Processes {
		return ""
	}
	return fmt.Sprintf("over its limit of %s: %d are running", count(m.limits.Processes), n)
}

// Ended is called when the process has ended. It ends what is left of a group
// and returns why the kernel ended the process, empty if it did not.
func (m *Limit) Ended() (cause string) {
	if m.group == nil {
		return ""
	}
	if m.group.killed() {
		cause = fmt.Sprintf("over its memory limit of %s: ended by the kernel", size(m.limits.Memory))
	}
	m.group.remove()
	return cause
}

// table is one look at all processes.
type table struct {
	at    time.Time
	procs []proc.Process
}

// list looks at all processes, or gives what another server's look has just found.
func (l *Limiter) list() ([]proc.Process, error) {
	if t := l.last.Load(); t != nil && time.Since(t.at) < fresh {
		return t.procs, nil
	}
	procs, err := proc.List()
	if err == nil {
		l.last.Store(&table{time.Now(), procs})
	}
	return procs, err
}

func part(of, limit int64) float64 {
	if limit <= 0 {
		return 0
	}
	return float64(of) / float64(limit)
}

// size is a number of bytes for people.
func size(bytes int64) string {
	return strings.TrimSuffix(strconv.FormatFloat(float64(bytes)/(1<<20), 'f', 1, 64), ".0") + " MiB"
}

func count(processes int) string {
	if processes == 1 {
		return "1 process"
	}
	return strconv.Itoa(processes) + " processes"
}

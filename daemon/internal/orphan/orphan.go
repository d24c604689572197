// Package orphan finds what a killed loomd left behind, and ends it.
//
// Every process that loomd starts has two variables in its environment, and so
// has whatever that starts in turn: which life of loomd it belongs to, and which
// state directory that loomd had. A new loomd that holds the lock on its state
// directory knows that no other life of it goes on, so every process of the
// same directory and another life is left over. A process that hides its
// environment is found by a [Journal] or by its process group.
//
// It knows nothing of servers: package app calls it at the start, and at the end
// for what the servers of this life have left.
package orphan

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/loom-core/loom/daemon/internal/proc"
)

// Options say what is left over. All fields are required but the last three.
type Options struct {
	InstanceVar string // name of the variable with the life of loomd
	Instance    string // its value for this life: such processes are left alone
	StateVar    string // name of the variable with the state directory
	State       string // its value for this directory: others are left alone

	// Own is for the end of loomd, when its servers are stopped: what is still
	// there of this life has left the group of its server, and is left over too.
	Own bool

	Patience time.Duration // from SIGTERM to SIGKILL, and from that on; default 2s
	Journal  *Journal      // may be nil
}

// patience is what a server gets to end in order.
const patience = 2 * time.Second

// rounds is how often SIGKILL is sent to whatever is still there: a process may
// start another one while it is looked for.
const rounds = 5

// Process is one process that was left behind.
type Process struct {
	PID      int
	Name     string // of its program, as the system has it: at most 15 bytes
	Instance string // the life of loomd that it belongs to, empty if unknown

	start int64 // with the pid, what tells it from a later process of that number
	pgid  int
}

func (p Process) String() string { return fmt.Sprintf("%d (%s)", p.PID, p.Name) }

// Report says what a sweep found. The slices are in the order of discovery.
type Report struct {
	Found []Process
	Ended []Process
	Left  []Process // that even SIGKILL did not end in time
}

// Sweep ends what is left over: SIGTERM, then SIGKILL after [Options.Patience].
// It returns when all of it is gone, at the latest after some two patiences for
// what does not die. It never signals this process, one it descends from or one
// that descends from it, nor a process of another user.
//
// The error tells that processes could not be listed, or is ctx's; the report
// is good in any case.
func Sweep(ctx context.Context, o Options) (Report, error) {
	if o.InstanceVar == "" || o.Instance == "" || o.StateVar == "" || o.State == "" {
		return Report{}, errors.New("looking for left processes: it is not said whose")
	}
	if o.Patience == 0 {
		o.Patience = patience
	}
	var s sweep
	err := s.run(ctx, o)
	report := s.report()
	if o.Journal != nil && err == nil {
		err = o.Journal.settle(report.Left)
	}
	return report, err
}

type sweep struct {
	seen map[identity]bool
	all  []Process
}

func (s *sweep) run(ctx context.Context, o Options) error {
	now, err := s.look(o)
	if err != nil || len(now) == 0 {
		return err
	}
	send(now, termSignal)
	if err := waitGone(ctx, now, o.Patience); err != nil {
		return err
	}
	deadline := time.Now().Add(o.Patience)
	for range rounds {
		if now, err = s.look(o); err != nil || len(now) == 0 {
			return err
		}
		send(now, killSignal)
		if err := waitGone(ctx, now, time.Until(deadline)); err != nil {
			return err
		}
	}
	return nil
}

// look returns what is left over now, and notes what is new.
func (s *sweep) look(o Options) ([]Process, error) {
	procs, err := proc.List()
	if err != nil {
		return nil, err
	}
	var before []entry
	if o.Journal != nil {
		before = o.Journal.before()
	}
	left := leftOver(procs, os.Getpid(), before, o, proc.Environ)
	for _, p := range left {
		if id := (identity{p.PID, p.start}); !s.seen[id] {
			if s.seen == nil {
				s.seen = map[identity]bool{}
			}
			s.seen[id] = true
			s.all = append(s.all, p)
		}
	}
	return left, nil
}

func (s *sweep) report() Report {
	r := Report{Found: s.all}
	for _, p := range s.all {
		if p.alive() {
			r.Left = append(r.Left, p)
		} else {
			r.Ended = append(r.Ended, p)
		}
	}
	return r
}

// leftOver picks from procs what belongs to another life of this loomd. self is
// the pid of this process; env reads two variables of another one.
func leftOver(procs []proc.Process, self int, before []entry, o Options, env func(pid int, names ...string) []string) []Process {
	byPID := map[int]proc.Process{}
	for _, p := range procs {
		byPID[p.PID] = p
	}
	spared := map[int]bool{0: true, 1: true}
	for pid := self; !spared[pid]; pid = byPID[pid].Parent {
		spared[pid] = true
	}
	ours := func(pid int) bool { // descends from self
		for range len(procs) {
			if pid == self {
				return true
			}
			pid = byPID[pid].Parent
		}
		return false
	}
	noted, groups := map[identity]bool{}, map[int]entry{}
	for _, e := range before {
		noted[identity{e.pid, e.start}] = true
		groups[e.pgid] = e
	}
	found, foreign := map[int]Process{}, map[int]bool{}
	for _, p := range procs {
		if spared[p.PID] || ours(p.PID) {
			foreign[p.PID] = true
			continue
		}
		values := env(p.PID, o.InstanceVar, o.StateVar)
		instance, state := values[0], values[1]
		switch {
		case instance == o.Instance && !o.Own, state != "" && state != o.State:
			foreign[p.PID] = true
		case instance != "" && state == o.State, noted[identity{p.PID, p.Start}]:
			found[p.PID] = Process{p.PID, p.Name, instance, p.Start, p.Group}
		}
	}
	// The group of a leader that is left over is left over. So is one whose
	// leader is gone: its number is not given away while it has members. That it
	// is not a later group of that number is seen by its session.
	for _, p := range procs {
		_, has := found[p.PID]
		if has || foreign[p.PID] {
			continue
		}
		_, led := found[p.Group]
		e, known := groups[p.Group]
		_, leader := byPID[p.Group]
		if led || known && !leader && p.Session == e.session && p.Start >= e.start {
			found[p.PID] = Process{p.PID, p.Name, "", p.Start, p.Group}
		}
	}
	var out []Process
	for _, p := range procs {
		if f, ok := found[p.PID]; ok {
			out = append(out, f)
		}
	}
	return out
}

// identity is a process: its number alone is given to another one later.
type identity struct {
	pid   int
	start int64
}

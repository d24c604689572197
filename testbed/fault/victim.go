package fault

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/loom-core/loom/testbed"
)

// Victim is a process that a test signals. It is the one that had the id when
// the Victim was made: a later one with that id is never hit.
//
//	v := fault.NewVictim(t, prometheus.PID())
//	front.On(fault.Nth(3, fault.Any), v.Signals(syscall.SIGKILL)) // the third request finds it dead
//	…
//	v.Gone()
//
// Methods may be called from any goroutine.
type Victim struct {
	PID int

	t       testbed.T
	began   string
	process *os.Process // holds on to the process itself where the system can
	timers  sync.WaitGroup

	mu      sync.Mutex
	over    bool // its test
	stopped bool // by us
	pending map[*time.Timer]bool
}

// NewVictim takes a process that is alive. What it stopped goes on when t ends,
// and signals that were to come do not.
func NewVictim(t testbed.T, pid int) *Victim {
	t.Helper()
	if pid <= 1 || pid == os.Getpid() || pid == os.Getppid() {
		t.Fatalf("process %d is not one to signal", pid)
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		t.Fatalf("finding process %d: %v", pid, err)
	}
	began, _, ok := look(pid)
	if !ok {
		t.Fatalf("process %d has ended", pid)
	}
	v := &Victim{PID: pid, t: t, began: began, process: process, pending: map[*time.Timer]bool{}}
	t.Cleanup(v.end)
	return v
}

func (v *Victim) String() string { return fmt.Sprintf("process %d, begun at %s", v.PID, v.began) }

// Signal sends a signal. That the process has ended fails the test: something
// else than the test ended it. After the test nothing is sent.
func (v *Victim) Signal(s syscall.Signal) {
	v.t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.over {
		return
	}
	if !v.Alive() {
		v.t.Errorf("sending %q to %s: it has ended", s, v)
		return
	}
	if err := v.process.Signal(s); err != nil {
		v.t.Errorf("sending %q to %s: %v", s, v, err)
		return
	}
	switch s {
	case syscall.SIGSTOP:
		v.stopped = true
	case syscall.SIGCONT:
		v.stopped = false
	}
}

// Kill ends the process at once, and waits for that.
func (v *Victim) Kill() {
	v.t.Helper()
	v.Signal(syscall.SIGKILL)
	v.Gone()
}

// Freeze stops the process, and waits for that.
func (v *Victim) Freeze() {
	v.t.Helper()
	v.Signal(syscall.SIGSTOP)
	v.await("has not stopped", func() bool {
		_, state, ok := look(v.PID)
		return !ok || state == 'T'
	})
}

// Thaw has a stopped process go on.
func (v *Victim) Thaw() {
	v.t.Helper()
	v.Signal(syscall.SIGCONT)
}

// SignalAfter sends a signal when so much time has passed, unless the test has
// ended by then.
func (v *Victim) SignalAfter(d time.Duration, s syscall.Signal) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.timers.Add(1)
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		defer v.timers.Done()
		v.mu.Lock() // and timer is set
		due := v.pending[timer]
		delete(v.pending, timer)
		v.mu.Unlock()
		if due {
			v.Signal(s)
		}
	})
	v.pending[timer] = true
}

// Signals sends a signal when a request has come, before the service hears of
// it. Put [Victim.Kill] or [Victim.Freeze] in a [Do] to be sure that it worked
// before the request goes on.
func (v *Victim) Signals(s syscall.Signal) Behaviour {
	return Do(func(Request) { v.Signal(s) })
}

// SignalsAfter passes a request on and sends a signal that much later, when the
// service is at work.
func (v *Victim) SignalsAfter(d time.Duration, s syscall.Signal) Behaviour {
	return Do(func(Request) { v.SignalAfter(d, s) })
}

// Alive reports whether the process has not ended. One that ended and was not
// waited for does not count.
func (v *Victim) Alive() bool {
	began, _, ok := look(v.PID)
	return ok && began == v.began
}

// Gone waits until the process has ended and returns how long that took.
func (v *Victim) Gone() time.Duration {
	v.t.Helper()
	began := time.Now()
	v.await("is still alive", func() bool { return !v.Alive() })
	return time.Since(began)
}

// await is for whoever may not end the test: it goes on after [testbed.Patience].
func (v *Victim) await(not string, is func() bool) {
	v.t.Helper()
	give := time.Now().Add(testbed.Patience)
	for pause := time.Millisecond; !is(); pause = min(2*pause, 50*time.Millisecond) {
		if time.Now().After(give) {
			v.t.Errorf("after %s %s %s", testbed.Patience, v, not)
			return
		}
		time.Sleep(pause)
	}
}

func (v *Victim) end() {
	v.mu.Lock()
	v.over = true
	for timer := range v.pending {
		if timer.Stop() {
			v.timers.Done()
		}
	}
	clear(v.pending)
	if v.stopped && v.Alive() {
		v.process.Signal(syscall.SIGCONT) // nobody could ask it to end
	}
	v.process.Release()
	v.mu.Unlock()
	v.timers.Wait()
}

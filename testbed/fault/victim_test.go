//go:build unix

package fault_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/fault"
)

// start starts a process that does nothing, and ends with the test.
func start(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() // it may have ended
		cmd.Wait()
	})
	return cmd
}

// TestVictim: a process is stopped, goes on and ends, though nobody waits for it.
func TestVictim(t *testing.T) {
	cmd := start(t)
	v := fault.NewVictim(t, cmd.Process.Pid)
	v.Freeze()
	if !v.Alive() {
		t.Error("a stopped process is not alive")
	}
	v.Signal(syscall.SIGTERM) // waits until it goes on
	v.Thaw()
	v.Gone()
	if err := cmd.Wait(); err == nil || err.Error() != "signal: terminated" {
		t.Errorf("it ended with %v", err)
	}
}

// TestVictimAtRequest: the third request finds the process dead, and the ones
// before it do not.
func TestVictimAtRequest(t *testing.T) {
	f, _, c := front(t)
	v := fault.NewVictim(t, start(t).Process.Pid)
	f.On(fault.Nth(3, fault.Any), v.Signals(syscall.SIGKILL))
	for range 2 {
		get(t, c, f.URL)
	}
	if !v.Alive() {
		t.Fatal("it ended too soon")
	}
	get(t, c, f.URL)
	v.Gone()
}

// TestVictimAtWork: a service that is killed while it works at a request.
func TestVictimAtWork(t *testing.T) {
	f := fault.Stranger(t)
	v := fault.NewVictim(t, start(t).Process.Pid)
	f.On(fault.Any, v.SignalsAfter(time.Millisecond, syscall.SIGKILL), fault.Do(func(fault.Request) { v.Gone() }), fault.Cut(fault.AtStart))
	if got := get(t, newClient(t), f.URL); !errors.Is(got.err, io.EOF) || v.Alive() {
		t.Errorf("%+v", got)
	}
}

// TestVictimEnds: a test that ends leaves no process stopped and no signal to come.
func TestVictimEnds(t *testing.T) {
	cmd := start(t)
	var v *fault.Victim
	t.Run("a test", func(t *testing.T) {
		v = fault.NewVictim(t, cmd.Process.Pid)
		v.SignalAfter(time.Hour, syscall.SIGKILL)
		v.Freeze()
	})
	v.Signal(syscall.SIGKILL) // of a test that is over
	if !v.Alive() {
		t.Error("it was killed after the test")
	}
	cmd.Process.Signal(syscall.SIGTERM) // which a stopped process does not hear
	v.Gone()
}

// TestVictimRefused: what is no victim, and what is none any more.
func TestVictimRefused(t *testing.T) {
	cmd := start(t)
	r := &report{}
	v := fault.NewVictim(r, cmd.Process.Pid)
	cmd.Process.Kill()
	v.Gone()
	v.Signal(syscall.SIGTERM)
	if r.text != fmt.Sprintf("sending \"terminated\" to %s: it has ended\n", v) {
		t.Errorf("of a signal to a zombie is said %q", r.text)
	}
	cmd.Wait()
	for pid, want := range map[int]string{
		1: "process 1 is not one", os.Getpid(): "is not one", os.Getppid(): "is not one", cmd.Process.Pid: "has ended",
	} {
		r := &report{}
		func() {
			defer func() { recover() }()
			fault.NewVictim(r, pid)
		}()
		if !strings.Contains(r.text, want) {
			t.Errorf("of process %d is said %q, want %q", pid, r.text, want)
		}
	}
}

// report is a test that keeps what it is told.
type report struct {
	testbed.T // nil: for the rest
	text      string
}

func (r *report) Helper()        {}
func (r *report) Cleanup(func()) {}
func (r *report) Errorf(format string, args ...any) {
	r.text += fmt.Sprintf(format, args...) + "\n"
}

func (r *report) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	panic(r)
}

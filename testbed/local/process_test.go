package local

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed/service"
)

func host(t *testing.T) service.Host {
	return service.Host{Dir: t.TempDir(), Cache: t.TempDir(), Say: func(string) {}, Owned: func(int) {}}
}

func shell(t *testing.T, script string) *process {
	t.Helper()
	p := new(process)
	if err := p.run(host(t), exec.Command("sh", "-c", script)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop(context.Background()) })
	return p
}

// said waits until the process wrote a whole line, and returns it.
func said(t *testing.T, p *process) string {
	t.Helper()
	for give := time.Now().Add(20 * time.Second); !strings.Contains(p.Logs(), "\n"); time.Sleep(time.Millisecond) {
		if time.Now().After(give) {
			t.Fatal("the process says nothing")
		}
	}
	line, _, _ := strings.Cut(p.Logs(), "\n")
	return line
}

// TestStop: what a process started goes with it, and one that does not want to go
// is made to.
func TestStop(t *testing.T) {
	p := shell(t, `trap '' TERM; sleep 300 & echo $!; wait; wait`)
	child, err := strconv.Atoi(said(t, p))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	for range 2 {
		if err := p.Stop(ctx); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-p.Ended():
	default:
		t.Error("after Stop the process has not ended")
	}
	for give := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		out, _ := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(child)).Output()
		if len(out) == 0 || out[0] == 'Z' {
			break
		}
		if time.Now().After(give) {
			t.Fatalf("its child %d is alive: %s", child, out)
		}
	}
	if err := new(process).Stop(ctx); err != nil {
		t.Errorf("stopping what was not started: %v", err)
	}
}

func TestAnswers(t *testing.T) {
	not := errors.New("not yet")
	t.Run("in the end", func(t *testing.T) {
		p := shell(t, "sleep 300")
		asked := 0
		err := p.answers(t.Context(), func(context.Context) error {
			if asked++; asked < 3 {
				return not
			}
			return nil
		})
		if err != nil || asked != 3 {
			t.Errorf("after %d tries: %v", asked, err)
		}
	})
	t.Run("it ends", func(t *testing.T) {
		p := shell(t, "echo no licence; exit 3")
		err := p.answers(t.Context(), func(context.Context) error { return not })
		if err == nil || !strings.Contains(err.Error(), "it ended by itself: exit status 3") || !strings.Contains(p.Logs(), "no licence") {
			t.Errorf("the error is %v, the log %q", err, p.Logs())
		}
	})
	t.Run("the run ends", func(t *testing.T) {
		p := shell(t, "sleep 300")
		ctx, cancel := context.WithCancel(t.Context())
		err := p.answers(ctx, func(context.Context) error { cancel(); return not })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
		if <-p.Ended(); syscall.Kill(p.cmd.Process.Pid, 0) == nil {
			t.Error("the process is there")
		}
	})
}

// TestOnce: a command that prepares a service gives its output, or what it wrote
// is in the service's log; it does not outlive the run.
func TestOnce(t *testing.T) {
	var p process
	out, err := p.once(t.Context(), host(t), "making a token", exec.Command("sh", "-c", "echo a-token; echo a warning >&2"))
	if out != "a-token\n" || err != nil || p.Logs() != "a warning\n" {
		t.Errorf("it gives %q, %v, and writes %q", out, err, p.Logs())
	}
	_, err = p.once(t.Context(), host(t), "making a user", exec.Command("sh", "-c", "echo no such table; exit 1"))
	if err == nil || err.Error() != "making a user: exit status 1" || !strings.HasSuffix(p.Logs(), "no such table\n") {
		t.Errorf("it fails with %v and writes %q", err, p.Logs())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err = p.once(ctx, host(t), "migrating", exec.Command("sleep", "300")); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
		t.Errorf("it ends with %v after %s", err, time.Since(began))
	}
}

func TestNoSuchProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "loki")
	if err := new(process).run(host(t), exec.Command(path)); err == nil || !strings.Contains(err.Error(), "starting "+path) {
		t.Errorf("the error is %v", err)
	}
}

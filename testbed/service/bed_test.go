package service

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// started is a run of this binary with one of the inner tests.
type started struct {
	t     *testing.T
	cmd   *exec.Cmd
	base  string
	lines chan string
	said  []string
	pid   int    // of the last process that it said it has
	dir   string // of that service
}

func startRun(t *testing.T, base, test string, variables ...string) *started {
	t.Helper()
	r := &started{t: t, base: base, lines: make(chan string)}
	r.cmd = exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.v")
	r.cmd.Env = append(append(os.Environ(), "SERVICE_TEST_BASE="+base), variables...)
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := r.cmd.StdoutPipe()
	if err == nil {
		r.cmd.Stderr = r.cmd.Stdout
		err = r.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.cmd.Process.Kill() })
	go func() { // ends with the run
		defer close(r.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			r.lines <- s.Text()
		}
	}()
	return r
}

var hasProcess = regexp.MustCompile(`process (\d+) in (.*)`)

// until reads what it says up to a line with that in it, or to the end.
func (r *started) until(text string) {
	r.t.Helper()
	give := time.After(20 * time.Second)
	for {
		select {
		case line, ok := <-r.lines:
			if !ok {
				if text != "" {
					r.t.Fatalf("it never said %q:\n%s", text, r.text())
				}
				return
			}
			r.said = append(r.said, line)
			if m := hasProcess.FindStringSubmatch(line); m != nil {
				r.pid, _ = strconv.Atoi(m[1])
				r.dir = m[2]
			}
			if text != "" && strings.Contains(line, text) {
				return
			}
		case <-give:
			r.t.Fatalf("it hangs, having said\n%s", r.text())
		}
	}
}

func (r *started) text() string { return strings.Join(r.said, "\n") }

// ends waits for the run, and looks at what it said and whether all is gone.
func (r *started) ends(code int, want ...string) {
	r.t.Helper()
	r.until("")
	r.cmd.Wait()
	if got := r.cmd.ProcessState.ExitCode(); got != code {
		r.t.Errorf("exit status %d, want %d", got, code)
	}
	text := r.text()
	for _, w := range want {
		if !strings.Contains(text, w) {
			r.t.Errorf("it does not say %q", w)
		}
	}
	r.gone()
	if r.t.Failed() {
		r.t.Logf("it said\n%s", text)
	}
}

// gone waits until nothing of the run is left.
func (r *started) gone() {
	r.t.Helper()
	for give := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		left, _ := filepath.Glob(filepath.Join(r.base, "r*"))
		alive := r.pid != 0 && !errors.Is(syscall.Kill(r.pid, 0), syscall.ESRCH) && !zombie(r.pid)
		if len(left) == 0 && !alive {
			return
		}
		if time.Now().After(give) {
			r.t.Fatalf("left are %q and process %d: %v", left, r.pid, alive)
		}
	}
}

// zombie reports whether a process has ended and nobody asked how.
func zombie(pid int) bool {
	out, _ := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return strings.HasPrefix(string(out), "Z")
}

// TestShared: one service for all who ask, in the table with all of them, and
// stopped in the reverse order.
func TestShared(t *testing.T) {
	r := startRun(t, filepath.Join(t.TempDir(), "runs"), "TestInnerShared")
	r.ends(1, "on purpose", "two wrote:\n", "          two says hello")
	text := r.text()
	if n := strings.Count(text, "one: starting"); n != 1 {
		t.Errorf("one was started %d times", n)
	}
	rows := regexp.MustCompile(`(?m)^(one|two) .*`).FindAllString(text, -1)
	for i, want := range []string{`^one +local +1\.2 +\S+s +2 ok, 1 FAILED +0$`, `^two +local +1\.2 +\S+s +2 ok, 1 FAILED +1$`} {
		if len(rows) != 2 || !regexp.MustCompile(want).MatchString(rows[i]) {
			t.Errorf("the rows are %q, want in %d %s", rows, i, want)
		}
	}
	if first, last := strings.LastIndex(text, "stopped two"), strings.LastIndex(text, "stopped one"); first < 0 || last < first {
		t.Errorf("the order of the ends is wrong")
	}
	if t.Failed() {
		t.Log(text)
	}
}

// TestEnds: each way in which a service or its run goes wrong ends the run at
// once, says why and what to do, and leaves nothing.
func TestEnds(t *testing.T) {
	for _, c := range []struct {
		name, test, use string
		want            []string
	}{
		{"a service dies", "TestInnerDies", "one", []string{"the run fails: one (local) ended while tests ran\nit wrote last:\n  one says hello\nwhat to do: try it alone: make e2e RUN=one", "ended the worlds"}},
		{"a port is taken", "TestInnerUse", "taken", []string{"the run fails: taken (local) did not start: listening: address already in use\nit wrote last:\n  taken says hello\nwhat to do: another program has taken the port"}},
		{"a disk is full", "TestInnerUse", "full", []string{"the run fails: full (local) did not start: writing: no space left on device", "what to do: the disk is full. df -h"}},
		{"no such service", "TestInnerUse", "gitlab", []string{"the run fails: the provider local has no service gitlab: it has full, leaky, one, slow, taken, two"}},
		{"a service leaves a process", "TestInnerUse", "leaky", []string{"still alive and were killed:\n  ", "sleep 300", "leaky    local     1.2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := startRun(t, filepath.Join(t.TempDir(), "runs"), c.test, "SERVICE_TEST_USE="+c.use)
			r.ends(1, c.want...)
		})
	}
}

// TestSignals: ^C while tests run and while a service starts, and kill -9.
func TestSignals(t *testing.T) {
	for _, c := range []struct {
		name, use, after string
		signal           syscall.Signal
		code             int
		want             []string
	}{
		{"interrupt", "one", "waiting", syscall.SIGINT, 130, []string{"interrupt: stopping the services", "stopped one", "ended the worlds"}},
		{"terminate while it starts", "slow", "process ", syscall.SIGTERM, 130, []string{"terminated: stopping the services", "stopped slow", "slow     local     -        not         0 ok   0"}},
		{"kill", "one", "waiting", syscall.SIGKILL, -1, nil},
		{"kill while it starts", "slow", "process ", syscall.SIGKILL, -1, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := startRun(t, filepath.Join(t.TempDir(), "runs"), "TestInnerWait", "SERVICE_TEST_USE="+c.use)
			r.until(c.after)
			r.cmd.Process.Signal(c.signal)
			r.ends(c.code, c.want...)
		})
	}
}

// TestTwoRuns: a run that begins and ends, and one that is killed, do not
// disturb another.
func TestTwoRuns(t *testing.T) {
	base := filepath.Join(t.TempDir(), "runs")
	first := startRun(t, base, "TestInnerWait", "SERVICE_TEST_USE=one")
	first.until("waiting")
	second := startRun(t, base, "TestInnerUse", "SERVICE_TEST_USE=one")
	second.until("1 ok ")
	third := startRun(t, base, "TestInnerWait", "SERVICE_TEST_USE=two")
	third.until("waiting")
	third.cmd.Process.Kill()
	third.until("")
	if _, err := os.Stat(first.dir); err != nil || syscall.Kill(first.pid, 0) != nil || zombie(first.pid) {
		t.Fatalf("the first lost its folder (%v) or its service", err)
	}
	first.cmd.Process.Signal(os.Interrupt)
	first.ends(130)
	third.gone()
}

func TestChoose(t *testing.T) {
	works := func(context.Context) error { return nil }
	broken := func(context.Context) error { return errors.New("no loopback") }
	for _, c := range []struct {
		choice       string
		works, ready func(context.Context) error // of containers
		local        func(context.Context) error
		want, error  string
	}{
		{"auto", works, nil, works, "containers", ""},
		{"auto", broken, nil, works, "local", ""},
		{"auto", works, broken, works, "local", ""},
		{"containers", works, broken, works, "containers", ""},
		{"local", works, nil, works, "local", ""},
		{"auto", broken, nil, broken, "", "no provider of services works here: containers: no loopback; local: no loopback"},
		{"containers", broken, nil, works, "", "no provider of services works here: containers: no loopback"},
		{"docker", works, nil, works, "", "LOOM_TESTBED=docker: that is no provider of services: use auto or containers or local"},
	} {
		p, err := choose(t.Context(), c.choice, []Provider{{Name: "containers", Works: c.works, Ready: c.ready}, {Name: "local", Works: c.local}})
		if p.Name != c.want || err != nil && err.Error() != c.error || err == nil && c.error != "" {
			t.Errorf("choose(%q) = %q, %v, want %q, %q", c.choice, p.Name, err, c.want, c.error)
		}
	}
}

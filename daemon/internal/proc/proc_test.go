package proc

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "hold" { // some memory, until stdin ends
		held := make([]byte, 64<<20)
		for i := 0; i < len(held); i += 4096 {
			held[i] = 1
		}
		os.Stdout.WriteString("ready\n")
		os.Stdin.Read(make([]byte, 1))
		runtime.KeepAlive(held)
		return
	}
	os.Exit(m.Run())
}

func TestListSeesThisProcess(t *testing.T) {
	procs, err := List()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(procs, func(p Process) bool { return p.PID == os.Getpid() })
	if i < 0 {
		t.Fatal("it does not")
	}
	p := procs[i]
	// The kernel's own word, since either may be 0: so is one whose leader is
	// outside the pid namespace that this runs in.
	session, err := unix.Getsid(0)
	if err != nil {
		t.Fatal(err)
	}
	if p.Parent != os.Getppid() || p.Start == 0 || p.Session != session || p.Group != unix.Getpgrp() || !strings.HasPrefix(p.Name, "proc.test") {
		t.Errorf("got %+v, want session %d and group %d", p, session, unix.Getpgrp())
	}
	if again, ok := Lookup(p.PID); !ok || again.Start != p.Start {
		t.Errorf("looked up: %+v", again)
	}
}

func TestEnvironOfAnother(t *testing.T) {
	cmd := exec.Command(os.Args[0], "hold")
	cmd.Env = []string{"LOOM_A=1", "LOOM_B=x=y", "XLOOM=1", "LOOM_=2"}
	hold(t, cmd)
	if got, want := Environ(cmd.Process.Pid, "LOOM_A", "LOOM_B", "LOOM"), []string{"1", "x=y", ""}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// hold starts a process and waits until it has its memory.
func hold(t *testing.T, cmd *exec.Cmd) Process {
	t.Helper()
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	out.Read(make([]byte, 8))
	p, ok := Lookup(cmd.Process.Pid)
	if !ok {
		t.Fatal("it is not seen")
	}
	return p
}

func TestMemoryOfOthers(t *testing.T) {
	a, b := hold(t, exec.Command(os.Args[0], "hold")), hold(t, exec.Command(os.Args[0], "hold"))
	sum, err := Memory([]Process{a, b, {PID: 1 << 30}})
	if err != nil || sum < 128<<20 || sum > 1<<30 { // the race detector takes its part
		t.Errorf("%d MiB, %v", sum>>20, err)
	}
	if runtime.GOOS == "linux" && (a.RSS < 64<<20 || a.RSS+b.RSS < sum) {
		t.Errorf("one has %d MiB, both together %d", a.RSS>>20, sum>>20)
	}
}

func TestOneThatEndedIsGone(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait() // not before: one that nobody waited for is gone too
	if _, ok := Lookup(cmd.Process.Pid); !ok {
		t.Fatal("it is not seen")
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, ok := Lookup(cmd.Process.Pid); !ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("it counts as running")
		}
	}
}

func TestEnvironOf(t *testing.T) {
	const env = "A=1\x00PATH=/bin\x00"
	for name, tc := range map[string]struct{ raw, want string }{
		"as macOS has it":     {"\x02\x00\x00\x00/bin/cat\x00\x00\x00\x00cat\x00-u\x00" + env, env},
		"with an empty one":   {"\x02\x00\x00\x00/bin/cat\x00cat\x00\x00" + env, env},
		"without any":         {"\x01\x00\x00\x00/bin/cat\x00cat\x00", ""},
		"cut":                 {"\x02\x00\x00\x00/bin/cat\x00cat", ""},
		"too short":           {"\x02\x00", ""},
		"with no path":        {"\x02\x00\x00\x00/bin", ""},
		"with a silly number": {"\xff\xff\xff\xff/bin/cat\x00cat\x00", ""},
		"with nothing at all": {"", ""},
	} {
		if got := environOf([]byte(tc.raw)); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// The ps of Linux prints what that of macOS does.
func TestSumKiB(t *testing.T) {
	if got := sumKiB("  1024\n 12\n"); got != 1036<<10 {
		t.Errorf("got %d", got)
	}
	ps, err := exec.LookPath("ps")
	if err != nil {
		t.Skip("there is no ps: install procps")
	}
	a := hold(t, exec.Command(os.Args[0], "hold"))
	out, err := exec.Command(ps, "-o", "rss=", "-p", fmt.Sprintf("%d,%d", os.Getpid(), a.PID)).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := sumKiB(string(out)); got < 64<<20 || got > 1<<30 {
		t.Errorf("ps printed %q, which is %d MiB", out, got>>20)
	}
}

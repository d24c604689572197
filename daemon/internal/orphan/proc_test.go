package orphan

import (
	"os"
	"os/exec"
	"slices"
	"testing"
)

func TestListSeesThisProcess(t *testing.T) {
	procs, err := list()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(procs, func(p proc) bool { return p.pid == os.Getpid() })
	if i < 0 {
		t.Fatal("it does not")
	}
	if p := procs[i]; p.ppid != os.Getppid() || p.start == 0 || p.session == 0 || p.pgid == 0 {
		t.Errorf("got %+v", p)
	}
}

func TestOneThatEndedIsGone(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p, ok := lookup(cmd.Process.Pid)
	if !ok {
		t.Fatal("it is not seen")
	}
	// It is not waited for before: a zombie counts as gone.
	if err := waitGone(t.Context(), []Process{{PID: p.pid, start: p.start}}, 10e9); err != nil || alive(p.pid) {
		t.Errorf("it counts as alive: %v", err)
	}
	cmd.Wait()
}

func TestEnvironOf(t *testing.T) {
	const env = "A=1\x00PATH=/bin\x00"
	for name, tc := range map[string]struct{ raw, want string }{
		"as macOS has it":      {"\x02\x00\x00\x00/bin/cat\x00\x00\x00\x00cat\x00-u\x00" + env, env},
		"with an empty one":    {"\x02\x00\x00\x00/bin/cat\x00cat\x00\x00" + env, env},
		"without any":          {"\x01\x00\x00\x00/bin/cat\x00cat\x00", ""},
		"cut":                  {"\x02\x00\x00\x00/bin/cat\x00cat", ""},
		"too short":            {"\x02\x00", ""},
		"with no path":         {"\x02\x00\x00\x00/bin", ""},
		"with a silly number":  {"\xff\xff\xff\xff/bin/cat\x00cat\x00", ""},
		"with nothing at all ": {"", ""},
	} {
		if got := environOf([]byte(tc.raw)); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

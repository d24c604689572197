package limit

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestPathOf(t *testing.T) {
	for membership, want := range map[string]string{
		"0::/user.slice/loomd.service\n":        "/user.slice/loomd.service",
		"9:name=systemd:/\n4:memory:/x\n0::/\n": "/",
		"0::/a:b\n":                             "/a:b",
		"9:name=systemd:/\n10::/x\n":            "",
		"":                                      "",
	} {
		if got, ok := pathOf(membership); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", membership, got, ok, want)
		}
	}
}

// A group that is not loomd's alone, or that cannot be divided, is left as it is.
func TestWhatIsNotOursIsLeftAlone(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"no cgroup v2":           {},
		"no memory controller":   {"cgroup.controllers": "pids\n", "cgroup.procs": "77\n"},
		"others are in it":       {"cgroup.controllers": "memory pids\n", "cgroup.procs": "76\n77\n"},
		"somebody else's":        {"cgroup.controllers": "memory pids\n", "cgroup.procs": "76\n"},
		"no room for loomd":      {"cgroup.controllers": "memory pids\n", "cgroup.procs": "77\n", "cgroup.subtree_control": ""},
		"one of loomd's, not so": {own + "/cgroup.controllers": "memory pids\n", "cgroup.subtree_control": "cpu\n", own + "/cgroup.procs": "77\n"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			membership := "0::/loomd.service\n"
			for file, text := range files {
				if strings.HasPrefix(file, own) {
					membership = "0::/loomd.service/" + own + "\n"
				}
				path := filepath.Join(root, "loomd.service", file)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := groupsIn(root, membership, 77); got != nil {
				t.Errorf("taken over: %+v", got)
			}
			for file, text := range files {
				if raw, _ := os.ReadFile(filepath.Join(root, "loomd.service", file)); string(raw) != text {
					t.Errorf("%s holds %q", file, raw)
				}
			}
		})
	}
}

// TestTheKernelEnforces runs where there is a cgroup v2 tree with the memory
// and pids controllers that may be divided: as root, in a virtual machine.
func TestTheKernelEnforces(t *testing.T) {
	const root = "/sys/fs/cgroup"
	if words, err := fields(filepath.Join(root, "cgroup.controllers")); err != nil || !contains(words, controllers) {
		t.Skip("there is no cgroup v2 tree with memory and pids at " + root + ": run on a machine with one, as root")
	}
	if err := write(root, "cgroup.subtree_control", "+memory +pids"); err != nil {
		t.Skipf("%s cannot be divided: run as root: %v", root, err)
	}
	dir := filepath.Join(root, "loom-test-"+strconv.Itoa(os.Getpid()))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skipf("making a group: %v", err)
	}
	t.Cleanup(func() {
		(&group{filepath.Join(dir, own)}).remove()
		(&group{dir}).remove()
	})
	// A process that finds itself alone in a group, as loomd under systemd does.
	cmd := exec.Command(os.Args[0], "play", "limiter")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	if err := write(dir, "cgroup.procs", strconv.Itoa(cmd.Process.Pid)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(in, "begin")
	lines := bufio.NewScanner(out)
	for _, want := range []string{
		"mode cgroup",
		"again cgroup", // as after loomd has replaced itself
		"small cgroup: \"\", left 0",
		"large cgroup: \"over its memory limit of 64 MiB: ended by the kernel\", left 0",
		"leaver cgroup: \"over its memory limit of 64 MiB: ended by the kernel\", left 0",
		"many: over its limit of 2 processes: 4 are running",
		"unlimited watched",
	} {
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("got %q, want %q", lines.Text(), want)
		}
	}
}

// limiter is the other side of the test above.
func limiter() {
	bufio.NewReader(os.Stdin).ReadString('\n')
	l := New()
	fmt.Println("mode", l.Mode())
	l = New()
	fmt.Println("again", l.Mode())
	for _, tc := range []struct{ name, do string }{{"small", "take 16"}, {"large", "take 128"}, {"leaver", "leave"}} {
		s, m := limited(l, Limits{Memory: 64 * mib, Processes: 8})
		fmt.Fprintln(s.in, tc.do) // the last two never say ok
		if tc.name == "small" {
			s.out.ReadString('\n')
			s.cmd.Process.Kill()
		}
		s.cmd.Wait()
		cause := m.Ended()
		left, _ := filepath.Glob(filepath.Join(l.groups.dir, servers+"*"))
		fmt.Printf("%s %s: %q, left %d\n", tc.name, m.Mode(), cause, len(left))
	}
	s, m := limited(l, Limits{Memory: 256 * mib, Processes: 2})
	fmt.Fprintln(s.in, "start 3")
	s.out.ReadString('\n')
	cause, _, _ := m.look()
	fmt.Println("many:", cause)
	s.cmd.Process.Kill()
	s.cmd.Wait()
	m.Ended()
	fmt.Println("unlimited", l.Start(os.Getpid(), Limits{Processes: 1}).Mode())
	time.Sleep(time.Minute) // until the test kills it
}

func limited(l *Limiter, limits Limits) (*server, *Limit) {
	s := &server{cmd: exec.Command(os.Args[0], "play", "server")}
	s.in, _ = s.cmd.StdinPipe()
	out, _ := s.cmd.StdoutPipe()
	s.out = bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		fmt.Println(err)
	}
	return s, l.Start(s.pid(), limits)
}

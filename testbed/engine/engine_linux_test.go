package engine

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	Enter()
	os.Exit(m.Run())
}

// try starts an engine of the test's own, with a folder that is short enough.
func try(t *testing.T) Engine {
	t.Helper()
	if os.Getenv("LOOM_E2E") == "" {
		t.Skip("starts a Docker engine: make e2e-containers")
	}
	dir, err := os.MkdirTemp("", "engine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	e := Engine{Dir: dir}
	if err := e.can(); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { e.Stop(context.Background()) })
	if err := e.Start(t.Context(), func(string) {}); err != nil {
		t.Fatal(err)
	}
	return e
}

// traces are what an engine could leave.
func traces(t *testing.T, e Engine, own subnets) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"/sys/fs/cgroup/*/" + e.name(), "/sys/class/net/" + e.name(), e.path("run"), e.path("pid"), e.path("subnets")} {
		found, _ := filepath.Glob(pattern)
		all = append(all, found...)
	}
	if other, err := freeSubnets(); err != nil || other != own {
		all = append(all, "an address in "+own.String())
	}
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		if args, _ := os.ReadFile(file); strings.Contains(string(args), e.Dir+"/") {
			all = append(all, file+": "+strings.ReplaceAll(string(args), "\x00", " "))
		}
	}
	mounts, _ := os.ReadFile("/proc/mounts")
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, e.Dir) {
			all = append(all, line)
		}
	}
	return all
}

// TestEngine: it starts once, answers, runs a container that asks for everything,
// and leaves nothing, also when it is killed.
func TestEngine(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(e Engine, pid int) error
	}{
		{"stopped", func(e Engine, pid int) error { return nil }},
		{"killed", func(e Engine, pid int) error { return syscall.Kill(pid, syscall.SIGKILL) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := try(t)
			if err := e.Start(t.Context(), func(string) { t.Error("it is started twice") }); err != nil {
				t.Errorf("the second start: %v", err)
			}
			if text, runs := e.Status(t.Context()); !runs {
				t.Error(text)
			}
			own, err := e.subnets()
			if err != nil {
				t.Fatal(err)
			}
			runContainer(t, e)
			pid, err := e.pid()
			if err == nil {
				err = c.end(e, pid)
			}
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := e.Stop(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if left := traces(t, e, own); len(left) > 0 {
				t.Errorf("left are\n%s", strings.Join(left, "\n"))
			}
			if text, runs := e.Status(t.Context()); runs {
				t.Error(text)
			}
		})
	}
}

// runContainer runs one with a network of its own: this binary, asleep.
func runContainer(t *testing.T, e Engine) {
	t.Helper()
	docker, err := exec.LookPath("docker")
	if err != nil {
		t.Skip("docker is not on PATH: apt-get install docker.io")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "sleeper")
	for _, args := range [][]string{
		{"go", "build", "-o", program, "./testdata/sleeper"},
		{"sh", "-c", "tar -C " + dir + " -c sleeper | docker import - loom.test/sleeper:1"},
		{docker, "network", "create", "own"},
		{docker, "run", "--detach", "--privileged", "--network=own", "--pull=never", "loom.test/sleeper:1", "/sleeper"},
	} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Env = append(os.Environ(), "DOCKER_HOST="+e.Host(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v: %s", args, err, out)
		}
	}
	raw, err := call(t.Context(), e.Host(), "GET", "/containers/json")
	if err != nil || !strings.Contains(string(raw), `"State":"running"`) {
		t.Fatalf("the container does not run (%v): %s", err, raw)
	}
}

// TestDies: a dockerd that ends by itself is an error with its last lines, at once.
func TestDies(t *testing.T) {
	dir := t.TempDir()
	e := Engine{Dir: dir}
	if err := os.WriteFile(e.log(), []byte("one\nno space left on device\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	close(ended)
	began := time.Now()
	err := e.answers(t.Context(), ended)
	if err == nil || !strings.HasSuffix(err.Error(), "It wrote last:\n  one\n  no space left on device") || time.Since(began) > 5*time.Second {
		t.Errorf("the error is %v after %s", err, time.Since(began))
	}
}

func TestHold(t *testing.T) {
	e := Engine{Dir: t.TempDir()}
	lock, err := e.hold()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.hold(); !errors.Is(err, errRuns) {
		t.Errorf("with the lock held: %v", err)
	}
	lock.Close()
	if text, runs := e.Status(t.Context()); runs || text != "no engine runs: make testbed-engine starts one" {
		t.Errorf("the status is %q", text)
	}
}

func TestSubnets(t *testing.T) {
	own := subnets(netip.MustParsePrefix("10.213.0.0/16"))
	if got := own.bridge().String() + " " + own.pool().String(); got != "10.213.0.1/24 10.213.128.0/17" {
		t.Errorf("they are %s", got)
	}
}

package kubernetes

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// alone is the variable that makes the test binary start a cluster in a folder and
// wait to be killed.
const alone = "LOOM_E2E_KUBERNETES_IN"

// traces are what a cluster that a process started could leave on the machine.
func traces(pid int) (all []string) {
	group := fmt.Sprintf("loom-testbed-%d-*", pid)
	for _, pattern := range []string{
		"/sys/fs/cgroup/" + group, "/sys/fs/cgroup/*/" + group, "/sys/fs/cgroup/kubepods*", "/sys/fs/cgroup/*/kubepods*",
		"/run/netns/cni-*", "/var/log/containers/*", "/var/log/pods/*", "/var/lib/kubelet/*", "/var/lib/cni/networks/loom/*",
	} {
		found, _ := filepath.Glob(pattern) // the patterns are good
		all = append(all, found...)
	}
	if _, err := net.InterfaceByName("cni0"); err == nil {
		all = append(all, "the bridge cni0")
	}
	return all
}

// below are processes with dir as their home, mounts there, and files but for logs.
func below(dir string) (all []string) {
	processes, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range processes {
		env, err := os.ReadFile(file)
		if err == nil && slices.ContainsFunc(bytes.Split(env, []byte{0}), func(v []byte) bool { return string(v) == "HOME="+dir }) {
			args, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
			all = append(all, fmt.Sprintf("process %s: %.80q", filepath.Base(filepath.Dir(file)), args))
		}
	}
	mounts, _ := os.ReadFile("/proc/mounts")
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, dir) {
			all = append(all, "mount "+strings.TrimSpace(line))
		}
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, file := range files {
		if filepath.Base(file) != "log" {
			all = append(all, file)
		}
	}
	return all
}

// nothingLeft waits until the machine is as it was.
func nothingLeft(t *testing.T, before []string, pid int, dir string) {
	t.Helper()
	var left []string
	eventuallyOr(t, func() bool {
		left = below(dir)
		for _, trace := range traces(pid) {
			if !slices.Contains(before, trace) {
				left = append(left, trace)
			}
		}
		return len(left) == 0
	}, func() string { return "this is left:\n" + strings.Join(left, "\n") })
}

// TestTwo: two clusters at once, each with pods, do not see each other, and the end
// of one is none of the other's.
func TestTwo(t *testing.T) {
	gate(t)
	before := traces(0)
	first, second := new(Cluster), new(Cluster)
	start(t, first, "first")
	start(t, second, "second")
	if !first.node {
		t.Skip(first.lacks)
	}
	for _, c := range []*Cluster{first, second} {
		if err := runPod(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	said, err := kubectl(t.Context(), second, "exec", "left", "--", "/workload", "echo", "alive")
	if err != nil || said != "alive\n" || second.Err() != nil {
		t.Errorf("after the end of the first the second says %q (%v, %v)", said, err, second.Err())
	}
	if err := second.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	nothingLeft(t, before, os.Getpid(), filepath.Join(host.Dir, "first"))
	nothingLeft(t, before, os.Getpid(), filepath.Join(host.Dir, "second"))
}

// TestCancelled: a start that is cancelled leaves nothing, whether its first process
// has just begun or most of it is there.
func TestCancelled(t *testing.T) {
	gate(t)
	for _, after := range []time.Duration{0, time.Second, 4 * time.Second} {
		t.Run(after.String(), func(t *testing.T) {
			before := traces(0)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			h := host
			h.Dir = filepath.Join(host.Dir, "cancelled-"+after.String())
			h.Owned = func(int) { time.AfterFunc(after, cancel) }
			c := new(Cluster)
			clusters.add(c)
			_, err := c.Start(ctx, h)
			switch {
			case err == nil && after > 0:
				c.Stop(t.Context()) // it was faster
			case !errors.Is(err, context.Canceled):
				t.Errorf("a start that was cancelled ends with %v", err)
			}
			nothingLeft(t, before, os.Getpid(), h.Dir)
		})
	}
}

// TestPartDies: a part that ends is told of, and by name.
func TestPartDies(t *testing.T) {
	gate(t)
	c := new(Cluster)
	start(t, c, "dies")
	dir := filepath.Join(host.Dir, "dies")
	for _, line := range below(dir) {
		var pid int
		if _, err := fmt.Sscanf(line, "process %d:", &pid); err == nil && strings.Contains(line, `kubernetes\x00etcd\x00`) {
			if p, err := os.FindProcess(pid); err == nil {
				p.Kill()
			}
		}
	}
	eventuallyOr(t, func() bool {
		return c.Err() != nil && strings.Contains(c.Err().Error(), "etcd ended: signal: killed")
	}, func() string { return "it is told that etcd has ended" })
	if !strings.Contains(c.Logs(), "etcd ended") || !strings.Contains(c.Logs(), "--- etcd.log") {
		t.Errorf("the logs do not say so:\n%s", c.Logs())
	}
}

// TestKilled: a test binary that is killed while pods run leaves nothing but logs.
func TestKilled(t *testing.T) {
	gate(t)
	before := traces(0)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(host.Dir, "killed")
	other := exec.Command(self)
	other.Env = append(os.Environ(), alone+"="+dir)
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	running := false
	var said strings.Builder
	for lines := bufio.NewScanner(out); !running && lines.Scan(); {
		fmt.Fprintln(&said, lines.Text())
		running = strings.Contains(lines.Text(), "the cluster runs")
	}
	if running && len(below(dir)) == 0 {
		t.Error("a cluster that runs has no trace: this test sees nothing")
	}
	other.Process.Kill()
	other.Wait()
	if !running {
		t.Fatalf("the cluster did not start:\n%s", said.String())
	}
	nothingLeft(t, before, other.Process.Pid, dir)
}

// standAlone is what TestKilled kills.
func standAlone(ctx context.Context) error {
	c := new(Cluster)
	if _, err := c.Start(ctx, host); err != nil {
		return err
	}
	if c.node {
		if err := runPod(ctx, c); err != nil {
			return err
		}
	}
	fmt.Println("the cluster runs")
	select {}
}

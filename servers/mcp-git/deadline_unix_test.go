//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/loom-core/loom/servers/mcp-git/internal/repotest"
)

// A git that hangs is stopped at the deadline, with what it started, and the
// client hears of it; the next call is not held up.
func TestAHangingGitIsStopped(t *testing.T) {
	r := repotest.New(t)
	r.Write("f", "x\n")
	r.Commit("one")
	real, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	pids := filepath.Join(dir, "pids")
	script := fmt.Sprintf("#!/bin/sh\ncase \"$*\" in *' blame '*) sleep 600 & echo $$ $! > '%s.new'; mv '%s.new' '%s'; wait;; esac\nexec '%s' \"$@\"\n", pids, pids, pids, real)
	if err := os.WriteFile(filepath.Join(dir, "git"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	s := testServer(t, r.Dir)
	s.Limits.Deadline = 2 * time.Second
	c := kittest.Connect(t, s)
	// The stand-in has only its own folder in PATH, as git would.
	if err := os.Symlink("/bin/sleep", filepath.Join(dir, "sleep")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/bin/mv", filepath.Join(dir, "mv")); err != nil {
		t.Fatal(err)
	}

	c.MustFail("get_blame", obj{"path": "f"}, kit.Timeout)
	text, err := os.ReadFile(pids)
	if err != nil {
		t.Fatalf("the stand-in did not run: %v", err)
	}
	for _, field := range strings.Fields(string(text)) {
		var pid int
		if _, err := fmt.Sscan(field, &pid); err != nil {
			t.Fatal(err)
		}
		// Killed is killed at once; when the kernel has cleared it away is
		// up to whoever inherits it.
		if state := processState(pid); state != "" && state != "Z" && syscall.Kill(pid, 0) == nil {
			t.Errorf("process %d is still in state %s", pid, state)
		}
	}
	c.MustText("list_commits", nil)
}

// processState is the letter of /proc, or "" when the process is gone.
func processState(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return rest[:1]
}

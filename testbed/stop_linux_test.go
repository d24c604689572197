package testbed_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/loom-core/loom/testbed"
)

// TestStoppedServer: the server with bad habits stops as SIGSTOP does, and
// answers when it is woken.
func TestStoppedServer(t *testing.T) {
	w := newWorld(t, fake)
	c := w.Direct(testbed.ClientOptions{}, "@fake", "-surface")
	pid, err := strconv.Atoi(c.MustCall("pid", "{}"))
	if err != nil || pid != c.PID() {
		t.Fatalf("the pid is %d, %v; want %d", pid, err, c.PID())
	}
	id := c.Begin("stop", "{}")
	testbed.Eventually(t, "the process is stopped", func() bool {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, rest, _ := strings.Cut(string(stat), ") ")
		return strings.HasPrefix(rest, "T")
	})
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if got := c.Answer(id).Text(); got != "awake" {
		t.Errorf("it woke with %q", got)
	}
}

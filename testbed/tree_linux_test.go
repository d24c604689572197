package testbed_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/loom-core/loom/testbed"
)

// descendants are the processes below pid, as a client finds them that ends its
// servers by walking down the tree (opencode 1.18.33, Kilo 7.7.7).
func descendants(pid int) []int {
	below := map[int][]int{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		raw, _ := os.ReadFile(file)
		fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
		if len(fields) < 2 {
			continue // ended meanwhile
		}
		child, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		parent, _ := strconv.Atoi(fields[1])
		below[parent] = append(below[parent], child)
	}
	var all []int
	for next := []int{pid}; len(next) > 0; next = next[1:] {
		all = append(all, below[next[0]]...)
		next = append(next, below[next[0]]...)
	}
	return all
}

// TestClientThatEndsItsTree: the proxy of one client started loomd, and that client
// ends all that descends from it. The others keep theirs.
func TestClientThatEndsItsTree(t *testing.T) {
	w := newWorld(t, "\nservers:\n  fake: {command: @fake, share: global}\n")
	first := w.Connect(testbed.ClientOptions{})
	server := first.MustCall("fake__pid", "{}")
	second := w.Connect(testbed.ClientOptions{})
	loomd := w.Status().PID

	testbed.Eventually(t, "what stood between the proxy and loomd has gone", func() bool {
		return len(descendants(first.PID())) == 0
	})
	first.Kill()

	if got := second.MustCall("fake__pid", "{}"); got != server || w.Status().PID != loomd {
		t.Errorf("the server was process %s and is %s, loomd was %d and is %d", server, got, loomd, w.Status().PID)
	}
}

package chaos

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/loom-core/loom/testbed"
)

// server is one entry of the registry. The four have every era, way of sharing
// and number of calls at once between them.
type server struct {
	name, era, share string
	concurrency      int
}

var servers = []server{
	{"alpha", "legacy", "global", 16},
	{"beta", "modern", "global", 16},
	{"gamma", "legacy", "workspace", 1},
	{"delta", "modern", "session", 16},
}

// processes are how many the server has when every client uses it.
func (s server) processes() int {
	switch s.share {
	case "global":
		return 1
	case "workspace":
		return len(workspaces)
	}
	return clients
}

// workspaces are the checkouts in which clients work, in turn.
var workspaces = []string{"work/one", "work/two"}

// entry is the server in the registry. habits are more arguments.
func (s server) entry(habits ...string) string {
	args := append([]string{"-surface", "-own-tasks", "-name", s.name, "-era", s.era}, habits...)
	return fmt.Sprintf("  %s: {command: %s, args: [%s], share: %s, concurrency: %d, timeout: 20s, idle_timeout: 10m, max_result_bytes: 0}\n",
		s.name, "@fake", quoteAll(args), s.share, s.concurrency)
}

func quoteAll(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strconv.Quote(w)
	}
	return strings.Join(out, ", ")
}

// writeRegistry replaces the registry in one step, so that no loomd that starts
// meanwhile reads half of it. habits are the servers' further arguments, by name.
func writeRegistry(w *testbed.World, habits map[string][]string, mistake string) {
	text := "version: 1\nservers:\n"
	for _, s := range servers {
		text += s.entry(habits[s.name]...)
	}
	file := w.Dirs.RegistryFile()
	w.WriteFile(file+".new", w.Expand(text)+mistake)
	if err := os.Rename(file+".new", file); err != nil {
		panic(fmt.Sprintf("replacing the registry: %v", err)) // the folder is the world's own
	}
}

// program is what a process of the world runs: loom, loomd or mcp-fake.
func program(p testbed.Process) string {
	name, _, _ := strings.Cut(p.Args, " ")
	return filepath.Base(name)
}

// running are the processes of a world that run a program, in order of their ids.
func running(w *testbed.World, name string) []testbed.Process {
	all := slices.DeleteFunc(w.Processes(), func(p testbed.Process) bool { return program(p) != name })
	slices.SortFunc(all, func(a, b testbed.Process) int { return a.PID - b.PID })
	return all
}

// parent is the id of a process's parent, 0 where that is not known.
func parent(pid int) int {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The state and the parent stand behind the name, which is in brackets.
	rest := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	id, _ := strconv.Atoi(rest[1])
	return id
}

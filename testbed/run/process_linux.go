package run

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// process is one that is alive. A zombie has ended.
type process struct {
	pid, group int
	start      string // tells it from another one that gets its number later
}

func (p process) String() string {
	return fmt.Sprintf("%d %s", p.pid, strings.TrimSpace(strings.ReplaceAll(string(p.read("cmdline")), "\x00", " ")))
}

// bootID is another one after each start of the machine: start times count from
// there.
var bootID = sync.OnceValue(func() string {
	raw, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // without it the times have to do
	return strings.TrimSpace(string(raw))
})

func processes() []process {
	entries, _ := os.ReadDir("/proc") // there is always one
	var all []process
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			if p, ok := look(pid); ok {
				all = append(all, p)
			}
		}
	}
	return all
}

func started(pid int) (string, bool) {
	p, ok := look(pid)
	return p.start, ok
}

func look(pid int) (process, bool) {
	p := process{pid: pid}
	stat := p.read("stat")
	// The second field is a name in parentheses, with anything in it.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return p, false
	}
	p.group, _ = strconv.Atoi(fields[2])
	p.start = bootID() + "/" + fields[19]
	return p, true
}

// read reads one of its files in /proc. One that it may not read, or that is
// gone, is empty.
func (p process) read(name string) []byte {
	raw, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.pid), name))
	return raw
}

// marked reports whether its environment says that it is of the run in dir.
func (p process) marked(dir string) bool {
	for variable := range bytes.SplitSeq(p.read("environ"), []byte{0}) {
		if within(dir, string(variable)) {
			return true
		}
	}
	return false
}

// names reports whether it has anything to do with dir.
func (p process) names(dir string) bool {
	cwd, _ := os.Readlink(filepath.Join("/proc", strconv.Itoa(p.pid), "cwd"))
	return bytes.Contains(p.read("cmdline"), []byte(dir)) || cwd == dir || strings.HasPrefix(cwd, dir+"/") || p.marked(dir)
}

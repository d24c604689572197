package orphan

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// list returns the running processes of this user. Those that end meanwhile
// are left out.
func list() ([]proc, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("reading /proc: %w", err)
	}
	var out []proc
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue // not a process
		}
		fi, err := os.Stat("/proc/" + name)
		if err != nil {
			continue
		}
		if st, ok := fi.Sys().(*syscall.Stat_t); !ok || int(st.Uid) != os.Getuid() {
			continue
		}
		if p, ok := lookup(pid); ok {
			out = append(out, p)
		}
	}
	return out, nil
}

// lookup reads one process, unless it has ended.
func lookup(pid int) (proc, bool) {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return proc{}, false
	}
	return parseStat(string(raw))
}

// parseStat reads a line of /proc/<pid>/stat, proc_pid_stat(5). The second
// field is the name of the program in brackets, which may hold anything.
func parseStat(line string) (proc, bool) {
	from, to := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if from < 0 || to < from {
		return proc{}, false
	}
	fields := strings.Fields(line[to+1:]) // from the third on
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return proc{}, false
	}
	p := proc{name: line[from+1 : to]}
	var errs [5]error
	p.pid, errs[0] = strconv.Atoi(strings.TrimSpace(line[:from]))
	p.ppid, errs[1] = strconv.Atoi(fields[1])
	p.pgid, errs[2] = strconv.Atoi(fields[2])
	p.session, errs[3] = strconv.Atoi(fields[3])
	p.start, errs[4] = strconv.ParseInt(fields[19], 10, 64) // field 22: clock ticks since boot
	for _, err := range errs {
		if err != nil {
			return proc{}, false
		}
	}
	return p, true
}

// environ reads variables of another process, as they were when its program
// began. One that hides them has none.
func environ(pid int, names ...string) []string {
	raw, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	return variables(string(raw), names...)
}

// bootID is another one after each start of the machine: start times count
// from there.
func bootID() (string, error) {
	raw, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("reading the id of this boot: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

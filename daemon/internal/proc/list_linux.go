package proc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// List returns the running processes of this user. Those that end meanwhile
// are left out.
func List() ([]Process, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	var out []Process
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue // not a process
		}
		var st syscall.Stat_t
		if syscall.Stat("/proc/"+name, &st) != nil || int(st.Uid) != os.Getuid() {
			continue
		}
		if p, ok := Lookup(pid); ok {
			out = append(out, p)
		}
	}
	return out, nil
}

// Lookup returns one process, unless it has ended.
func Lookup(pid int) (Process, bool) {
	fd, err := syscall.Open("/proc/"+strconv.Itoa(pid)+"/stat", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return Process{}, false
	}
	defer syscall.Close(fd)
	var line [1024]byte // some fifty numbers; os.ReadFile would take twice as long, and this is done for every process
	n, err := syscall.Read(fd, line[:])
	if err != nil {
		return Process{}, false
	}
	return parseStat(string(line[:n]))
}

// parseStat reads a line of /proc/<pid>/stat, proc_pid_stat(5). The second
// field is the name of the program in brackets, which may hold anything.
func parseStat(line string) (Process, bool) {
	from, to := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if from < 0 || to < from {
		return Process{}, false
	}
	fields := strings.Fields(line[to+1:]) // from the third on
	if len(fields) < 22 || fields[0] == "Z" || fields[0] == "X" {
		return Process{}, false
	}
	p := Process{Name: line[from+1 : to]}
	var errs [6]error
	p.PID, errs[0] = strconv.Atoi(strings.TrimSpace(line[:from]))
	p.Parent, errs[1] = strconv.Atoi(fields[1])
	p.Group, errs[2] = strconv.Atoi(fields[2])
	p.Session, errs[3] = strconv.Atoi(fields[3])
	p.Start, errs[4] = strconv.ParseInt(fields[19], 10, 64) // field 22: clock ticks since boot
	p.RSS, errs[5] = strconv.ParseInt(fields[21], 10, 64)   // field 24: pages
	p.RSS *= int64(os.Getpagesize())
	for _, err := range errs {
		if err != nil {
			return Process{}, false
		}
	}
	return p, true
}

// Environ reads variables of another process, as they were when its program
// began. What is not set, or hidden, is empty.
func Environ(pid int, names ...string) []string {
	raw, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	return variables(string(raw), names...)
}

// BootID is another one after each start of the machine: start times count
// from there.
func BootID() (string, error) {
	raw, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("reading the id of this boot: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

// Memory is what processes use together, in bytes: what several of them share
// counts once (the proportional set size, proc_pid_smaps(5)). What has ended
// counts nothing.
func Memory(procs []Process) (int64, error) {
	var sum int64
	for _, p := range procs {
		raw, err := os.ReadFile("/proc/" + strconv.Itoa(p.PID) + "/smaps_rollup")
		if err != nil {
			if now, ok := Lookup(p.PID); ok && now.Start == p.Start {
				sum += now.RSS // it hides the rest
			}
			continue
		}
		for line := range bytes.Lines(raw) {
			if kb, ok := bytes.CutPrefix(line, []byte("Pss:")); ok {
				n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(string(kb)), " kB"), 10, 64)
				sum += n << 10
				break
			}
		}
	}
	return sum, nil
}

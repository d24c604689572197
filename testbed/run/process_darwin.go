package run

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// process is one that is alive. A zombie has ended.
type process struct {
	pid, group int
	start      string // tells it from another one that gets its number later
	text       string // its arguments and its environment, as ps shows them of the user's own
}

func (p process) String() string {
	args, _, _ := strings.Cut(p.text, " "+Variable+"=")
	return fmt.Sprintf("%d %s", p.pid, args)
}

const zombie = 5 // SZOMB

func processes() []process {
	infos, _ := unix.SysctlKinfoProcSlice("kern.proc.all") // nobody has none
	texts := map[int]string{}
	out, _ := exec.Command("ps", "-axwwE", "-o", "pid=,command=").Output()
	for line := range strings.Lines(string(out)) {
		pid, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.Atoi(pid); err == nil {
			texts[n] = rest
		}
	}
	var all []process
	for i := range infos {
		if p, ok := read(&infos[i]); ok {
			p.text = texts[p.pid]
			all = append(all, p)
		}
	}
	return all
}

func started(pid int) (string, bool) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return "", false
	}
	p, ok := read(info)
	return p.start, ok
}

func read(info *unix.KinfoProc) (process, bool) {
	p := process{pid: int(info.Proc.P_pid), group: int(info.Eproc.Pgid)}
	p.start = strconv.FormatInt(info.Proc.P_starttime.Nano(), 10)
	return p, info.Proc.P_stat != zombie
}

// marked reports whether its environment says that it is of the run in dir.
func (p process) marked(dir string) bool {
	for word := range strings.FieldsSeq(p.text) {
		if within(dir, word) {
			return true
		}
	}
	return false
}

// names reports whether it has anything to do with dir.
func (p process) names(dir string) bool { return strings.Contains(p.text, dir) }

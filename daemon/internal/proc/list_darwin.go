package proc

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// zombie is SZOMB of sys/proc.h: ended, and not waited for.
const zombie = 5

// List returns the running processes of this user.
func List() ([]Process, error) {
	infos, err := unix.SysctlKinfoProcSlice("kern.proc.uid", os.Getuid())
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	var out []Process
	for _, info := range infos {
		if p, ok := fromInfo(&info); ok {
			out = append(out, p)
		}
	}
	return out, nil
}

// Lookup returns one process, unless it has ended.
func Lookup(pid int) (Process, bool) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return Process{}, false
	}
	return fromInfo(info)
}

func fromInfo(info *unix.KinfoProc) (Process, bool) {
	if info.Proc.P_stat == zombie || info.Proc.P_pid <= 0 {
		return Process{}, false
	}
	name, _, _ := bytes.Cut(info.Proc.P_comm[:], []byte{0})
	p := Process{
		PID: int(info.Proc.P_pid), Parent: int(info.Eproc.Ppid), Group: int(info.Eproc.Pgid),
		Start: info.Proc.P_starttime.Nano(), Name: string(name),
	}
	var err error
	p.Session, err = unix.Getsid(p.PID)
	return p, err == nil
}

// Environ reads variables of another process, as they were when its program
// began. What is not set, or hidden as programs that the system protects do, is
// empty.
func Environ(pid int, names ...string) []string {
	raw, _ := unix.SysctlRaw("kern.procargs2", pid)
	return variables(environOf(raw), names...)
}

// BootID is another one after each start of the machine.
func BootID() (string, error) {
	id, err := unix.Sysctl("kern.bootsessionuuid")
	if err != nil {
		return "", fmt.Errorf("reading the id of this boot: %w", err)
	}
	return id, nil
}

// Memory is what processes use together, in bytes; what they share counts for
// each. What has ended counts nothing.
func Memory(procs []Process) (int64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	pids := make([]string, len(procs))
	for i, p := range procs {
		pids[i] = strconv.Itoa(p.PID)
	}
	out, err := exec.CommandContext(ctx, "/bin/ps", "-o", "rss=", "-p", strings.Join(pids, ",")).Output()
	if err != nil && len(out) == 0 && ctx.Err() != nil {
		return 0, fmt.Errorf("asking ps for the memory of processes: %w", context.Cause(ctx))
	}
	return sumKiB(string(out)), nil // with status 1 some or all of them have ended
}

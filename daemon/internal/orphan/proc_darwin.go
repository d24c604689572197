package orphan

import (
	"bytes"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// zombie is SZOMB of sys/proc.h: ended, and not waited for.
const zombie = 5

// list returns the running processes of this user.
func list() ([]proc, error) {
	infos, err := unix.SysctlKinfoProcSlice("kern.proc.uid", os.Getuid())
	if err != nil {
		return nil, fmt.Errorf("asking the system for processes: %w", err)
	}
	var out []proc
	for _, info := range infos {
		if p, ok := fromInfo(&info); ok {
			out = append(out, p)
		}
	}
	return out, nil
}

// lookup reads one process, unless it has ended.
func lookup(pid int) (proc, bool) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return proc{}, false
	}
	return fromInfo(info)
}

func fromInfo(info *unix.KinfoProc) (proc, bool) {
	if info.Proc.P_stat == zombie || info.Proc.P_pid <= 0 {
		return proc{}, false
	}
	name, _, _ := bytes.Cut(info.Proc.P_comm[:], []byte{0})
	p := proc{
		pid: int(info.Proc.P_pid), ppid: int(info.Eproc.Ppid), pgid: int(info.Eproc.Pgid),
		start: info.Proc.P_starttime.Nano(), name: string(name),
	}
	var err error
	p.session, err = unix.Getsid(p.pid)
	return p, err == nil
}

// environ reads variables of another process, as they were when its program
// began. Programs that the system protects hide them.
func environ(pid int, names ...string) []string {
	raw, _ := unix.SysctlRaw("kern.procargs2", pid)
	return variables(environOf(raw), names...)
}

// bootID is another one after each start of the machine.
func bootID() (string, error) {
	id, err := unix.Sysctl("kern.bootsessionuuid")
	if err != nil {
		return "", fmt.Errorf("reading the id of this boot: %w", err)
	}
	return id, nil
}

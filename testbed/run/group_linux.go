package run

import "syscall"

// Group makes a process the leader of a group, and has the kernel kill it when we
// die without a chance to do so.
func Group() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

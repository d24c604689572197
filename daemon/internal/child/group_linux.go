package child

import "syscall"

// groupAttr makes the child the leader of a process group and has the kernel
// kill it when loomd dies without a chance to do so itself.
func groupAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

//go:build unix && !linux

package child

import "syscall"

// groupAttr makes the child the leader of a process group. There is no death
// signal here: a child of a killed loomd sees its stdin close.
func groupAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

package prelude

import "syscall"

// hide keeps other processes of the user from reading our memory, and core
// dumps from going to a program that collects them whatever the limit says.
func hide() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_DUMPABLE, 0, 0)
}

//go:build !linux

package local

import "syscall"

// group makes a process the leader of a group. When we die the warden of the run
// ends it.
func group() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

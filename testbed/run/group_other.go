//go:build !linux

package run

import "syscall"

// Group makes a process the leader of a group. When we die the warden of the run
// ends it.
func Group() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

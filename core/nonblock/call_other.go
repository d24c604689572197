//go:build !linux

package nonblock

import "syscall"

// Elsewhere system calls go through a library that has no other way in.

func read(fd uintptr, p []byte) (int, error)  { return syscall.Read(int(fd), p) }
func write(fd uintptr, p []byte) (int, error) { return syscall.Write(int(fd), p) }

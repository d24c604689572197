//go:build !linux

package cell

import "syscall"

func attributes(bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func mortal() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

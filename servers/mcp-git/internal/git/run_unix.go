//go:build unix

package git

import (
	"os/exec"
	"syscall"
)

// group puts git at the head of a process group of its own and makes the end
// of the context kill the whole of it: git starts helpers, and a helper that
// outlived its call would outlive every deadline.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

func systemEnv() []string { return nil }

package clients

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// isolated makes cmd run in a network of its own that has a loopback and nothing
// else: the programs under test call home, and are not to. Unix sockets work as
// ever. The process is this test binary first, which switches the loopback on.
func isolated(cmd *exec.Cmd) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := exec.Command("unshare", "-n", "true").Run(); err != nil {
		return fmt.Errorf("it would call home, and there is no network namespace to keep it in: run as root, with unshare of util-linux (%w)", err)
	}
	cmd.Args = append([]string{self, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = self
	cmd.Env = append(cmd.Env, isolateVariable+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Setpgid: true}
	return nil
}

// isolateMain switches the loopback on and becomes the program.
func isolateMain(args []string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return fmt.Errorf("switching the loopback on: %w", err)
	}
	if len(args) == 0 {
		return errors.New("no program")
	}
	os.Unsetenv(isolateVariable)
	return syscall.Exec(args[0], args, os.Environ())
}

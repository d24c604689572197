package engine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// variable makes a process the first one of the engine in its folder.
const variable = "LOOM_TESTBED_ENGINE"

// Enter does not return in a process that is to be the first of an engine. A
// program that starts engines calls it before all else.
func Enter() {
	dir := os.Getenv(variable)
	if dir == "" {
		return
	}
	if os.Getpid() != 1 {
		fmt.Fprintf(os.Stderr, "%s is set, and this is no process of an engine\n", variable)
		os.Exit(2)
	}
	syscall.CloseOnExec(3) // the lock, which goes with us
	if err := (Engine{Dir: dir}).first(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// first is the first process: it gives dockerd a machine on which it is alone,
// waits for whatever becomes an orphan, and ends when dockerd does. The kernel ends
// what is left.
func (e Engine) first() error {
	own, err := e.subnets()
	if err != nil {
		return err
	}
	if err := e.mounts(); err != nil {
		return err
	}
	if err := os.MkdirAll(e.path("run"), 0o700); err != nil {
		return fmt.Errorf("making the engine's folder: %w", err)
	}
	if err := os.WriteFile(e.path("run", "daemon.json"), []byte("{}\n"), 0o600); err != nil {
		return fmt.Errorf("configuring dockerd: %w", err)
	}
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGCHLD)
	cmd := exec.Command("dockerd", e.flags(own)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting dockerd: %w", err)
	}
	for s := range signals {
		if s != syscall.SIGCHLD {
			cmd.Process.Signal(syscall.SIGTERM)
			continue
		}
		for {
			var status syscall.WaitStatus
			pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
			if pid == cmd.Process.Pid {
				if status.ExitStatus() != 0 {
					return fmt.Errorf("dockerd ended with %d", status.ExitStatus())
				}
				return nil
			}
			if pid <= 0 && !errors.Is(err, syscall.EINTR) {
				break
			}
		}
	}
	return nil
}

// hidden are folders in which other engines have their sockets.
var hidden = []string{"/run/containerd", "/run/docker"}

// mounts hides other engines, and has processes numbered as they are here. Nothing
// of it is seen outside.
func (e Engine) mounts() error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_SLAVE, ""); err != nil {
		return fmt.Errorf("keeping the engine's mounts to itself: %w", err)
	}
	if err := syscall.Mount("proc", "/proc", "proc", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mounting /proc: %w", err)
	}
	for _, dir := range hidden {
		if err := os.MkdirAll(dir, 0o711); err != nil {
			return fmt.Errorf("hiding other engines: %w", err)
		}
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=711"); err != nil {
			return fmt.Errorf("hiding other engines behind %s: %w", dir, err)
		}
	}
	return nil
}

// flags are dockerd's. It writes no rules for packets: its proxies lead from
// loopback to the containers.
func (e Engine) flags(own subnets) []string {
	return []string{
		"--host=" + e.Host(), "--config-file=" + e.path("run", "daemon.json"), "--data-root=" + e.path("data"),
		"--exec-root=" + e.path("run", "exec"), "--pidfile=" + e.path("run", "dockerd.pid"),
		"--bridge=" + e.name(), "--default-address-pool=base=" + own.pool().String() + ",size=24", "--ip=127.0.0.1",
		"--iptables=false", "--ip-forward=false", "--ip-masq=false", "--userland-proxy=true",
		"--cgroup-parent=/" + e.name(), "--exec-opt=native.cgroupdriver=cgroupfs",
		"--add-runtime=loom=" + e.path("runc"), "--default-runtime=loom", "--log-level=warn",
	}
}

//go:build linux

// Command testbed-runc is runc for a root who lacks CAP_SYS_RESOURCE: it takes out
// of a container's configuration what such a root may not grant, and becomes runc.
// Where nothing is missing it is runc as it is.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"github.com/loom-core/loom/testbed/engine/narrow"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "testbed-runc: %v\n", err)
		os.Exit(1)
	}
}

func run() error {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return fmt.Errorf("looking for our capabilities: %w", err)
	}
	if narrow.Missing(string(status)) {
		if err := narrow.Apply(os.Args[1:]); err != nil {
			return err
		}
	}
	path, err := exec.LookPath("runc")
	if err != nil {
		path = "/usr/sbin/runc" // a shim has little on its PATH
	}
	return syscall.Exec(path, append([]string{"runc"}, os.Args[1:]...), os.Environ())
}

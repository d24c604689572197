package prelude

import (
	"os"
	"syscall"
	"time"
)

// harden keeps what we are about to read out of a core dump.
func harden() {
	// Without it there is still the limit that the system sets; nobody is there
	// to hear of the error.
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
	hide()
}

// watchParent ends this process, and what it started, when the one that asked
// is gone: a keyring that waits for a person would keep it for good. It also
// ends an init that hangs. A signal from the system at the parent's death is no
// way, since on Linux that fires at the end of the thread that started us.
func watchParent() {
	parent := os.Getppid()
	tick := time.NewTicker(time.Second)
	go func() { // ends with the process
		for range tick.C {
			if os.Getppid() == parent {
				continue
			}
			if syscall.Getpgrp() == os.Getpid() {
				_ = syscall.Kill(0, syscall.SIGKILL)
			}
			os.Exit(1)
		}
	}()
}

package clients

import (
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// network has a loopback and nothing else: the programs under test call home, and
// are not to. Unix sockets work as ever.
type network struct {
	do chan func() // run on a thread that is in the network
}

// newNetwork lasts until close. A network belongs to a thread, and what the thread
// opens and starts belongs to the network.
func newNetwork() (*network, error) {
	n := &network{do: make(chan func())}
	made := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine, which close ends
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			made <- fmt.Errorf("it would call home, and there is no network namespace to keep it in: run as root (%w)", err)
			return
		}
		if err := loopbackUp(); err != nil {
			made <- err
			return
		}
		made <- nil
		for f := range n.do {
			f()
		}
	}()
	return n, <-made
}

func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return fmt.Errorf("switching the loopback on: %w", err)
	}
	return nil
}

// start starts cmd in the network, in a process group of its own.
func (n *network) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	started := make(chan error)
	n.do <- func() { started <- cmd.Start() }
	return <-started
}

// listen gives a port of the network's loopback.
func (n *network) listen() (l net.Listener, err error) {
	done := make(chan struct{})
	n.do <- func() {
		defer close(done)
		l, err = net.Listen("tcp4", "127.0.0.1:0")
	}
	<-done
	return l, err
}

func (n *network) close() { close(n.do) }

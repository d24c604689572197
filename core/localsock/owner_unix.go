//go:build unix

package localsock

import (
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func setFDFlags(fd, flags int) error {
	_, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, flags)
	return err
}

func ownerOf(fi os.FileInfo) int {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}

// flock takes an exclusive lock without waiting. The descriptor is
// close-on-exec, as Go opens files, so that no child inherits the lock.
func flock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// checkPeer refuses a peer that runs as another user.
func checkPeer(conn *net.UnixConn, path string) error {
	uid, _, err := peer(conn)
	if err != nil {
		return fmt.Errorf("asking who is at %s: %w", path, err)
	}
	if uid != os.Getuid() {
		return &OwnerError{Path: path, UID: uid}
	}
	return nil
}

// PeerPID is the process at the other end of conn: of a connection that was
// dialled, the one that listened there.
func PeerPID(conn *net.UnixConn) (int, error) {
	_, pid, err := peer(conn)
	if err != nil {
		return 0, fmt.Errorf("asking which process is at %s: %w", conn.RemoteAddr(), err)
	}
	return pid, nil
}

func peer(conn *net.UnixConn) (uid, pid int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return -1, 0, err
	}
	var peerErr error
	if err := raw.Control(func(fd uintptr) { uid, pid, peerErr = peerOf(int(fd)) }); err != nil {
		return -1, 0, err
	}
	return uid, pid, peerErr
}

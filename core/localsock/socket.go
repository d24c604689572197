package localsock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// ErrNotRunning means that nobody listens on the socket.
var ErrNotRunning = errors.New("loomd is not running")

// Dial connects to the loomd that listens on path. It refuses a socket of
// another user and a peer that runs as another user. When nobody listens the
// error is [ErrNotRunning].
func Dial(ctx context.Context, path string) (*net.UnixConn, error) {
	fi, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w (no socket at %s)", ErrNotRunning, path)
	}
	if err != nil {
		return nil, fmt.Errorf("looking at socket %s: %w", path, err)
	}
	if uid := ownerOf(fi); uid != os.Getuid() {
		return nil, &OwnerError{Path: path, UID: uid}
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w (nobody answers at %s)", ErrNotRunning, path)
	}
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", path, err)
	}
	unix := conn.(*net.UnixConn)
	if err := checkPeer(unix, path); err != nil {
		unix.Close()
		return nil, err
	}
	return unix, nil
}

// InUseError is a lock that another loomd holds.
type InUseError struct{ What, Path string }

func (e *InUseError) Error() string {
	return fmt.Sprintf("another loomd already serves this %s (lock %s)", e.What, e.Path)
}

// Listener accepts connections of the same user. Close also takes the socket
// and its address file away, while the locks are still held.
type Listener struct {
	*net.UnixListener
	path, address string
	locks         []*os.File
	handed        bool // to the next image of this process
}

// Listen makes the socket at path, for the loomd of the user whose state is in
// dirs. It fails with [*InUseError] when that socket or that user is served.
func Listen(path string, dirs Dirs) (*Listener, error) {
	l := &Listener{path: path, address: dirs.address()}
	for _, lock := range []struct{ what, file string }{
		{"user", filepath.Join(dirs.State, "loomd.lock")},
		{"socket", path + ".lock"},
	} {
		if err := PrivateDir(filepath.Dir(lock.file)); err != nil {
			l.unlock()
			return nil, err
		}
		f, err := flock(lock.file)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			l.unlock()
			return nil, &InUseError{What: lock.what, Path: lock.file}
		}
		if err != nil {
			l.unlock()
			return nil, fmt.Errorf("locking %s: %w", lock.file, err)
		}
		l.locks = append(l.locks, f)
	}
	// The lock is ours, so a socket that is still there is a leftover.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.unlock()
		return nil, fmt.Errorf("removing stale socket %s: %w", path, err)
	}
	old := syscall.Umask(0o177)
	unix, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	syscall.Umask(old)
	if err != nil {
		l.unlock()
		return nil, fmt.Errorf("listening on %s: %w", path, err)
	}
	unix.SetUnlinkOnClose(false) // Close does it, under the lock
	l.UnixListener = unix
	if err := os.WriteFile(l.address, []byte(path+"\n"), 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("writing the socket's address: %w", err)
	}
	return l, nil
}

// Accept returns the next connection of the same user. Others are closed.
func (l *Listener) Accept() (*net.UnixConn, error) {
	for {
		conn, err := l.AcceptUnix()
		if err != nil {
			return nil, err
		}
		if checkPeer(conn, l.path) == nil {
			return conn, nil
		}
		conn.Close()
	}
}

// StopAccepting takes the socket away and keeps the locks: no new connection
// comes, and no other loomd starts before Close.
func (l *Listener) StopAccepting() error {
	os.Remove(l.path)
	os.Remove(l.address)
	return l.UnixListener.Close()
}

// Close stops listening and frees socket and locks. It may be called twice.
func (l *Listener) Close() error {
	if l.handed {
		return nil
	}
	var err error
	if l.UnixListener != nil {
		err = l.UnixListener.Close()
	}
	if len(l.locks) > 0 {
		os.Remove(l.path)
		os.Remove(l.address)
	}
	l.unlock()
	return err
}

func (l *Listener) unlock() {
	for _, f := range l.locks {
		f.Close() // which frees the lock; the file stays, or two could lock two files
	}
	l.locks = nil
}

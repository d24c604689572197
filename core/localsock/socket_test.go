package localsock

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func scratch(t *testing.T) Dirs {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	for _, v := range []string{"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "LOOM_SOCKET"} {
		t.Setenv(v, "")
	}
	dirs, err := UserDirs()
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}

func TestListenThenDial(t *testing.T) {
	dirs := scratch(t)
	path := filepath.Join(t.TempDir(), "run", "loomd.sock")
	l, err := Listen(path, dirs)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if fi, _ := os.Stat(path); fi.Mode().Perm() != 0o600 {
		t.Errorf("socket mode %v", fi.Mode())
	}
	if got, _ := dirs.Resolve(""); got != path {
		t.Errorf("Resolve = %s: a proxy whose client hides XDG_RUNTIME_DIR would not find %s", got, path)
	}
	conn, err := Dial(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	peer, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	for _, end := range []*net.UnixConn{conn, peer} {
		if pid, err := PeerPID(end); err != nil || pid != os.Getpid() {
			t.Errorf("PeerPID = %d, %v, want %d", pid, err, os.Getpid())
		}
	}
}

func TestOneLoomdForASocketAndForAUser(t *testing.T) {
	dirs := scratch(t)
	a, b := filepath.Join(t.TempDir(), "a.sock"), filepath.Join(t.TempDir(), "b.sock")
	os.Chmod(filepath.Dir(a), 0o700)
	os.Chmod(filepath.Dir(b), 0o700)
	l, err := Listen(a, dirs)
	if err != nil {
		t.Fatal(err)
	}
	var inUse *InUseError
	if _, err := Listen(b, dirs); !errors.As(err, &inUse) || inUse.What != "user" {
		t.Errorf("a second loomd of the same user: %v", err)
	}
	other := dirs
	other.State = t.TempDir()
	os.Chmod(other.State, 0o700)
	if _, err := Listen(a, other); !errors.As(err, &inUse) || inUse.What != "socket" {
		t.Errorf("a second loomd on the same socket: %v", err)
	}
	if _, err := os.Stat(a); err != nil {
		t.Errorf("the second loomd took the socket away: %v", err)
	}
	l.Close()
	l, err = Listen(b, dirs)
	if err != nil {
		t.Fatalf("after the first one closed: %v", err)
	}
	l.Close()
}

func TestDialSaysNotRunning(t *testing.T) {
	dirs := scratch(t)
	path := filepath.Join(t.TempDir(), "run", "loomd.sock")
	if _, err := Dial(context.Background(), path); !errors.Is(err, ErrNotRunning) {
		t.Errorf("no socket: %v", err)
	}
	l, err := Listen(path, dirs)
	if err != nil {
		t.Fatal(err)
	}
	l.UnixListener.Close() // as kill -9 leaves it
	if _, err := Dial(context.Background(), path); !errors.Is(err, ErrNotRunning) {
		t.Errorf("stale socket: %v", err)
	}
	l.unlock()
	l, err = Listen(path, dirs)
	if err != nil {
		t.Fatalf("a stale socket is in the way: %v", err)
	}
	l.Close()
}

func TestForeignFilesAreRefused(t *testing.T) {
	dirs := scratch(t)
	if os.Getuid() != 0 {
		t.Skip("needs root to give a file away: run as root to test the owner check")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "loomd.sock")
	os.WriteFile(path, nil, 0o600)
	os.Chown(path, 12345, -1)
	var owner *OwnerError
	if _, err := Dial(context.Background(), path); !errors.As(err, &owner) || owner.UID != 12345 {
		t.Errorf("socket of another user: %v", err)
	}
	os.Chown(dir, 12345, -1)
	if _, err := Listen(path, dirs); !errors.As(err, &owner) {
		t.Errorf("folder of another user: %v", err)
	}
}

func TestLongPathsAreShortened(t *testing.T) {
	dirs := scratch(t)
	long := "/" + strings.Repeat("very-long/", 20) + "loomd.sock"
	a, err := dirs.Resolve(long)
	if err != nil || len(a) > maxSocketPath {
		t.Fatalf("Resolve = %s, %v", a, err)
	}
	if b, _ := dirs.Resolve(long + "x"); a == b {
		t.Error("two long paths became one socket")
	}
}

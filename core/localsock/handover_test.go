package localsock

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The process that hands over is this test binary: it listens, says so, and
// becomes its next image when its stdin ends. That one answers connections.
func TestMain(m *testing.M) {
	switch os.Getenv("HANDOVER_TEST") {
	case "":
		os.Exit(m.Run())
	case "first":
		dirs, err := UserDirs()
		check(err)
		l, err := Listen(os.Getenv("HANDOVER_PATH"), dirs)
		check(err)
		fmt.Println("listening")
		os.Stdin.Read(make([]byte, 1))
		h, err := l.Handover()
		check(err)
		check(l.Close()) // as a loomd does that takes everything down
		fmt.Println("handed over")
		exe, err := os.Executable()
		check(err)
		if os.Getenv("HANDOVER_FAILS") != "" {
			exe = "/nowhere"
		}
		os.Setenv("HANDOVER_TEST", "second")
		err = syscall.Exec(exe, os.Args, append(os.Environ(), h.Variable))
		check(h.Cancel())
		fmt.Println(err)
	case "second":
		l, err := Inherit()
		check(err)
		// A child must not have the locks: they would outlive us.
		check(exec.Command("sh", "-c", `test -z "$LOOM_HANDOVER"`).Run())
		child := exec.Command("sleep", "60")
		check(child.Start())
		fmt.Println(child.Process.Pid)
		conn, err := l.Accept()
		check(err)
		conn.Write([]byte("second"))
		conn.Close()
		check(l.Close())
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func handing(t *testing.T, path string, env ...string) (said *bufio.Scanner, next func(), wait func() error) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(append(os.Environ(), "HANDOVER_TEST=first", "HANDOVER_PATH="+path, "GORACE=atexit_sleep_ms=0"), env...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	return bufio.NewScanner(out), func() { in.Close() }, cmd.Wait
}

// TestHandover: across an execve nobody can take socket or locks, who connects
// meanwhile is served by the next image, and no child of it keeps a lock.
func TestHandover(t *testing.T) {
	dirs := scratch(t)
	path := filepath.Join(t.TempDir(), "run", "loomd.sock")
	said, next, wait := handing(t, path)
	said.Scan()
	conn, err := Dial(context.Background(), path) // accepted by nobody before the next image
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	next()
	said.Scan()
	var inUse *InUseError
	if _, err := Listen(path, dirs); !errors.As(err, &inUse) {
		t.Errorf("during the handover: %v", err)
	}
	said.Scan()
	var child int
	if _, err := fmt.Sscan(said.Text(), &child); err != nil {
		t.Fatalf("it said %q", said.Text())
	}
	defer syscall.Kill(child, syscall.SIGKILL)
	buf := make([]byte, 16)
	if n, err := conn.Read(buf); err != nil || string(buf[:n]) != "second" {
		t.Errorf("got %q, %v", buf[:n], err)
	}
	if err := wait(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	l, err := Listen(path, dirs) // although the child lives
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

// TestHandoverCancelled: without a next image everything is free.
func TestHandoverCancelled(t *testing.T) {
	dirs := scratch(t)
	path := filepath.Join(t.TempDir(), "run", "loomd.sock")
	said, next, wait := handing(t, path, "HANDOVER_FAILS=1")
	said.Scan()
	next()
	said.Scan()
	if said.Scan(); !strings.Contains(said.Text(), "no such file") {
		t.Errorf("it said %q", said.Text())
	}
	if err := wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := Dial(context.Background(), path); !errors.Is(err, ErrNotRunning) {
		t.Errorf("Dial: %v", err)
	}
	l, err := Listen(path, dirs)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

// TestInheritNothing: a variable that is not for this process is not believed.
func TestInheritNothing(t *testing.T) {
	other, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for _, value := range []string{"", "{", fmt.Sprintf(`{"PID":%d,"Socket":0}`, os.Getpid()+1)} {
		t.Setenv(handoverVariable, value)
		if l, err := Inherit(); l != nil || err != nil {
			t.Errorf("%q: %v, %v", value, l, err)
		}
		if _, ok := os.LookupEnv(handoverVariable); ok {
			t.Errorf("%q is still set", value)
		}
	}
}

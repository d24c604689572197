package prelude

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// listen is a bus that says one thing, or nothing at all.
func listen(t *testing.T, path, says string) {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			if says == "" {
				continue
			}
			line, err := bufio.NewReader(conn).ReadString('\n')
			if want := fmt.Sprintf("\x00AUTH EXTERNAL %x\r\n", fmt.Sprint(os.Getuid())); err != nil || line != want {
				t.Errorf("it was told %q, %v, want %q", line, err, want)
			}
			_, _ = conn.Write([]byte(says))
		}
	}()
}

func TestFind(t *testing.T) {
	patience = syscall.Timeval{Usec: 100_000}
	dir := t.TempDir()
	at := func(name string) string { return "unix:path=" + filepath.Join(dir, name) }
	listen(t, filepath.Join(dir, "bus"), "OK 0123\r\n")
	listen(t, filepath.Join(dir, "silent"), "")
	listen(t, filepath.Join(dir, "refuses"), "REJECTED EXTERNAL\r\n")
	abstract := filepath.Base(dir) + fmt.Sprint(os.Getpid())
	listen(t, "@"+abstract, "OK 0123\r\n")
	for _, tc := range []struct {
		address, run, want string
		why                string
		silent             bool
	}{
		{address: at("bus"), want: at("bus")},
		{address: at("bus") + ",guid=00", want: at("bus")},
		{address: strings.ReplaceAll(at("bus"), "/", "%2f"), want: at("bus")},
		{address: "unix:abstract=" + abstract, want: "unix:abstract=" + abstract},
		{address: at("gone") + ";" + at("bus"), want: at("bus")},
		{address: "", run: dir, want: at("bus")},
		{address: "autolaunch:", run: dir, want: at("bus")},
		{address: "", run: t.TempDir(), why: "there is no session bus"},
		{address: at("gone"), why: "no such file"},
		{address: at("silent"), why: "does not answer", silent: true},
		{address: at("refuses"), why: `answers "REJECTED EXTERNAL"`},
		{address: "unixexec:path=/bin/sh", why: "cannot be used"},
		{address: "unix:", why: "the session bus at"},
	} {
		t.Setenv("XDG_RUNTIME_DIR", tc.run)
		got, bus := find(tc.address)
		if got != tc.want || bus.Silent != tc.silent || (bus.Err == nil) != (tc.why == "") || bus.Err != nil && !strings.Contains(bus.Err.Error(), tc.why) {
			t.Errorf("find(%q) = %q, %v, %v, want %q, %q", tc.address, got, bus.Err, bus.Silent, tc.want, tc.why)
		}
	}
	t.Setenv(busOff, "off")
	if got, bus := find(at("silent")); got != "" || bus.Err == nil || bus.Silent {
		t.Errorf("switched off: %q, %+v", got, bus)
	}
}

// TestBegun: this test binary was treated like loom-keyring.
func TestBegun(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit); err != nil || limit.Cur != 0 || limit.Max != 0 {
		t.Errorf("core dumps are limited to %+v, %v", limit, err)
	}
	if got, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_GET_DUMPABLE, 0, 0); errno != 0 || got != 0 {
		t.Errorf("dumpable is %d, %v", got, errno)
	}
}

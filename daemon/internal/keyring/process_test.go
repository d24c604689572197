package keyring

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	core "github.com/loom-core/loom/core/keyring"
	"github.com/loom-core/loom/core/secret"
)

// script puts a program into a folder that is first on PATH.
func script(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
}

// stuck is a password store whose pass never ends. began gives what it holds
// open once it runs: reading that ends when no process of it is left.
func stuck(t *testing.T) (env []string, began <-chan *os.File) {
	t.Helper()
	dir := t.TempDir()
	store, fifo := filepath.Join(dir, "store"), filepath.Join(dir, "fifo")
	if err := os.MkdirAll(filepath.Join(store, "loom"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".gpg-id", "loom/a.gpg"} {
		if err := os.WriteFile(filepath.Join(store, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	script(t, dir, "gpg", "exit 1\n")
	script(t, dir, "pass", "exec 3>"+fifo+"\nsleep 60 &\nwait\n")
	opened := make(chan *os.File, 1)
	go func() {
		if f, err := os.Open(fifo); err == nil { // waits for pass
			opened <- f
		}
	}()
	t.Cleanup(func() {
		if f, err := os.OpenFile(fifo, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
			f.Close() // it still waited
		}
	})
	return []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "PASSWORD_STORE_DIR=" + store}, opened
}

// ended waits until nothing is left of pass.
func ended(t *testing.T, f *os.File) {
	t.Helper()
	if _, err := io.ReadAll(f); err != nil {
		t.Error(err)
	}
	f.Close()
}

// TestDeadline: what loom-keyring started goes with it.
func TestDeadline(t *testing.T) {
	env, began := stuck(t)
	opts := options(t, env...)
	opts.Backend, opts.Timeout = core.Pass, 2*time.Second // within which pass has to begin
	_, err := core.New(opts).Get(t.Context(), "a")
	if e, ok := err.(*core.Error); !ok || e.Code != core.CodeTimeout {
		t.Errorf("got %v", err)
	}
	select {
	case f := <-began:
		ended(t, f)
	default:
		t.Errorf("pass did not begin: %v", err)
	}
}

// TestParentDies: nobody is left to kill it, so it ends itself and its own.
func TestParentDies(t *testing.T) {
	env, began := stuck(t)
	opts := options(t, env...)
	parent := exec.Command(program(t))
	parent.Env = append(opts.Env, "KEYRING_TEST=parent", "STATE="+opts.State) // the last one counts
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	f := <-began
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	ended(t, f)
}

// TestStartsNoBus: the library would start one with dbus-launch.
func TestStartsNoBus(t *testing.T) {
	dir := t.TempDir()
	trace := filepath.Join(dir, "launched")
	script(t, dir, "dbus-launch", "echo \"$@\" >>"+trace+"\n")
	for _, address := range []string{"", "DBUS_SESSION_BUS_ADDRESS=", "DBUS_SESSION_BUS_ADDRESS=autolaunch:", "DBUS_SESSION_BUS_ADDRESS=autolaunch:scope=*x", "DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere", "DBUS_SESSION_BUS_ADDRESS=nonsense"} {
		opts := options(t, "PATH="+dir+":"+os.Getenv("PATH"), address)
		probes, err := core.New(opts).Probe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range probes {
			if (p.Backend == core.SecretService || p.Backend == core.KWallet) && (p.Available || p.Why == "") {
				t.Errorf("%s: %+v", address, p)
			}
		}
		if raw, err := os.ReadFile(trace); err == nil {
			t.Fatalf("%s: it ran dbus-launch %s", address, raw)
		}
	}
}

// TestWhole is the way through client, process and file, without a bus.
func TestWhole(t *testing.T) {
	opts := options(t)
	opts.Passphrase = nil
	c := core.New(opts)
	_, err := c.Set(t.Context(), "a", secret.NewValue("c4n4ry"))
	if e, ok := err.(*core.Error); !ok || e.Code != core.CodeNoBackend {
		t.Errorf("with nothing there: %v", err)
	}
	if err := c.Unlock(t.Context(), secret.NewValue(right), true); err != nil {
		t.Fatal(err)
	}
	_, err = c.Set(t.Context(), "a", secret.NewValue("c4n4ry"))
	if e, ok := err.(*core.Error); !ok || e.Code != core.CodeLocked || !strings.Contains(e.Hint, "loom unlock") {
		t.Errorf("without a passphrase: %v", err)
	}
	if reply := ask(t, opts, `{"op":"list","dir":"`+opts.State+`/secrets"}`); reply.Error != nil || len(reply.Names) != 0 || reply.Backend != core.File {
		t.Errorf("list: %+v", reply)
	}
}

package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/core/localsock"
	"github.com/loom-core/loom/core/loomrpc"
)

// told is a log that can be waited for.
type told chan string

func (w told) Write(p []byte) (int, error) {
	w <- string(bytes.TrimSpace(p))
	return len(p), nil
}

func (w told) await(t *testing.T, text string) {
	t.Helper()
	for give := time.After(30 * time.Second); ; {
		select {
		case line := <-w:
			if strings.Contains(line, text) {
				return
			}
		case <-give:
			t.Fatalf("the log never said %q", text)
		}
	}
}

// install puts a loomd in place, as an upgrade does.
func install(t *testing.T, path, answer string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte("#!/bin/sh\n"+answer+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// TestUpgrade: loomd goes over to the binary in its place at the first newer
// proxy, and only if there is one that can go on. The call in flight is finished.
func TestUpgrade(t *testing.T) {
	opts := options(t, one)
	log := make(told, 1000)
	opts.Version, opts.Binary, opts.Logger = "v1.0.0", filepath.Join(opts.Dirs.State, "loomd"), slog.New(slog.NewTextHandler(log, nil))
	if err := os.MkdirAll(opts.Dirs.State, 0o700); err != nil {
		t.Fatal(err)
	}
	install(t, opts.Binary, "exit 1")
	a, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- a.Run(context.Background()) }()

	hello := func(version string) *loomrpc.Client {
		c, err := connect(t, opts, loomrpc.Hello{Protocol: loomrpc.Protocol, Version: version})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	control, err := connect(t, opts, loomrpc.Hello{Version: "v9.0.0", Control: true})
	if err != nil {
		t.Fatal(err)
	}
	newer := func() string {
		var s loomrpc.Status
		if err := control.Call(t.Context(), loomrpc.MethodStatus, nil, &s); err != nil {
			t.Fatal(err)
		}
		return s.Newer
	}

	// The binary is the one that runs: it is only said that a newer loom is here.
	old := hello("v1.0.0")
	if got := newer(); got != "" {
		t.Errorf("newer is %q with nobody newer", got)
	}
	hello("v1.1.0")
	eventually(t, "the status has the newer loom", func() bool { return newer() == "v1.1.0" })

	// What stands there is not newer, or the registry would not load.
	install(t, opts.Binary, "echo loomd v1.0.0")
	hello("v1.1.0")
	log.await(t, "which is not newer than v1.0.0")
	install(t, opts.Binary, "exit 1")
	hello("v1.1.0")
	log.await(t, "for its version: exit status 1")
	install(t, opts.Binary, "echo loomd v1.1.0")
	write(t, opts.RegistryFile, "nonsense: true\n")
	hello("v1.1.0")
	log.await(t, "this loomd goes on")
	write(t, opts.RegistryFile, one)

	arguments, release := held(t)
	answered := make(chan error, 1)
	go func() {
		result, err := old.Raw(context.Background(), loomrpc.MethodCall, []byte(`{"server":"fake","tool":"hang","params":{"name":"hang","arguments":`+arguments+`}}`))
		if err == nil && !strings.Contains(string(result), "hung") {
			err = errors.New(string(result))
		}
		answered <- err
	}()
	eventually(t, "the call is in flight", a.busy)
	hello("v1.1.0")
	release()
	err = <-ended
	if err := <-answered; err != nil {
		t.Errorf("the call in flight: %v", err)
	}
	var next *Succession
	if !errors.As(err, &next) || next.Path != opts.Binary || next.Handover.Variable == "" {
		t.Fatalf("Run ended with %v", err)
	}
	var inUse *localsock.InUseError
	if _, err := localsock.Listen(opts.Socket, opts.Dirs); !errors.As(err, &inUse) {
		t.Errorf("the locks: %v", err)
	}
	conn, err := localsock.Dial(t.Context(), opts.Socket) // waits for the next image
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if err := next.Handover.Cancel(); err != nil {
		t.Error(err)
	}
}

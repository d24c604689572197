package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// line is a way from clients to servers.
type line struct {
	name    string
	clients []*client
	between []int // pids of what is between clients and servers
}

// world is a scratch home with all processes of the three lines.
type world struct {
	dir, bin, self string
	processes      []*process // in the order of their start
}

func newWorld(bin string) (*world, error) {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "loom-bench-")
	if err != nil {
		return nil, err
	}
	return &world{dir: dir, bin: bin, self: self}, nil
}

// close ends everything, the last started first: clients before daemons.
func (w *world) close() {
	for i := len(w.processes) - 1; i >= 0; i-- {
		w.processes[i].stop()
	}
	os.RemoveAll(w.dir)
}

func (w *world) lines(ctx context.Context) ([]*line, error) {
	relaySocket, loomSocket := filepath.Join(w.dir, "relay.sock"), filepath.Join(w.dir, "loom.sock")
	registry := filepath.Join(w.dir, "registry.yaml")
	entry := fmt.Sprintf("version: 1\nservers:\n  fake:\n    command: %s\n    args: [%s]\n    share: global\n    concurrency: %d\n    max_result_bytes: 0\n    max_structured_bytes: 0\n", w.self, roleServer, 64)
	if err := os.WriteFile(registry, []byte(entry), 0o600); err != nil {
		return nil, err
	}
	// Not by loom proxy: a loomd that it starts outlives it, and is nobody's child.
	loomd, err := w.start("loomd", filepath.Join(w.bin, "loomd"), "--socket", loomSocket, "--registry", registry, "--metrics", "off", "--log-level", "warn")
	if err != nil {
		return nil, err
	}
	relayd, err := w.start("relay daemon", w.self, roleRelayDaemon, relaySocket)
	if err != nil {
		return nil, err
	}
	for _, socket := range []string{relaySocket, loomSocket} {
		if err := appears(ctx, socket); err != nil {
			return nil, err
		}
	}
	direct := &line{name: "direct"}
	relay := &line{name: "relay", between: []int{relayd.cmd.Process.Pid}}
	loom := &line{name: "Loom", between: []int{loomd.cmd.Process.Pid}}
	for range maxClients {
		for _, add := range []struct {
			to            *line
			process, tool string
			command       []string
		}{
			{direct, "server", "", []string{w.self, roleServer}},
			{relay, "relay proxy", "", []string{w.self, roleRelayProxy, relaySocket}},
			{loom, "loom proxy", "fake__", []string{filepath.Join(w.bin, "loom"), "proxy", "--socket", loomSocket, "--registry", registry}},
		} {
			p, err := w.start(add.process, add.command[0], add.command[1:]...)
			if err != nil {
				return nil, err
			}
			c := newClient(add.to.name, add.tool, p.stdin, p.stdout)
			if err := c.open(); err != nil {
				return nil, fmt.Errorf("opening a client (%s): %w", add.to.name, err)
			}
			add.to.clients = append(add.to.clients, c)
			if add.to != direct {
				add.to.between = append(add.to.between, p.cmd.Process.Pid)
			}
		}
	}
	return []*line{direct, relay, loom}, nil
}

// appears waits for a socket.
func appears(ctx context.Context, socket string) error {
	for limit := time.Now().Add(10 * time.Second); time.Now().Before(limit) && ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(socket); err == nil {
			return nil
		}
	}
	return fmt.Errorf("waiting for %s: not there after 10 s", filepath.Base(socket))
}

// environment is a scratch one: a loomd of the user is never touched.
func (w *world) environment() []string {
	return []string{"HOME=" + w.dir, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}
}

func (w *world) writePIDs(file string) error {
	var b strings.Builder
	for _, p := range w.processes {
		fmt.Fprintf(&b, "%d %s\n", p.cmd.Process.Pid, p.name)
	}
	return os.WriteFile(file, []byte(b.String()), 0o644)
}

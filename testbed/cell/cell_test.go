package cell_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loom-core/loom/testbed/cell"
)

// TestMain makes the test binary a cell, and a program in one, when it is told so.
func TestMain(m *testing.M) {
	switch os.Getenv("CELL_TEST") {
	case "cell":
		os.Exit(cell.Main())
	case "greet": // answers each connection with its own name
		l, err := net.Listen("tcp", "127.0.0.1:7777")
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		for {
			c, err := l.Accept()
			if err != nil {
				os.Exit(1)
			}
			said, _ := io.ReadAll(c)
			fmt.Fprintf(c, "%s, %s", os.Getenv("GREETER"), said)
			c.Close()
		}
	}
	os.Exit(m.Run())
}

func newCell(t *testing.T, o cell.Options) *cell.Cell {
	t.Helper()
	if o.Isolated && os.Geteuid() != 0 {
		t.Skip("namespaces need root")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o.Program, o.Env = self, []string{"CELL_TEST=cell"}
	c, err := cell.Start(o)
	if err != nil && o.Isolated && strings.Contains(err.Error(), "not permitted") {
		t.Skip("root may not make namespaces here:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop() })
	return c
}

// shell is a shell command as a program, and its log.
func shell(t *testing.T, command string) (cell.Spec, func() string) {
	log := filepath.Join(t.TempDir(), "log")
	return cell.Spec{Name: "shell", Args: []string{"/bin/sh", "-c", command}, Env: []string{"PATH=/bin:/usr/bin"}, Log: log},
		func() string { raw, _ := os.ReadFile(log); return string(raw) }
}

func TestRun(t *testing.T) {
	for _, isolated := range []bool{false, true} {
		for _, test := range []struct{ command, says, err string }{
			{"echo out; echo err >&2", "out\nerr\n", ""},
			{"exit 3", "", "shell ended: exit status 3"},
			{"kill -9 $$", "", "shell ended: signal: killed"},
		} {
			t.Run(fmt.Sprintf("%s isolated %v", test.command, isolated), func(t *testing.T) {
				c := newCell(t, cell.Options{Isolated: isolated})
				spec, log := shell(t, test.command)
				got := ""
				if err := c.Run(context.Background(), spec); err != nil {
					got = err.Error()
				}
				if got != test.err || log() != test.says {
					t.Errorf("%s gives %q and says %q, want %q and %q", test.command, got, log(), test.err, test.says)
				}
			})
		}
	}
}

func TestNoSuchProgram(t *testing.T) {
	c := newCell(t, cell.Options{})
	_, err := c.Go(context.Background(), cell.Spec{Name: "none", Args: []string{"/nowhere/none"}, Log: os.DevNull})
	if err == nil || !strings.Contains(err.Error(), "starting none: running /nowhere/none: no such file") {
		t.Errorf("a program that is not there gives %v", err)
	}
}

// TestEnds: whatever ends a cell, what runs in it ends too, and in an isolated one
// also a grandchild that left for a session of its own.
func TestEnds(t *testing.T) {
	for _, isolated := range []bool{false, true} {
		for name, end := range map[string]func(c *cell.Cell){
			"stop":    func(c *cell.Cell) { c.Stop() },
			"SIGTERM": func(c *cell.Cell) { syscall.Kill(c.PID(), syscall.SIGTERM) },
			"SIGKILL": func(c *cell.Cell) { syscall.Kill(c.PID(), syscall.SIGKILL) },
		} {
			t.Run(fmt.Sprintf("%s isolated %v", name, isolated), func(t *testing.T) {
				c := newCell(t, cell.Options{Isolated: isolated})
				mark := fmt.Sprintf("loom-cell-test-%d-%d", os.Getpid(), time.Now().UnixNano())
				command := "exec sleep 1000"
				if isolated {
					command = "setsid sleep 1000 & exec sleep 1000"
				}
				spec, _ := shell(t, command)
				spec.Env = append(spec.Env, "MARK="+mark)
				p, err := c.Go(context.Background(), spec)
				if err != nil {
					t.Fatal(err)
				}
				eventually(t, "it runs", func() bool { return marked(mark) > 0 })
				end(c)
				<-c.Done()
				<-p.Ended()
				if p.Err() == nil {
					t.Error("a program that was ended with its cell has no error")
				}
				eventually(t, "it ends with its cell", func() bool { return marked(mark) == 0 })
				if err := c.Run(context.Background(), spec); err == nil {
					t.Error("a cell that has ended runs a program")
				}
			})
		}
	}
}

// TestTwo: two cells use the same port and the same path, and both are reached.
func TestTwo(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"first", "second"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		c := newCell(t, cell.Options{
			Isolated: true, Listener: l.(*net.TCPListener), Forward: "127.0.0.1:7777", Address: "10.9.8.7",
			Hide: []string{"/run", "/tmp"}, Show: map[string]string{dir: dir, filepath.Dir(self): filepath.Dir(self), "/run/shown": dir},
		})
		l.Close() // the cell has it
		log := filepath.Join(dir, name)
		if _, err := c.Go(context.Background(), cell.Spec{Name: name, Args: []string{self}, Env: []string{"CELL_TEST=greet", "GREETER=" + name}, Log: log}); err != nil {
			t.Fatal(err)
		}
		eventually(t, name+" answers", func() bool { return ask(l.Addr().String()) == name+", hello" })

		spec, said := shell(t, "ls /run /run/shown; cat /proc/net/fib_trie; echo x > /run/here")
		spec.Log = filepath.Join(dir, name+".shell")
		if err := c.Run(context.Background(), spec); err != nil {
			t.Fatal(err, said())
		}
		raw, _ := os.ReadFile(spec.Log)
		if text := string(raw); strings.Contains(text, "here") || !strings.HasPrefix(text, "/run:\nshown\n\n/run/shown:\nfirst\n") || !strings.Contains(text, "10.9.8.7") {
			t.Errorf("%s sees this in /run and of addresses:\n%s", name, text)
		}
		if _, err := os.Stat("/run/here"); err == nil {
			t.Error("what is written in the cell's /run is on the machine")
		}
	}
}

// TestRemoves: a cell removes control groups, which are folders in which no file
// can be removed, and what it was told to discard.
func TestRemoves(t *testing.T) {
	empty, full := filepath.Join(t.TempDir(), "empty"), filepath.Join(t.TempDir(), "full")
	for _, dir := range []string{empty + "/a/b", empty + "/c", full + "/d"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(full+"/d/file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	if err := os.WriteFile(data+"/file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := newCell(t, cell.Options{Groups: []string{empty, full, "/nowhere/none"}, Discard: []string{data, "/nowhere/none"}})
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(empty); err == nil {
		t.Error("empty folders are still there")
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("what was to be discarded is still there")
	}
	if _, err := os.Stat(full + "/d/file"); err != nil {
		t.Error(err)
	}
}

func ask(address string) string {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return ""
	}
	defer c.Close()
	io.WriteString(c, "hello")
	c.(*net.TCPConn).CloseWrite()
	answer, _ := io.ReadAll(c)
	return string(answer)
}

// marked counts the processes that have mark in their environment.
func marked(mark string) (n int) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		if env, err := os.ReadFile(file); err == nil && strings.Contains(string(env), "MARK="+mark) {
			n++
		}
	}
	return n
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never happened that %s", what)
		}
	}
}

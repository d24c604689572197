package limit

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary is every process of these tests.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "play" {
		play(os.Args[2:])
		return
	}
	os.Exit(m.Run())
}

// play is a server that does what the lines of its stdin say: "take MIB" of
// memory, "start N" children that play too, "leave": a child leads a session of
// its own, in which a grandchild takes 64 MiB. It says "ok" after each.
func play(args []string) {
	var held [][]byte
	take := func(mib int) {
		b := make([]byte, mib<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		held = append(held, b)
	}
	switch args[0] {
	case "limiter":
		limiter()
	case "parent":
		start("grandchild").Wait()
	case "grandchild":
		take(64)
		fmt.Println("ok")
		time.Sleep(time.Minute) // far longer than a test
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		verb, arg, _ := strings.Cut(lines.Text(), " ")
		n, _ := strconv.Atoi(arg)
		switch verb {
		case "take":
			take(n)
		case "start":
			for range n {
				start("child")
			}
		case "leave":
			start("parent")
			continue // the grandchild says it
		}
		fmt.Println("ok")
	}
	runtime.KeepAlive(held)
}

func start(role string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "play", role)
	if role != "child" {
		cmd.Stdout = os.Stdout
	} else if _, err := cmd.StdinPipe(); err != nil { // it ends with its parent
		fmt.Println(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: role == "parent"}
	if err := cmd.Start(); err != nil {
		fmt.Println(err)
	}
	return cmd
}

// server is a process that plays.
type server struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.Writer
	out *bufio.Reader
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, cmd: exec.Command(os.Args[0], "play", "server")}
	s.cmd.Stderr = os.Stderr
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.out = bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-s.pid(), syscall.SIGKILL)
		s.cmd.Wait()
	})
	return s
}

func (s *server) pid() int { return s.cmd.Process.Pid }

// do makes it do something and waits until it is done.
func (s *server) do(what string) {
	s.t.Helper()
	fmt.Fprintln(s.in, what)
	if line, err := s.out.ReadString('\n'); err != nil || line != "ok\n" {
		s.t.Fatalf("%s: %q %v", what, line, err)
	}
}

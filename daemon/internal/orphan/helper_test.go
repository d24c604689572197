package orphan

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loom-core/loom/daemon/internal/proc"
)

// The test binary is every process of these tests. What it is to do is its
// first argument; see [play].
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "role:") {
		play(strings.TrimPrefix(os.Args[1], "role:"), os.Args[2:])
		return
	}
	os.Exit(m.Run())
}

// play is a process of a role: it says "name pid" on stdout when it is ready.
// A role is "name{flags}": s leads a session, g a group, n has no environment,
// i ignores SIGTERM. What follows the brackets are variables for it; what follows
// the role are the roles of its children, with "+" for each step further down.
func play(role string, others []string) {
	name, flags, _ := strings.Cut(strings.TrimSuffix(role, "}"), "{")
	if strings.Contains(flags, "i") {
		signal.Ignore(syscall.SIGTERM)
	}
	for at := 0; at < len(others); {
		end := at + 1
		for end < len(others) && strings.HasPrefix(others[end], "+") {
			end++
		}
		args := []string{"role:" + others[at]}
		for _, o := range others[at+1 : end] {
			args = append(args, o[1:])
		}
		start(others[at], args)
		at = end
	}
	fmt.Printf("%s %d\n", name, os.Getpid())
	time.Sleep(time.Minute) // far longer than a test
}

func start(role string, args []string) {
	_, rest, _ := strings.Cut(role, "{")
	flags, env, _ := strings.Cut(rest, "}")
	cmd := exec.Command(os.Args[0], args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: strings.Contains(flags, "s"), Setpgid: strings.Contains(flags, "g")}
	cmd.Env = os.Environ()
	if strings.Contains(flags, "n") {
		cmd.Env = []string{"NONE="}
	}
	if env != "" {
		cmd.Env = append(cmd.Env, strings.Split(env, ",")...)
	}
	if err := cmd.Start(); err != nil {
		fmt.Println("starting", role, err)
		os.Exit(1)
	}
}

// family starts a loomd with the children that are given, waits until all say
// that they are ready, and kills it -9. What is alive at the end of the test is killed.
func family(t *testing.T, roles ...string) (pids map[string]int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"role:loomd"}, roles...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pids = map[string]int{}
	lines := bufio.NewScanner(out)
	for len(pids) <= len(roles) && lines.Scan() {
		name, text, _ := strings.Cut(lines.Text(), " ")
		pid, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("a child says %q", lines.Text())
		}
		pids[name] = pid
	}
	started := map[string]Process{}
	for name, pid := range pids {
		p, ok := proc.Lookup(pid)
		if !ok {
			t.Fatalf("%s is not there", name)
		}
		started[name] = Process{PID: pid, start: p.Start}
	}
	t.Cleanup(func() {
		for _, p := range started {
			send([]Process{p}, killSignal)
		}
	})
	cmd.Process.Kill()
	cmd.Wait()
	delete(pids, "loomd")
	return pids
}

package run

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary is also the warden of its runs, and a run that is killed.
func TestMain(m *testing.M) {
	if os.Getenv(wardenVariable) != "" {
		Begin("", nil) // does not return
	}
	if base := os.Getenv("RUN_TEST_HOLD"); base != "" {
		hold(base)
	}
	os.Exit(m.Run())
}

// hold is a run with one process that nobody stops.
func hold(base string) {
	f, err := Begin(base, func(string) {})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	cmd := sleeper(Variable + "=" + f.Dir)
	if err := cmd.Start(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	f.Own(cmd.Process.Pid)
	fmt.Println(f.Dir, cmd.Process.Pid)
	select {}
}

// sleeper is a process in a group of its own, with nothing but that in its
// environment.
func sleeper(variables ...string) *exec.Cmd {
	cmd := exec.Command("sleep", "300")
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, variables...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// start starts it and ends it with the test, whatever the test finds.
func start(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return cmd.Process.Pid
}

func begin(t *testing.T, base string) (*Folder, *[]string) {
	t.Helper()
	var said []string
	f, err := Begin(base, func(line string) { said = append(said, line) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.close)
	return f, &said
}

// base is a place for runs; t.TempDir gives one that others may look into.
func base(t *testing.T) string { return filepath.Join(t.TempDir(), "runs") }

func isAlive(pid int) bool { _, ok := started(pid); return ok }

func there(path string) bool { _, err := os.Lstat(path); return err == nil }

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for give := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(give) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// TestEnd: what nobody stopped is ended with the run, and said.
func TestEnd(t *testing.T) {
	f, _ := begin(t, base(t))
	pid := start(t, sleeper(Variable+"="+filepath.Join(f.Dir, "loki")))
	err := f.End()
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%d sleep 300", pid)) {
		t.Errorf("a process was left, and End says %v", err)
	}
	if isAlive(pid) || there(f.Dir) {
		t.Errorf("at the end the process is alive (%v) or the folder is there (%v)", isAlive(pid), there(f.Dir))
	}
}

func TestEndOfNothing(t *testing.T) {
	f, said := begin(t, base(t))
	if err := f.End(); err != nil || there(f.Dir) || len(*said) > 0 {
		t.Errorf("End gives %v, said %q", err, *said)
	}
}

// TestKilled: after kill -9 of a run nothing is left, without another run.
func TestKilled(t *testing.T) {
	place := base(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "RUN_TEST_HOLD="+place)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, cmd)
	line, _ := bufio.NewReader(out).ReadString('\n')
	var dir string
	var pid int
	if _, err := fmt.Sscan(line, &dir, &pid); err != nil || !isAlive(pid) || !there(dir) {
		t.Fatalf("the run said %q (%v)", line, err)
	}

	other, said := begin(t, place)
	if len(*said) > 0 || !isAlive(pid) || !there(dir) {
		t.Fatalf("a second run disturbed the first: %q", *said)
	}
	cmd.Process.Kill()
	eventually(t, "the process of the killed run ends", func() bool { return !isAlive(pid) })
	eventually(t, "the folder of the killed run goes", func() bool { return !there(dir) })
	if !there(other.Dir) {
		t.Error("the folder of the live run went with it")
	}
}

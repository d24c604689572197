package fault_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/fault"
)

// TestFullDisk: not a byte fits until there is room again.
func TestFullDisk(t *testing.T) {
	d := fault.FullDisk(t, 1<<20)
	file := filepath.Join(d.Dir, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a byte on a full disk: %v", err)
	}
	d.Free()
	if err := os.WriteFile(file, make([]byte, 1<<19), 0o600); err != nil {
		t.Errorf("half of it: %v", err)
	}
	d.Fill(8 << 10)
	if err := os.WriteFile(filepath.Join(d.Dir, "small"), make([]byte, 8<<10), 0o600); err != nil {
		t.Errorf("8 KiB that were left: %v", err)
	}
	if err := os.WriteFile(filepath.Join(d.Dir, "more"), []byte("x"), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a byte more: %v", err)
	}
}

// TestSmallDisk: it is there for one test, over a folder whose files come back.
func TestSmallDisk(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("below"), 0o600); err != nil {
		t.Fatal(err)
	}
	var held *os.File // by a process that lives longer than the disk
	t.Run("a test", func(t *testing.T) {
		fault.SmallDisk(t, dir, 1<<20)
		if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("on an empty disk: %v", err)
		}
		var err error
		if held, err = os.Create(file); err != nil {
			t.Fatal(err)
		}
	})
	defer held.Close()
	if text, err := os.ReadFile(file); string(text) != "below" {
		t.Errorf("after the test: %q, %v", text, err)
	}
}

// TestDiskOfAKilledTest: kill -9 of a test takes its disk away too.
func TestDiskOfAKilledTest(t *testing.T) {
	if os.Getenv("FAULT_DISK") != "" {
		fmt.Println(fault.FullDisk(t, 1<<20).Dir)
		select {}
	}
	fault.FullDisk(t, 1<<20) // or skip
	cmd := exec.Command(os.Args[0], "-test.run=^TestDiskOfAKilledTest$")
	cmd.Env = append(os.Environ(), "FAULT_DISK=1")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	dir := strings.TrimSpace(line)
	if err != nil || !mounted(t, dir) {
		t.Errorf("%q is not mounted, %v", dir, err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	testbed.Eventually(t, "the disk has gone, and its folder", func() bool {
		_, err := os.Stat(dir)
		return !mounted(t, dir) && errors.Is(err, os.ErrNotExist)
	})
}

func mounted(t *testing.T, dir string) bool {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(mounts), " "+dir+" tmpfs ")
}

package service

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestFullDisk: a run whose disk is full says so, and leaves nothing.
func TestFullDisk(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64k,mode=700"); err != nil {
		t.Skipf("needs the right to mount, as root has: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	base := filepath.Join(disk, "runs")
	if err := os.Mkdir(base, 0o700); err != nil {
		t.Fatal(err)
	}
	r := startRun(t, base, "TestInnerFull")
	r.ends(1, "the run fails: ", "no space left on device", "what to do: the disk is full")
}

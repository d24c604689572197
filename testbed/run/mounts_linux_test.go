package run

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestSweepMounts: mounts of a dead run are undone, also one in another.
func TestSweepMounts(t *testing.T) {
	place, dir := dead(t)
	outer := filepath.Join(dir, "a mount")
	inner := filepath.Join(outer, "inner")
	for _, point := range []string{outer, inner} {
		if err := os.Mkdir(point, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mount("tmpfs", point, "tmpfs", 0, "size=64k"); err != nil {
			t.Skipf("needs the right to mount, as root has: %v", err)
		}
		t.Cleanup(func() { syscall.Unmount(point, syscall.MNT_DETACH) })
	}
	if begin(t, place); there(dir) {
		t.Error("the folder is there")
	}
}

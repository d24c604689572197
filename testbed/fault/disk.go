package fault

import (
	"os"
	"path/filepath"

	"github.com/loom-core/loom/testbed"
)

// TB is a test that can be skipped, as [*testing.T] can.
type TB interface {
	testbed.T
	Skipf(format string, args ...any)
}

// Disk is a small disk of its own, in memory, which a test fills and empties.
// Where none can be had the test is skipped.
type Disk struct {
	Dir string

	t TB
}

// FullDisk is a disk of that size in a folder of its own, without a byte left.
func FullDisk(t TB, size int64) *Disk {
	t.Helper()
	dir, err := os.MkdirTemp("", "loom-disk-")
	if err != nil {
		t.Fatalf("making a folder for a disk: %v", err)
	}
	t.Cleanup(func() { // after the disk has gone
		if err := os.Remove(dir); err != nil {
			t.Errorf("removing the folder of a disk: %v", err)
		}
	})
	d := SmallDisk(t, dir, size)
	d.Fill(0)
	return d
}

// SmallDisk lays an empty disk of that size over a folder that is there, such as
// the state directory of a world. Processes that have it open at the end do not
// matter.
func SmallDisk(t TB, dir string, size int64) *Disk {
	t.Helper()
	mount(t, dir, size)
	return &Disk{Dir: dir, t: t}
}

// Fill writes until so many bytes are left, at most: a disk is given out in
// pages.
func (d *Disk) Fill(left int64) {
	d.t.Helper()
	f, err := os.OpenFile(d.filler(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		d.t.Fatalf("filling a disk: %v", err)
	}
	defer f.Close()
	for size := 64 << 10; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	if left == 0 {
		return
	}
	info, err := f.Stat()
	if err == nil {
		err = f.Truncate(max(info.Size()-left, 0))
	}
	if err != nil {
		d.t.Fatalf("leaving %d bytes of a disk: %v", left, err)
	}
}

// Free makes room again: all that Fill took.
func (d *Disk) Free() {
	d.t.Helper()
	if err := os.Remove(d.filler()); err != nil {
		d.t.Fatalf("emptying a disk: %v", err)
	}
}

func (d *Disk) filler() string { return filepath.Join(d.Dir, "filler") }

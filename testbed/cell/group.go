package cell

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// RemoveGroup removes a control group and those below it. Its processes must have
// ended; the kernel needs some milliseconds more to let go of the group. A group
// that is not there is no error.
func RemoveGroup(dir string) error {
	for end := time.Now().Add(grace); ; time.Sleep(10 * time.Millisecond) {
		err := removeFolders(dir)
		if err == nil || !errors.Is(err, syscall.EBUSY) || time.Now().After(end) {
			return err
		}
	}
}

// removeFolders removes a tree of folders. The files in a control group cannot be
// removed and go with it; any other file makes it fail.
func removeFolders(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeFolders(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	if err := syscall.Rmdir(dir); err != nil && err != syscall.ENOENT {
		return &fs.PathError{Op: "rmdir", Path: dir, Err: err}
	}
	return nil
}

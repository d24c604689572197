package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// removeGroups removes the control groups of that name, with those in them.
func removeGroups(name string) error {
	var all []string
	for _, pattern := range []string{"/sys/fs/cgroup/" + name, "/sys/fs/cgroup/*/" + name} {
		found, _ := filepath.Glob(pattern) // the patterns are good
		for _, root := range found {
			filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
				if err == nil && d.IsDir() {
					all = append(all, path)
				}
				return nil
			})
		}
	}
	var errs []error
	for _, dir := range slices.Backward(all) { // the inner ones first
		if err := removeGroup(dir); err != nil {
			errs = append(errs, fmt.Errorf("removing a control group: %w", err))
		}
	}
	return errors.Join(errs...)
}

// removeGroup waits for processes in it that are ending.
func removeGroup(dir string) error {
	for give := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		err := syscall.Rmdir(dir)
		if err == nil || errors.Is(err, syscall.ENOENT) {
			return nil
		}
		if !errors.Is(err, syscall.EBUSY) || time.Now().After(give) {
			return &os.PathError{Op: "rmdir", Path: dir, Err: err}
		}
	}
}

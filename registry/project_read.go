package registry

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// projectFile is where a project has its registry, below its folder.
const projectFile = ".loom/registry.yaml"

// ReadProject reads the file of the project in dir. Whoever may write to a
// folder may have put anything there: what is no file, what lies outside of the
// folder, what is over [MaxSize] and what another user owns is refused, and
// nothing is waited for. The error wraps [fs.ErrNotExist] if there is none.
func ReadProject(dir string) ([]byte, error) {
	fail := func(err error) ([]byte, error) {
		if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
			err = pathErr.Err // it names the file below the folder, which is named here
		}
		return nil, fmt.Errorf("reading %s: %w", ProjectFile(dir), err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fail(err)
	}
	defer root.Close()
	// A FIFO that nobody writes to would hold up whoever opens it.
	f, err := root.OpenFile(projectFile, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return fail(err)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return fail(err)
	}
	owner, ok := fi.Sys().(*syscall.Stat_t)
	switch {
	case !fi.Mode().IsRegular():
		return fail(errors.New("it is no regular file"))
	case !ok || owner.Uid != 0 && int(owner.Uid) != os.Getuid():
		return fail(errors.New("it belongs to another user"))
	case fi.Size() > MaxSize:
		return fail(fmt.Errorf("it is over %d bytes", MaxSize))
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return fail(err)
	}
	if len(data) > MaxSize {
		return fail(fmt.Errorf("it is over %d bytes", MaxSize))
	}
	return data, nil
}

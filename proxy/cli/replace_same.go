package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// errElsewhere is a file that somebody else wrote meanwhile.
var errElsewhere = errors.New("the file was changed by somebody else meanwhile; nothing was written")

// replaceIfSame puts after in place of before, unless the file holds something else
// by now: two commands at once lose nothing. An editor takes no part in the lock, so
// against that there is the comparison alone.
func replaceIfSame(path string, before, after []byte) error {
	unlock, err := lockFolder(path)
	if err != nil {
		return err
	}
	defer unlock()
	now, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if !bytes.Equal(now, before) {
		return withHint(errElsewhere, "run the command again")
	}
	return replaceFile(path, after)
}

// lockFolder keeps other commands out of the folder in which a file is replaced, for
// as long as that takes. The lock is on the folder itself: one on the file would go
// with it, and one beside it would lie about in people's dotfiles.
func lockFolder(path string) (unlock func(), err error) {
	if path, err = followLinks(path); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(dir.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	// Some network file systems lock no folders; there the comparison has to do.
	if err != nil && !errors.Is(err, syscall.EBADF) && !errors.Is(err, syscall.ENOLCK) && !errors.Is(err, syscall.ENOTSUP) && !errors.Is(err, syscall.EINVAL) {
		dir.Close()
		return nil, fmt.Errorf("locking %s: %w", filepath.Dir(path), err)
	}
	return func() { dir.Close() }, nil // which ends the lock
}

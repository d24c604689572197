package registry

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// readFile reads a regular file. What is none is refused before it is read: a
// FIFO would hang, a terminal, too. It stops one byte after the largest size,
// which [Parse] refuses. Where owner is given, nobody else may be able to write
// the file or put another one in its place.
func readFile(path string, owner *int) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is %s, and not a file", path, kindOf(fi.Mode()))
	}
	if owner != nil {
		if err := checkOwned(path, fi, *owner); err != nil {
			return nil, err
		}
		if err := checkOwner(filepath.Dir(path), *owner); err != nil {
			return nil, err
		}
	}
	return io.ReadAll(io.LimitReader(f, MaxSize+1))
}

func kindOf(m os.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&os.ModeNamedPipe != 0:
		return "a FIFO"
	case m&os.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

func checkOwner(path string, owner int) error {
	fi, err := os.Stat(path)
	if err != nil {
		return err
	}
	return checkOwned(path, fi, owner)
}

func checkOwned(path string, fi os.FileInfo, owner int) error {
	st, ok := fi.Sys().(*syscall.Stat_t)
	who := "root"
	if owner != 0 {
		who = fmt.Sprintf("user %d", owner)
	}
	if !ok || int(st.Uid) != owner {
		return fmt.Errorf("%s must belong to %s, and does not: sudo chown %d %[1]s", path, who, owner)
	}
	if fi.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s can be written by others than %s: sudo chmod go-w %[1]s", path, who)
	}
	return nil
}

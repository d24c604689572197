package clientsync

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/loom-core/loom/proxy/internal/configfile"
)

// ErrChanged is a file that somebody wrote between the plan and its application.
// Nothing of ours was written.
var ErrChanged = errors.New("the file was changed at the same moment")

// onDisk is a file as it was read.
type onDisk struct {
	path string // as the client knows it
	real string // behind symbolic links
	data []byte
	mode fs.FileMode
	gone bool // there is no such file
}

// read reads a client's file through symbolic links: many keep theirs in a folder
// of dotfiles. A link that leads nowhere is an error, since nobody can say what it
// is to become.
func read(path string) (onDisk, error) {
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(path); err == nil {
			return onDisk{}, fmt.Errorf("reading %s: it is a symbolic link to a file that is not there", path)
		}
		return onDisk{path: path, real: path, mode: 0o600, gone: true}, nil
	}
	if err != nil {
		return onDisk{}, fmt.Errorf("reading %s: %w", path, err)
	}
	info, err := os.Stat(real) // before it is opened: a FIFO would wait for a writer
	if err != nil {
		return onDisk{}, fmt.Errorf("reading %s: %w", path, err)
	}
	if !info.Mode().IsRegular() {
		return onDisk{}, fmt.Errorf("reading %s: it is no regular file", path)
	}
	f, err := os.Open(real)
	if err != nil {
		return onDisk{}, fmt.Errorf("reading %s: %w", path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, configfile.MaxSize+1))
	if err != nil {
		return onDisk{}, fmt.Errorf("reading %s: %w", path, err)
	}
	return onDisk{path: path, real: real, data: data, mode: info.Mode().Perm()}, nil
}

// Read reads a client's file as a plan does. ok is false when there is none.
func Read(path string) (data []byte, ok bool, err error) {
	f, err := read(path)
	return f.data, err == nil && !f.gone, err
}

// disk is how files are written; tests make it fail.
type disk struct {
	write  func(f *os.File, data []byte) error
	sync   func(f *os.File) error
	swap   func(new, old string) error // exchanges two files; errors.ErrUnsupported where that cannot be done
	rename func(from, to string) error
}

func realDisk() disk {
	return disk{
		write:  func(f *os.File, data []byte) error { _, err := f.Write(data); return err },
		sync:   (*os.File).Sync,
		swap:   exchange,
		rename: os.Rename,
	}
}

// replace writes data in place of what was read. At every moment the path has the
// old file or the new one. The error is [ErrChanged] when the file is no longer
// what was read.
func (d disk) replace(was onDisk, data []byte) (err error) {
	dir := filepath.Dir(was.real)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("writing %s: %w", was.path, err)
	}
	tmp, err := os.CreateTemp(dir, ".loom-*.tmp")
	if err != nil {
		return fmt.Errorf("writing %s: %w", was.path, err)
	}
	defer os.Remove(tmp.Name())
	err = d.write(tmp, data)
	err = errors.Join(err, tmp.Chmod(was.mode), d.sync(tmp), tmp.Close())
	if err != nil {
		return fmt.Errorf("writing %s: %w", was.path, err)
	}
	if was.gone {
		// A link and not a rename: it fails when the file is there by now.
		if err := os.Link(tmp.Name(), was.real); errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("writing %s: %w", was.path, ErrChanged)
		} else if err != nil {
			return fmt.Errorf("writing %s: %w", was.path, err)
		}
		return nil
	}
	if now, err := read(was.path); err != nil || now.real != was.real || !bytes.Equal(now.data, was.data) {
		return errors.Join(err, fmt.Errorf("writing %s: %w", was.path, ErrChanged))
	}
	switch err := d.swap(tmp.Name(), was.real); {
	case errors.Is(err, errors.ErrUnsupported): // between the look above and this somebody could write
		if err := d.rename(tmp.Name(), was.real); err != nil {
			return fmt.Errorf("writing %s: %w", was.path, err)
		}
		return nil
	case err != nil:
		return fmt.Errorf("writing %s: %w", was.path, err)
	}
	if old, err := os.ReadFile(tmp.Name()); err != nil || !bytes.Equal(old, was.data) {
		back := d.swap(tmp.Name(), was.real)
		return errors.Join(err, back, fmt.Errorf("writing %s: %w", was.path, ErrChanged))
	}
	return nil
}

// remove takes away a file that holds data.
func remove(was onDisk) error {
	if now, err := read(was.path); err != nil || !bytes.Equal(now.data, was.data) {
		return errors.Join(err, fmt.Errorf("removing %s: %w", was.path, ErrChanged))
	}
	if err := os.Remove(was.real); err != nil {
		return fmt.Errorf("removing %s: %w", was.path, err)
	}
	return nil
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

package keyring

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// write has the library write in a folder beside, and renames: on its own it
// would empty the old file first, and then the disk may be full.
func (r *fileRing) write(name string, value []byte) error {
	// One process writes at a time (the lock is core/keyring's), so what is there
	// is of one that was killed.
	old, err := filepath.Glob(filepath.Join(r.dir, ".new-*"))
	for _, dir := range old {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	if err != nil {
		return err
	}
	beside, err := os.MkdirTemp(r.dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(beside)
	store, err := r.in(beside)
	if err != nil {
		return err
	}
	if err := store.set(name, value); err != nil {
		return err
	}
	if err := flush(filepath.Join(beside, name)); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(beside, name), filepath.Join(r.dir, name)); err != nil {
		return err
	}
	return flush(r.dir)
}

// flush has what was written reach the disk.
func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// sealed reports whether a file has the form of an encrypted one, so that a
// damaged one is not taken for a wrong passphrase.
func sealed(path string) (bool, error) {
	raw, err := os.ReadFile(path)
	parts := strings.Split(string(raw), ".")
	if len(parts) != 5 {
		return false, err
	}
	for _, part := range parts {
		if part == "" {
			return false, err
		}
	}
	return true, err
}

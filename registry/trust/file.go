package trust

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// version is that of the format.
const version = 1

// maxSize bounds the file: a project's registry is at most a MiB, and mostly a
// thousandth of it.
const maxSize = 64 << 20

// document is the file.
type document struct {
	Version  int              `json:"version"`
	Projects map[string]Entry `json:"projects"`
}

// Path is the file, in the folder of Loom's state.
func Path(stateDir string) string { return filepath.Join(stateDir, FileName) }

// Load reads the file at path. One that is missing trusts nothing; one that is
// broken is an error, and its reader must then trust nothing.
func Load(path string) (*Store, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &Store{path: path}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading trusted projects: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading trusted projects: %w", err)
	}
	s, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("reading trusted projects: %s: %w; remove the file, then loom trust DIR for each project", path, err)
	}
	s.path = path
	return s, nil
}

func parse(data []byte) (*Store, error) {
	if len(data) > maxSize {
		return nil, fmt.Errorf("the file is over %d bytes", maxSize)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var doc document
	if err := dec.Decode(&doc); err != nil {
		return nil, err
	}
	if dec.More() {
		return nil, errors.New("something follows the end")
	}
	if doc.Version != version {
		return nil, fmt.Errorf("version must be %d", version)
	}
	for dir := range doc.Projects {
		if !filepath.IsAbs(dir) || filepath.Clean(dir) != dir {
			return nil, fmt.Errorf("%q is no folder", dir)
		}
	}
	return &Store{entries: doc.Projects}, nil
}

// Update changes the file at path, alone: of two changes at the same time
// neither is lost, as one that takes trust back must not be. An error of change
// leaves the file as it is.
func Update(path string, change func(*Store) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("writing trusted projects: %w", err)
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("writing trusted projects: %w", err)
	}
	defer lock.Close() // and with it goes the lock; whoever has it reads and writes a small file
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("locking %s: %w", lock.Name(), err)
	}
	s, err := Load(path)
	if err != nil {
		return err
	}
	if err := change(s); err != nil {
		return err
	}
	return s.Save()
}

// Save writes the file that was loaded, for the user alone to read. It holds
// the old or the new state at every moment.
func (s *Store) Save() error {
	data, err := json.MarshalIndent(document{version, s.entries}, "", "  ")
	if err == nil {
		err = replace(s.path, append(data, '\n'))
	}
	if err != nil {
		return fmt.Errorf("writing trusted projects: %w", err)
	}
	return nil
}

func replace(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".loom-*.new") // 0600
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}

package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/loom-core/loom/core/secret"
)

// Files are the secrets that servers read from a file. Each process has a folder
// of its own (0700), so that no two servers ever share a file, and it is removed
// with the process.
type Files struct{ root string }

// OpenFiles uses the folder root, which is loomd's alone, and removes what a
// killed loomd left in it. It is made when it is needed.
func OpenFiles(root string) (*Files, error) {
	if err := os.RemoveAll(root); err != nil {
		return nil, fmt.Errorf("removing the secrets that an earlier loomd left: %w", err)
	}
	return &Files{root: root}, nil
}

// Close removes all of them.
func (f *Files) Close() error { return os.RemoveAll(f.root) }

// Folder are the files of one process.
type Folder struct {
	files *Files
	dir   string            // empty: not made yet
	paths map[string]string // by the name of the secret
}

// Folder begins the files of a process. Nothing is on disk before the first.
func (f *Files) Folder() *Folder { return &Folder{files: f, paths: map[string]string{}} }

// Put writes a secret and returns the path of its file.
func (f *Folder) Put(name string, value secret.Value) (string, error) {
	if path, ok := f.paths[name]; ok { // in two variables
		return path, nil
	}
	if f.dir == "" {
		if err := os.MkdirAll(f.files.root, 0o700); err != nil {
			return "", fmt.Errorf("making a folder for secrets: %w", err)
		}
		dir, err := os.MkdirTemp(f.files.root, "") // 0700
		if err != nil {
			return "", fmt.Errorf("making a folder for secrets: %w", err)
		}
		f.dir = dir
	}
	// A name has no slash and begins with no dot.
	file, err := os.OpenFile(filepath.Join(f.dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) { // where a and A are one file
		file, err = os.CreateTemp(f.dir, name+"-") // 0600
	}
	if err != nil {
		return "", fmt.Errorf("writing the file of secret %s: %w", name, err)
	}
	_, err = file.WriteString(value.Reveal())
	if err = errors.Join(err, file.Close()); err != nil {
		return "", fmt.Errorf("writing the file of secret %s: %w", name, err)
	}
	f.paths[name] = file.Name()
	return file.Name(), nil
}

// Remove removes the files. It may be called twice.
func (f *Folder) Remove() error {
	if f.dir == "" {
		return nil
	}
	return os.RemoveAll(f.dir)
}

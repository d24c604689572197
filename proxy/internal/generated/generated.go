// Package generated keeps the files that `loom generate configs` makes: for each
// profile and client the entries as they would stand in the client's own file, and
// nothing else. They can be read, compared and kept in git; `loom sync` writes
// nothing into a client's file that does not stand here first.
package generated

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Dir is the folder that they are in: beside the registry where that is in a git
// checkout, else among what Loom keeps for itself. A registry that is a symbolic
// link is where the link leads.
func Dir(registry, state string) string {
	if real, err := filepath.EvalSymlinks(registry); err == nil {
		registry = real
	}
	beside := filepath.Dir(registry)
	for dir := beside; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil { // a file, in a worktree
			return filepath.Join(beside, Name)
		}
		if dir == filepath.Dir(dir) {
			return filepath.Join(state, Name)
		}
	}
}

// Name is that of the folder.
const Name = "generated"

// configs is the part of it that has the clients' files.
const configs = "mcp"

// Configs is the folder in dir that has the clients' files.
func Configs(dir string) string { return filepath.Join(dir, configs) }

// Path is the file of a profile and a client.
func Path(dir, profile, client, name string) string {
	return filepath.Join(Configs(dir), profile, client, name)
}

// Read is the text of a file. ok is false when there is none.
func Read(path string) (text []byte, ok bool, err error) {
	text, err = os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading what was generated: %w", err)
	}
	return text, true, nil
}

// Write writes a file that differs, for the user alone. An end in between leaves
// the old one.
func Write(path string, text []byte) (changed bool, err error) {
	if was, ok, err := Read(path); err != nil || ok && bytes.Equal(was, text) {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return false, fmt.Errorf("generating: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".loom-*.tmp") // 0600
	if err != nil {
		return false, fmt.Errorf("generating: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(text)
	if err := errors.Join(err, tmp.Close()); err != nil {
		return false, fmt.Errorf("generating %s: %w", path, err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return false, fmt.Errorf("generating: %w", err)
	}
	return true, nil
}

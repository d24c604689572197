// Package allow says which folders may be read. Every path is judged by where
// it leads after all symbolic links, never by how it is spelled.
package allow

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Dirs are the allowed directories, absolute and without symbolic links. The
// zero value allows nothing.
type Dirs []string

// New resolves dirs. A directory that does not exist is an error: an operator
// who mistyped one should hear of it at the start.
func New(dirs ...string) (Dirs, error) {
	out := make(Dirs, 0, len(dirs))
	for _, dir := range dirs {
		real, err := resolve(dir)
		if err != nil {
			return nil, fmt.Errorf("resolving the allowed directory %s: %w", dir, err)
		}
		out = append(out, real)
	}
	return out, nil
}

// Outside is returned for a path that leads out of the allowed directories.
type Outside struct {
	Path string // as it was asked for
	Real string // where it leads
}

func (e *Outside) Error() string {
	if e.Real == e.Path {
		return e.Path + " is outside the allowed directories"
	}
	return fmt.Sprintf("%s leads to %s, outside the allowed directories", e.Path, e.Real)
}

// Resolve returns where path leads. It fails with an [*Outside] when that is
// not in d, and with the error of the file system when path does not exist.
func (d Dirs) Resolve(path string) (string, error) {
	real, err := resolve(path)
	if err != nil {
		// Whether a file exists outside is nobody's business either.
		if abs, absErr := filepath.Abs(path); absErr == nil && !d.spells(abs) {
			return "", &Outside{Path: path, Real: path}
		}
		return "", err
	}
	if !d.Contains(real) {
		return "", &Outside{Path: path, Real: real}
	}
	return real, nil
}

// Contains says whether real, which has no symbolic links, is in d.
func (d Dirs) Contains(real string) bool {
	for _, dir := range d {
		if Within(dir, real) {
			return true
		}
	}
	return false
}

// spells is Contains for a path that cannot be resolved: its nearest parent
// that exists is judged.
func (d Dirs) spells(abs string) bool {
	for {
		if real, err := filepath.EvalSymlinks(abs); err == nil {
			return d.Contains(real)
		}
		parent := filepath.Dir(abs)
		if parent == abs {
			return false
		}
		abs = parent
	}
}

// Within says whether path is dir or below it, by spelling alone.
func Within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

func resolve(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

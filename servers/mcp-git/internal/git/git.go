// Package git runs the git binary, and only in one way: a fixed beginning of
// the command line, an environment built from nothing, a git directory made
// for the purpose, output read while it is written, and a process group that
// is killed when the caller has seen enough.
//
// It knows no repository and no tool; package repo decides what to ask.
package git

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"
)

// Git is the one git binary of this process. Use [Find].
type Git struct {
	// Path is absolute: a relative one would be looked up again in the folder
	// of the repository, which belongs to whoever wrote the repository.
	Path string

	// Version is the first two numbers of `git version`.
	Version [2]int

	// slots bounds the git processes that run at once; one client that asks
	// for ten blames must not take the machine from the others.
	slots chan struct{}
}

// parallel is how many git processes may run at the same time.
const parallel = 4

// oldest is the oldest git that the command lines here are written for.
var oldest = [2]int{2, 39}

// Find looks git up in PATH, once, and checks its version.
func Find(ctx context.Context) (*Git, error) {
	path, err := exec.LookPath("git")
	if err != nil {
		return nil, fmt.Errorf("looking for git: %w", err)
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, fmt.Errorf("looking for git: %w", err)
	}
	g := &Git{Path: path, slots: make(chan struct{}, parallel)}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := g.Output(ctx, Command{Args: []string{"version"}}, 1<<10)
	if err != nil {
		return nil, fmt.Errorf("asking %s for its version: %w", path, err)
	}
	if _, err := fmt.Sscanf(string(out), "git version %d.%d", &g.Version[0], &g.Version[1]); err != nil {
		return nil, fmt.Errorf("reading the version of %s from %q: %w", path, out, err)
	}
	if v := g.Version; v[0] < oldest[0] || v[0] == oldest[0] && v[1] < oldest[1] {
		return nil, fmt.Errorf("%s is git %d.%d, and %d.%d or newer is needed", path, v[0], v[1], oldest[0], oldest[1])
	}
	return g, nil
}

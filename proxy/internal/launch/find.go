package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loom-core/loom/core/environ"
	"github.com/loom-core/loom/core/localsock"
)

// Variable names the loomd to start, for tests and for people who build their own.
const Variable = "LOOM_LOOMD"

// Find returns the path of the loomd to start: the one that [Variable] names,
// else the one beside our own executable, else the one on PATH, or on the PATH
// of the saved environment, since a client may have cut ours down.
func Find(dirs localsock.Dirs) (string, error) {
	if named := os.Getenv(Variable); named != "" {
		path, err := exec.LookPath(named)
		if err != nil {
			return "", fmt.Errorf("finding loomd: %s: %w", Variable, err)
		}
		return filepath.Abs(path)
	}
	var looked []string
	found := ""
	for _, self := range selves() {
		place := filepath.Join(filepath.Dir(self), "loomd")
		switch {
		case found != "" && sameFile(place, found):
			found = place // a link to it: that path outlives an upgrade
		case found == "" && IsProgram(place):
			found = place
		case !slices.Contains(looked, place):
			looked = append(looked, place)
		}
	}
	if found != "" {
		return found, nil
	}
	if path, err := exec.LookPath("loomd"); err == nil {
		return filepath.Abs(path)
	}
	looked = append(looked, "PATH="+os.Getenv("PATH"))
	if saved := savedPath(dirs); saved != "" && saved != os.Getenv("PATH") {
		for _, dir := range filepath.SplitList(saved) {
			if place := filepath.Join(dir, "loomd"); filepath.IsAbs(place) && IsProgram(place) {
				return place, nil
			}
		}
		looked = append(looked, "saved PATH="+saved)
	}
	return "", &NotFoundError{Looked: looked}
}

// Self returns the absolute path of the running executable that is likely to
// outlive an upgrade: the symlink by which it was started, if there is one,
// and not the versioned folder that the link points into.
func Self() (string, error) {
	paths := selves()
	if len(paths) == 0 {
		return "", errors.New("finding our own executable: the system does not say")
	}
	return paths[len(paths)-1], nil
}

// selves are the paths of our executable, resolved first.
func selves() []string {
	running, err := os.Executable()
	if err != nil {
		return nil
	}
	real, err := filepath.EvalSymlinks(running)
	if err != nil { // replaced while we run: the old path still says where
		real = strings.TrimSuffix(running, " (deleted)")
	}
	paths := []string{real}
	if running != real && IsProgram(running) {
		paths = append(paths, running) // macOS gives the path that was executed
	}
	// Linux gives the resolved one; argv[0] tells more, when it is the same file.
	if path, err := exec.LookPath(os.Args[0]); err == nil {
		if path, err = filepath.Abs(path); err == nil && sameFile(path, real) && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

func sameFile(a, b string) bool {
	fa, errA := os.Stat(a)
	fb, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(fa, fb)
}

// IsProgram reports a file that can be run.
func IsProgram(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.Mode().IsRegular() && fi.Mode().Perm()&0o111 != 0
}

// savedPath is PATH as it was saved, or empty: without a saved environment
// there is only the guess, for which a login shell would have to be run.
func savedPath(dirs localsock.Dirs) string {
	if _, err := os.Stat(dirs.SavedEnvironment()); err != nil {
		return ""
	}
	env, err := environ.ForDaemon(context.Background(), dirs.SavedEnvironment())
	if err != nil {
		return ""
	}
	for _, kv := range env {
		if path, ok := strings.CutPrefix(kv, "PATH="); ok {
			return path
		}
	}
	return ""
}

package registry

import (
	"os"
	"path/filepath"
)

// FindProject looks for the project that cwd is in: the nearest folder with a
// .loom/registry.yaml, from cwd up to the top of its repository or of the
// filesystem. The home directory is none, and nor is /: their .loom would be
// everybody's project. dir has no symbolic links in it.
func FindProject(cwd, home string) (dir string, ok bool) {
	if !filepath.IsAbs(cwd) {
		return "", false
	}
	dir, err := filepath.EvalSymlinks(cwd)
	if err != nil {
		return "", false
	}
	if real, err := filepath.EvalSymlinks(home); err == nil {
		home = real
	}
	for dir != home && dir != filepath.Dir(dir) {
		if _, err := os.Lstat(ProjectFile(dir)); err == nil {
			return dir, true
		}
		for _, vcs := range []string{".git", ".hg", ".jj"} {
			if _, err := os.Lstat(filepath.Join(dir, vcs)); err == nil {
				return "", false
			}
		}
		dir = filepath.Dir(dir)
	}
	return "", false
}

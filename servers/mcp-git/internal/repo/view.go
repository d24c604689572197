package repo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/loom-core/loom/servers/mcp-git/internal/allow"
)

// link is one entry of a view: name in the view, target in the repository.
type link struct{ name, target string }

// links are all of the files and folders that git gets to see. Left out on
// purpose: config and config.worktree (see [settings]), hooks, modules,
// worktrees, and info/grafts, which would give commits other parents than
// their sha says.
func (p place) links() []link {
	var out []link
	for _, name := range []string{"index", "ORIG_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "FETCH_HEAD", "logs/HEAD"} {
		out = append(out, link{name, filepath.Join(p.gitDir, name)})
	}
	shared, _ := filepath.Glob(filepath.Join(escapeGlob(p.gitDir), "sharedindex.*"))
	for _, target := range shared {
		out = append(out, link{filepath.Base(target), target})
	}
	for _, name := range []string{"objects", "refs", "reftable", "packed-refs", "shallow", "logs/refs", "info/exclude", "info/attributes"} {
		out = append(out, link{name, filepath.Join(p.common, name)})
	}
	return out
}

// newView makes the folder that stands for the git directory. It has no
// configuration yet; whoever asked for it removes it.
func newView(dirs allow.Dirs, p place) (view string, err error) {
	head, err := headText(dirs, p)
	if err != nil {
		return "", err
	}
	if view, err = os.MkdirTemp("", "mcp-git-"); err != nil {
		return "", fmt.Errorf("making the view: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(view)
		}
	}()
	for _, dir := range []string{"logs", "info"} {
		if err := os.Mkdir(filepath.Join(view, dir), 0o700); err != nil {
			return "", fmt.Errorf("making the view: %w", err)
		}
	}
	for _, l := range p.links() {
		// The link goes to where the checked path leads, so that a link in
		// the repository which is bent later is not followed again.
		real, err := dirs.Resolve(l.target)
		if err != nil {
			continue // absent; what leads outside has failed in checkClosure
		}
		if err := os.Symlink(real, filepath.Join(view, l.name)); err != nil {
			return "", fmt.Errorf("making the view: %w", err)
		}
	}
	// HEAD is a copy because git wants a HEAD that is a link to point to refs/.
	if err := os.WriteFile(filepath.Join(view, "HEAD"), head, 0o600); err != nil {
		return "", fmt.Errorf("making the view: %w", err)
	}
	return view, nil
}

func headText(dirs allow.Dirs, p place) ([]byte, error) {
	file := filepath.Join(p.gitDir, "HEAD")
	// The way of old gits: a link to refs/heads/main.
	if target, err := os.Readlink(file); err == nil && strings.HasPrefix(target, "refs/") {
		return []byte("ref: " + target + "\n"), nil
	}
	return readSmall(dirs, file, 4<<10)
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(path)
}

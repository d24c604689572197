package repo

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/loom-core/loom/servers/mcp-git/internal/allow"
)

// place is where the parts of a repository are. All of it is resolved and in
// the allowed directories.
type place struct {
	worktree string // empty for a bare repository
	gitDir   string // HEAD, index
	common   string // objects, refs, config: gitDir, unless this is a linked worktree
}

// find looks for the repository that holds start, upwards like git does, but
// never above the allowed directories.
func find(dirs allow.Dirs, start string) (place, error) {
	real, err := dirs.Resolve(start)
	if errors.Is(err, fs.ErrNotExist) {
		return place{}, &Error{Kind: NotFound, Message: "there is no folder " + start}
	}
	if err != nil {
		return place{}, denied(err, "reading the repository "+start)
	}
	for dir := real; dirs.Contains(dir); dir = filepath.Dir(dir) {
		p, err := at(dirs, dir)
		if err != nil || p.gitDir != "" {
			return p, err
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	for dir := real; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return place{}, denied(&allow.Outside{Path: dir, Real: dir}, "the repository that holds "+start)
		}
	}
	return place{}, &Error{Kind: NotFound, Message: "no git repository at " + start + " or above it", Known: below(real)}
}

// at looks for a repository whose top folder is dir. No repository is a zero
// place and no error.
func at(dirs allow.Dirs, dir string) (place, error) {
	dotGit := filepath.Join(dir, ".git")
	info, err := os.Stat(dotGit)
	switch {
	case err == nil && info.IsDir():
		gitDir, err := dirs.Resolve(dotGit)
		if err != nil {
			return place{}, denied(err, "reading "+dotGit)
		}
		if looksLikeGitDir(gitDir) {
			return withCommon(dirs, place{worktree: dir, gitDir: gitDir, common: gitDir})
		}
	case err == nil && info.Mode().IsRegular():
		target, err := pointer(dirs, dotGit, "gitdir: ")
		if err != nil {
			return place{}, err
		}
		return withCommon(dirs, place{worktree: dir, gitDir: target, common: target})
	}
	if looksLikeGitDir(dir) {
		return withCommon(dirs, place{gitDir: dir, common: dir})
	}
	return place{}, nil
}

// looksLikeGitDir is git's own test, less what a linked worktree lacks.
func looksLikeGitDir(dir string) bool {
	if _, err := os.Lstat(filepath.Join(dir, "HEAD")); err != nil {
		return false
	}
	for _, name := range []string{"objects", "refs"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// withCommon follows the commondir file of a linked worktree.
func withCommon(dirs allow.Dirs, p place) (place, error) {
	file := filepath.Join(p.gitDir, "commondir")
	if _, err := os.Lstat(file); err == nil {
		common, err := pointer(dirs, file, "")
		if err != nil {
			return place{}, err
		}
		p.common = common
	}
	if !looksLikeGitDir(p.common) {
		return place{}, &Error{Kind: NotFound, Message: p.common + " is no git directory"}
	}
	return p, nil
}

// pointer reads a file whose one line is the path of a folder.
func pointer(dirs allow.Dirs, file, prefix string) (string, error) {
	text, err := readSmall(dirs, file, 4<<10)
	if err != nil {
		return "", err
	}
	target, ok := strings.CutPrefix(strings.TrimRight(string(text), "\r\n"), prefix)
	if !ok || target == "" {
		return "", &Error{Kind: NotFound, Message: file + " does not name a git directory"}
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(file), target)
	}
	real, err := dirs.Resolve(target)
	if errors.Is(err, fs.ErrNotExist) {
		return "", &Error{Kind: NotFound, Message: file + " points to a folder that does not exist: " + target}
	}
	if err != nil {
		return "", denied(err, "following "+file)
	}
	return real, nil
}

// readSmall reads a file that must be regular, allowed and short: a FIFO would
// hold the call until its deadline, and /dev/zero has no end.
func readSmall(dirs allow.Dirs, file string, most int) ([]byte, error) {
	real, err := dirs.Resolve(file)
	if err != nil {
		return nil, denied(err, "reading "+file)
	}
	info, err := os.Stat(real)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > int64(most) {
		return nil, &Error{Kind: Unsupported, Message: fmt.Sprintf("%s is no regular file of at most %d bytes", file, most)}
	}
	f, err := os.Open(real)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, int64(most)))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	return text, nil
}

// below lists the repositories one level under dir, for the hint.
func below(dir string) []string {
	entries, _ := os.ReadDir(dir)
	var found []string
	for _, e := range entries {
		if _, err := os.Lstat(filepath.Join(dir, e.Name(), ".git")); err == nil {
			found = append(found, filepath.Join(dir, e.Name()))
		}
		if len(found) == 20 {
			break
		}
	}
	return found
}

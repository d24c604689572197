package repo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/loom-core/loom/servers/mcp-git/internal/git"
)

// worktreeFile reads a file as it lies in the working tree, if git would say
// so: ignored files are where secrets and build results live, and they are no
// part of a repository.
func (r *Repo) worktreeFile(ctx context.Context, q FileQuery) (File, error) {
	if r.Bare() {
		return File{}, &Error{Kind: Unsupported, Message: r.Root() + " is a bare repository: it has no working tree", Hint: "give a ref"}
	}
	if err := r.CheckWorktreePath(q.Path); err != nil {
		return File{}, err
	}
	f := File{Path: ShowPath(q.Path), Kind: "text"}
	root, err := os.OpenRoot(r.place.worktree)
	if err != nil {
		return f, fmt.Errorf("opening the working tree: %w", err)
	}
	defer root.Close()
	name := filepath.FromSlash(q.Path)
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return f, r.notInWorktree(ctx, q.Path)
	}
	if err != nil {
		return f, fmt.Errorf("reading %s: %w", f.Path, err)
	}
	if info.IsDir() {
		return f, invalid("give the path of a file", "%s is a folder", f.Path)
	}
	if known, err := r.names(ctx, 1, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", pathspec(q.Path)); err != nil || len(known) == 0 {
		if err == nil {
			err = &Error{Kind: NotFound, Message: f.Path + " is not part of the repository: .gitignore leaves it out"}
		}
		return f, err
	}
	f.Size = info.Size()
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := root.Readlink(name)
		f.Kind, f.Target = "symlink", ShowPath(target)
		return f, err
	case !info.Mode().IsRegular():
		f.Kind = "binary"
		return f, nil
	}
	file, err := root.Open(name)
	if err != nil {
		return f, fmt.Errorf("reading %s: %w", f.Path, err)
	}
	defer file.Close()
	if err := f.read(git.NewReader(file), q); err != nil && !errors.Is(err, git.Stop) {
		return f, fmt.Errorf("reading %s: %w", f.Path, err)
	}
	return f, nil
}

// CheckWorktreePath refuses a path that passes through a symbolic link or into
// a git directory. The last component may be a link: nobody follows it. A glob
// is checked as far as it is spelled out.
func (r *Repo) CheckWorktreePath(p string) error {
	if r.Bare() || p == "" {
		return nil
	}
	parts := strings.Split(p, "/")
	at := ""
	for i, part := range parts {
		if strings.EqualFold(part, ".git") || strings.EqualFold(part, "git~1") {
			return &Error{Kind: Denied, Message: ShowPath(p) + " is in the git directory", Hint: "its configuration can hold credentials; ask for commits, refs or status instead"}
		}
		if strings.ContainsAny(part, "*?[") {
			return nil
		}
		at = path.Join(at, part)
		info, err := os.Lstat(filepath.Join(r.place.worktree, filepath.FromSlash(at)))
		if err == nil && info.Mode()&fs.ModeSymlink != 0 && i < len(parts)-1 {
			return &Error{Kind: Denied, Message: fmt.Sprintf("%s passes through the symbolic link %s", ShowPath(p), ShowPath(at)), Hint: "give the path that the link leads to"}
		}
	}
	return nil
}

func (r *Repo) notInWorktree(ctx context.Context, p string) error {
	missing := &Error{Kind: NotFound, Message: fmt.Sprintf("no file %s in the working tree of %s", ShowPath(p), r.Root()), Name: p}
	missing.Known, _ = r.names(ctx, namesMax, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	return missing
}

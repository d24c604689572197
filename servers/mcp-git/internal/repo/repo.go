package repo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/loom-core/loom/servers/mcp-git/internal/allow"
	"github.com/loom-core/loom/servers/mcp-git/internal/git"
)

// Repo is one open repository. Its methods may be called concurrently.
type Repo struct {
	git      *git.Git
	view     string
	place    place
	settings settings
}

// Open finds the repository that holds dir and makes its view. [Repo.Close]
// removes the view.
func Open(ctx context.Context, g *git.Git, dirs allow.Dirs, dir string) (*Repo, error) {
	p, err := find(dirs, dir)
	if err != nil {
		return nil, err
	}
	if err := checkClosure(dirs, p); err != nil {
		return nil, err
	}
	view, err := newView(dirs, p)
	if err != nil {
		return nil, err
	}
	r := &Repo{git: g, view: view, place: p}
	if err := r.configure(ctx, dirs); err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

func (r *Repo) configure(ctx context.Context, dirs allow.Dirs) error {
	var err error
	if r.settings, err = readSettings(ctx, r.git, dirs, r.place, r.view); err != nil {
		return err
	}
	if err := r.settings.checkWorktree(r.place); err != nil {
		return err
	}
	text, err := r.settings.config(r.place)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(r.view, "config"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("configuring the view: %w", err)
	}
	return nil
}

// Close removes the view. Nothing of the repository itself is touched.
func (r *Repo) Close() error { return os.RemoveAll(r.view) }

// Root is the folder that a user would call the repository.
func (r *Repo) Root() string {
	if r.Bare() {
		return r.place.gitDir
	}
	return r.place.worktree
}

// Bare says whether there is no working tree.
func (r *Repo) Bare() bool { return r.place.worktree == "" }

// usesIndex are the subcommands that are about the working tree. The others
// must not see the index: when its time stamps agree with a file on disk, git
// diff takes the content from there instead of from the object, and the folder
// on the way may be a symbolic link to anywhere.
var usesIndex = []string{"status", "ls-files"}

func (r *Repo) command(args ...string) git.Command {
	return git.Command{
		Dir: r.Root(), GitDir: r.view, WorkTree: r.place.worktree,
		NoIndex: !slices.Contains(usesIndex, args[0]),
		Args:    args,
	}
}

func (r *Repo) stream(ctx context.Context, read func(*git.Reader) error, args ...string) error {
	return asked(r.git.Stream(ctx, r.command(args...), read))
}

func (r *Repo) output(ctx context.Context, most int, args ...string) (string, error) {
	out, err := r.git.Output(ctx, r.command(args...), most)
	return string(out), asked(err)
}

package repo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/loom-core/loom/servers/mcp-git/internal/git"
)

// Status is the state of the working tree.
type Status struct {
	Branch        string // "" when HEAD is detached
	Head          string // "" before the first commit
	Upstream      string
	Ahead, Behind int
	Operation     string // merge, rebase, cherry-pick, revert, bisect, or ""
	Files         []FileStatus
	More          bool     // the list was cut at statusMax
	Filters       []string // drivers that were not run
}

// FileStatus is one file that is not as in HEAD. Index and Worktree are git's
// letters (M, A, D, R, T, U), or empty where the file is unchanged.
type FileStatus struct {
	Path, OldPath   string
	Index, Worktree string
	Kind            string // changed, untracked, conflict
}

const statusMax = 20_000

// Status compares HEAD, the index and the working tree. Submodules are not
// entered, and a file whose time stamp changed is compared without the clean
// filter of the repository.
func (r *Repo) Status(ctx context.Context, paths []string, allUntracked bool) (Status, error) {
	s := Status{Operation: r.operation(), Filters: r.settings.filters()}
	if r.Bare() {
		return s, &Error{Kind: Unsupported, Message: r.Root() + " is a bare repository: it has no working tree", Hint: "list_refs and list_commits show its state"}
	}
	untracked := "--untracked-files=normal"
	if allUntracked {
		untracked = "--untracked-files=all"
	}
	args := append([]string{"status", "--porcelain=v2", "-z", "--branch", untracked, "--ignore-submodules=all", "--find-renames", "--"}, pathspecs(paths)...)
	err := r.stream(ctx, s.read, args...)
	return s, err
}

func (s *Status) read(in *git.Reader) error {
	for {
		record, err := in.Field()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if header, ok := strings.CutPrefix(record, "# branch."); ok {
			s.header(header)
			continue
		}
		f, err := fileStatus(in, record)
		if err != nil {
			return err
		}
		if len(s.Files) == statusMax {
			s.More = true
			return git.Stop
		}
		if f.Path != "" {
			s.Files = append(s.Files, f)
		}
	}
}

func (s *Status) header(text string) {
	name, value, _ := strings.Cut(text, " ")
	switch name {
	case "oid":
		if value != "(initial)" {
			s.Head = value
		}
	case "head":
		if value != "(detached)" {
			s.Branch = git.Text(value)
		}
	case "upstream":
		s.Upstream = git.Text(value)
	case "ab":
		_, _ = fmt.Sscanf(value, "+%d -%d", &s.Ahead, &s.Behind)
	}
}

// fileStatus reads one record; see "Porcelain Format Version 2" in git-status.
func fileStatus(in *git.Reader, record string) (FileStatus, error) {
	cut := func(fields int) (letters, path string, err error) {
		parts := strings.SplitN(record, " ", fields)
		if len(parts) != fields || len(parts[1]) != 2 {
			return "", "", fmt.Errorf("reading the status: record %q", record)
		}
		return parts[1], parts[fields-1], nil
	}
	f := FileStatus{Kind: "changed"}
	var letters string
	var err error
	switch record[:min(len(record), 2)] {
	case "1 ":
		letters, f.Path, err = cut(9)
	case "2 ":
		if letters, f.Path, err = cut(10); err == nil {
			err = in.Fields(&f.OldPath)
		}
	case "u ":
		f.Kind = "conflict"
		letters, f.Path, err = cut(11)
	case "? ":
		return FileStatus{Path: record[2:], Kind: "untracked"}, nil
	default:
		return FileStatus{}, nil // a header of a later git
	}
	if err != nil {
		return f, err
	}
	f.Index, f.Worktree = strings.Trim(letters[:1], "."), strings.Trim(letters[1:], ".")
	return f, nil
}

// operation says what git was asked to do and has not finished.
func (r *Repo) operation() string {
	for _, o := range []struct{ file, name string }{
		{"rebase-merge", "rebase"}, {"rebase-apply", "rebase"}, {"MERGE_HEAD", "merge"},
		{"CHERRY_PICK_HEAD", "cherry-pick"}, {"REVERT_HEAD", "revert"}, {"BISECT_LOG", "bisect"},
	} {
		if _, err := os.Lstat(filepath.Join(r.place.gitDir, o.file)); err == nil {
			return o.name
		}
	}
	return ""
}

package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/loom-core/loom/servers/mcp-git/internal/git"
)

// FileQuery asks for lines of one file.
type FileQuery struct {
	SHA   string // a commit from [Repo.Resolve]; "" reads the working tree
	Path  string // from [Repo.ParsePath]
	Start int    // first line, from 1
	End   int    // last line; 0 for as many as fit
	// Fits is asked before each line is taken; false ends the piece.
	Fits func(line string) bool
}

// File is a file, or what can be said of it when it is no text.
type File struct {
	Path       string // printable
	Kind       string // text, binary, symlink, submodule
	Blob       string // sha of the object; "" in the working tree
	Size       int64
	Target     string // of a symbolic link, or the commit of a submodule
	LFS        bool   // only a pointer; the content is elsewhere
	TotalLines int    // -1 when the file is too long to count
	Lines      []string
	Start      int // of Lines
}

// binaryProbe is how much of a file git looks at for a NUL.
const binaryProbe = 8_000

// scanMax bounds what is read of a file to count its lines.
const scanMax = 64 << 20

// fileLine bounds one line of a file.
const fileLine = 8 << 10

// File reads a file of a commit or of the working tree.
func (r *Repo) File(ctx context.Context, q FileQuery) (File, error) {
	if q.Path == "" {
		return File{}, invalid("", "path is empty")
	}
	if q.SHA == "" {
		return r.worktreeFile(ctx, q)
	}
	e, err := r.entry(ctx, q.SHA, q.Path)
	if err != nil {
		return File{}, err
	}
	f := File{Path: ShowPath(q.Path), Kind: "text", Blob: e.sha, Size: e.size}
	switch {
	case e.kind == "commit":
		f.Kind, f.Target, f.Blob = "submodule", e.sha, ""
		return f, nil
	case e.mode == "120000":
		target, err := r.output(ctx, 8<<10, "cat-file", "blob", e.sha)
		f.Kind, f.Target = "symlink", ShowPath(target)
		return f, err
	}
	err = r.stream(ctx, func(in *git.Reader) error { return f.read(in, q) }, "cat-file", "blob", e.sha)
	return f, err
}

// read fills in f from its content.
func (f *File) read(in *git.Reader, q FileQuery) error {
	head, err := in.Peek(binaryProbe)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if bytes.IndexByte(head, 0) >= 0 {
		f.Kind = "binary"
		return git.Stop
	}
	f.LFS = bytes.HasPrefix(head, []byte("version https://git-lfs.github.com/spec/"))
	f.Start = q.Start
	taking := true
	for read := 0; ; {
		line, passed, err := in.Until('\n', fileLine)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		f.TotalLines++
		if taking && f.TotalLines >= q.Start && (q.End == 0 || f.TotalLines <= q.End) {
			text := strings.TrimSuffix(git.Text(string(line)), "\r")
			if passed > 0 {
				text += fmt.Sprintf("…(+%d)", passed)
			}
			if taking = q.Fits(text); taking {
				f.Lines = append(f.Lines, text)
			}
		}
		if read += len(line) + passed + 1; read > scanMax {
			f.TotalLines = -1
			return git.Stop
		}
	}
}

// entry is one line of a tree.
type entry struct {
	mode, kind, sha string
	size            int64
}

func (r *Repo) entry(ctx context.Context, sha, path string) (entry, error) {
	out, err := r.output(ctx, 64<<10, "ls-tree", "-z", "--long", "--full-tree", sha, "--", pathspec(path))
	if err != nil {
		return entry{}, err
	}
	head, _, found := strings.Cut(strings.TrimSuffix(out, "\x00"), "\t")
	fields := strings.Fields(head)
	if !found || len(fields) != 4 {
		return entry{}, r.noSuchPath(ctx, sha, path)
	}
	e := entry{mode: fields[0], kind: fields[1], sha: fields[2]}
	if e.kind == "tree" {
		return e, r.isFolder(ctx, sha, path)
	}
	e.size, _ = strconv.ParseInt(fields[3], 10, 64) // "-" for a submodule
	return e, nil
}

// namesMax bounds the paths that are held to suggest the nearest.
const namesMax = 100_000

func (r *Repo) noSuchPath(ctx context.Context, sha, path string) error {
	missing := &Error{Kind: NotFound, Message: fmt.Sprintf("no file %s in commit %.12s", ShowPath(path), sha), Name: path}
	missing.Known, _ = r.names(ctx, namesMax, "ls-tree", "-r", "-z", "--name-only", "--full-tree", sha)
	return missing
}

func (r *Repo) isFolder(ctx context.Context, sha, path string) error {
	const some = 40
	names, err := r.names(ctx, some, "ls-tree", "-z", "--name-only", "--full-tree", sha, "--", pathspec(path+"/"))
	if err != nil {
		return err
	}
	return invalid("it has: "+strings.Join(names, ", "), "%s is a folder", ShowPath(path))
}

// names collects NUL-terminated paths, at most most of them.
func (r *Repo) names(ctx context.Context, most int, args ...string) ([]string, error) {
	var names []string
	err := r.stream(ctx, func(in *git.Reader) error {
		for len(names) < most {
			name, err := in.Field()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			names = append(names, ShowPath(name))
		}
		return git.Stop
	}, args...)
	return names, err
}

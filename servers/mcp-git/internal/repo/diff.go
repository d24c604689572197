package repo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/loom-core/loom/servers/mcp-git/internal/git"
)

// Change is what happened to one file between two commits.
type Change struct {
	Path    string // raw bytes; print it with [ShowPath]
	OldPath string // of a rename or copy, else ""
	Status  string // A added, M modified, D deleted, R renamed, T changed type
	Added   int
	Deleted int
	Binary  bool
}

// changesMax bounds the list of one difference. What lies beyond is counted.
const changesMax = 5_000

// sections is how many "diff --git" the patch has for this change.
func (c Change) sections() int {
	if c.Status == "T" {
		return 2 // a file became a link: one deletion and one creation
	}
	return 1
}

// EmptyTree stands for "before the first commit", in the hash of sha.
func EmptyTree(sha string) string {
	if len(sha) == 64 {
		return "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
	}
	return "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
}

// diffArgs is the beginning that lists and patches share: both must pair
// renames in the same way, or the cursor of a patch would count other files.
func diffArgs(output ...string) []string {
	return append([]string{"diff-tree", "-r", "--find-renames", "--no-ext-diff", "--no-textconv",
		"--no-color", "--submodule=short", "--ignore-submodules=none", "--no-commit-id"}, output...)
}

// Changes lists the files that differ between two commits or trees. paths
// narrow it, to the letter. total is larger than the list when that was cut.
func (r *Repo) Changes(ctx context.Context, from, to string, paths []string) (changes []Change, total int, err error) {
	args := append(diffArgs("--raw", "--numstat", "-z", "--end-of-options", from, to, "--"), pathspecs(paths)...)
	err = r.stream(ctx, func(in *git.Reader) error {
		var err error
		changes, total, err = parseChanges(in)
		return err
	}, args...)
	return changes, total, err
}

// parseChanges reads all of the raw records, then as many of numstat's, which
// come in the same order.
func parseChanges(in *git.Reader) ([]Change, int, error) {
	var changes []Change
	total, counted := 0, 0
	for {
		field, err := in.Field()
		if errors.Is(err, io.EOF) {
			return changes, total, nil
		}
		if err != nil {
			return nil, 0, err
		}
		if strings.HasPrefix(field, ":") {
			c, err := rawChange(in, field)
			if err != nil {
				return nil, 0, err
			}
			if total++; total <= changesMax {
				changes = append(changes, c)
			}
			continue
		}
		if counted == len(changes) {
			return changes, total, git.Stop
		}
		if err := numstat(in, field, &changes[counted]); err != nil {
			return nil, 0, err
		}
		counted++
	}
}

func rawChange(in *git.Reader, header string) (Change, error) {
	fields := strings.Fields(header)
	if len(fields) != 5 {
		return Change{}, fmt.Errorf("reading a difference: record %q", header)
	}
	c := Change{Status: fields[4][:1]}
	if c.Status == "R" || c.Status == "C" {
		return c, in.Fields(&c.OldPath, &c.Path)
	}
	return c, in.Fields(&c.Path)
}

func numstat(in *git.Reader, field string, c *Change) error {
	added, rest, _ := strings.Cut(field, "\t")
	deleted, path, _ := strings.Cut(rest, "\t")
	if path == "" { // a rename: the two names follow
		var from, to string
		if err := in.Fields(&from, &to); err != nil {
			return err
		}
	}
	if added == "-" {
		c.Binary = true
		return nil
	}
	var err error
	if c.Added, err = strconv.Atoi(added); err != nil {
		return fmt.Errorf("reading a difference: %q: %w", field, err)
	}
	if c.Deleted, err = strconv.Atoi(deleted); err != nil {
		return fmt.Errorf("reading a difference: %q: %w", field, err)
	}
	return nil
}

package gitlab

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// store keeps the objects of all repositories, in one folder of git's without
// refs. What it was asked of objects it remembers, for they do not change. It is
// used under the lock of its instance.
type store struct {
	dir  string
	seen map[string]string
}

// nothing is the tree without files, which git knows without having it.
const nothing = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

func newStore(dir string) (*store, error) {
	s := &store{dir: dir, seen: make(map[string]string)}
	_, err := s.run("", nil, "init", "--quiet", "--bare", dir)
	return s, err
}

// run calls git, with no configuration but its own.
func (s *store) run(stdin string, env []string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = s.dir
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "GIT_DIR=" + s.dir, "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C", "TZ=UTC",
	}, env...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, errs.String())
	}
	return out.String(), nil
}

// ask is run for a question about objects.
func (s *store) ask(args ...string) (string, error) {
	key := strings.Join(args, "\x00")
	if out, ok := s.seen[key]; ok {
		return out, nil
	}
	out, err := s.run("", nil, args...)
	if err == nil {
		s.seen[key] = out
	}
	return out, err
}

// id is a question whose answer is an object's id.
func (s *store) id(args ...string) (string, error) {
	out, err := s.ask(args...)
	return strings.TrimSpace(out), err
}

// entry is what is to be at a path.
type entry struct {
	path, mode string
	content    *string // nil: nothing
	blob       string  // instead of content
}

// tree is the tree of another with entries put into it, or taken out.
func (s *store) tree(from string, entries []entry) (string, error) {
	index := []string{"GIT_INDEX_FILE=" + filepath.Join(s.dir, "index.test")}
	if _, err := s.run("", index, "read-tree", from); err != nil {
		return "", err
	}
	var list strings.Builder
	for _, e := range entries {
		blob := e.blob
		if e.content != nil {
			var err error
			if blob, err = s.run(*e.content, nil, "hash-object", "-w", "--stdin"); err != nil {
				return "", err
			}
			blob = strings.TrimSpace(blob)
		}
		if blob == "" {
			fmt.Fprintf(&list, "0 %s\t%s\x00", strings.Repeat("0", 40), e.path)
		} else {
			fmt.Fprintf(&list, "%s %s\t%s\x00", e.mode, blob, e.path)
		}
	}
	if _, err := s.run(list.String(), index, "update-index", "-z", "--index-info"); err != nil {
		return "", err
	}
	out, err := s.run("", index, "write-tree")
	return strings.TrimSpace(out), err
}

// commit makes a commit of a tree.
func (s *store) commit(tree, message string, by *user, at time.Time, parents ...string) (string, error) {
	args := []string{"commit-tree", "-F", "-"}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	date := at.Format("2006-01-02T15:04:05Z")
	out, err := s.run(message, []string{
		"GIT_AUTHOR_NAME=" + by.name, "GIT_AUTHOR_EMAIL=" + by.email(), "GIT_AUTHOR_DATE=" + date,
		"GIT_COMMITTER_NAME=" + by.name, "GIT_COMMITTER_EMAIL=" + by.email(), "GIT_COMMITTER_DATE=" + date,
	}, append(args, tree)...)
	return strings.TrimSpace(out), err
}

// base is where two commits parted; nothing if they have no common past.
func (s *store) base(a, b string) string {
	out, err := s.id("merge-base", a, b)
	if err != nil {
		return nothing
	}
	return out
}

// merge is the tree of two commits together, empty if they conflict.
func (s *store) merge(into, from string) string {
	out, err := s.ask("merge-tree", "--write-tree", into, from)
	if err != nil {
		return ""
	}
	tree, _, _ := strings.Cut(out, "\n")
	return tree
}

// patch is the diff of two trees or commits as git writes it.
func (s *store) patch(from, to string) (string, error) {
	return s.ask("diff-tree", "-p", "-r", "-M", "--full-index", from, to)
}

// blob is a file of a commit and its id. There is none if ok is false.
func (s *store) blob(commit, path string) (content, id string, ok bool) {
	id, err := s.id("rev-parse", "--verify", "--quiet", commit+":"+path)
	if err != nil {
		return "", "", false
	}
	content, err = s.ask("cat-file", "blob", id)
	return content, id, err == nil
}

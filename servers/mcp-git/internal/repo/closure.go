package repo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/loom-core/loom/servers/mcp-git/internal/allow"
)

// closure checks that all of what git reads through a view is in the allowed
// directories: every file and folder that the view links to, every symbolic
// link below those, and the alternates of every object store.
type closure struct {
	dirs allow.Dirs
	todo []string
	seen map[string]bool
	left int
}

// entriesMax is far above what a repository has loose (git packs at 6,700) and
// keeps a folder made to be slow from holding the call.
const entriesMax = 500_000

// checkClosure fails with a Denied [Error] for the first thing outside.
func checkClosure(dirs allow.Dirs, p place) error {
	c := &closure{dirs: dirs, seen: map[string]bool{}, left: entriesMax}
	for _, l := range p.links() {
		if err := c.visit(l.target); err != nil {
			return err
		}
	}
	if err := c.alternates(filepath.Join(p.common, "objects"), 0); err != nil {
		return err
	}
	for len(c.todo) > 0 {
		dir := c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-1]
		if err := c.folder(dir); err != nil {
			return err
		}
	}
	return nil
}

// visit checks where path leads and puts it on the list when it is a folder.
func (c *closure) visit(path string) error {
	real, err := c.dirs.Resolve(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return denied(err, "reading the git directory")
	}
	info, err := os.Stat(real)
	if err != nil {
		return fmt.Errorf("checking %s: %w", path, err)
	}
	if info.IsDir() && !c.seen[real] {
		c.seen[real] = true
		c.todo = append(c.todo, real)
	}
	return nil
}

// folder visits what in dir could lead elsewhere: its links and folders.
func (c *closure) folder(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("checking %s: %w", dir, err)
	}
	if c.left -= len(entries); c.left < 0 {
		return &Error{Kind: TooLarge, Message: fmt.Sprintf("the repository has more than %d loose files", entriesMax), Hint: "run git gc in it"}
	}
	for _, e := range entries {
		if e.Type()&fs.ModeSymlink != 0 || e.IsDir() {
			if err := c.visit(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// alternatesDepth is git's own limit for alternates of alternates.
const alternatesDepth = 5

// alternates visits the object stores that the store objects borrows from.
func (c *closure) alternates(objects string, depth int) error {
	file := filepath.Join(objects, "info", "alternates")
	if _, err := os.Stat(file); err != nil {
		return nil
	}
	text, err := readSmall(c.dirs, file, 64<<10)
	if err != nil {
		return err
	}
	base, err := c.dirs.Resolve(objects)
	if err != nil {
		return denied(err, "reading the git directory")
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if strings.HasPrefix(line, `"`) {
			return &Error{Kind: Unsupported, Message: file + " has a quoted path", Hint: "write it without quotes"}
		}
		if !filepath.IsAbs(line) {
			line = filepath.Join(base, line)
		}
		if err := c.visit(line); err != nil {
			return err
		}
		if depth < alternatesDepth {
			if err := c.alternates(line, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

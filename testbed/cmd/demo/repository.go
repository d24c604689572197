package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/loom-core/loom/testbed"
)

// project is the checkout that the demo is about.
type project struct{ top, head, gitDir string }

// findProject takes the checkout around the working directory, else makes a
// small one, as for somebody who has a tarball.
func findProject(s *stage, w *testbed.World) project {
	git := func(dir string, args ...string) (string, error) {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
			"GIT_AUTHOR_NAME=Loom", "GIT_AUTHOR_EMAIL=loom@localhost", "GIT_COMMITTER_NAME=Loom", "GIT_COMMITTER_EMAIL=loom@localhost")
		out, err := cmd.Output()
		return strings.TrimSpace(string(out)), err
	}
	if out, err := git(".", "rev-parse", "--path-format=absolute", "--show-toplevel", "HEAD", "--git-common-dir"); err == nil {
		if lines := strings.Split(out, "\n"); len(lines) == 3 {
			return project{lines[0], lines[1], lines[2]}
		}
	}
	top := w.Mkdir("project")
	w.WriteFile(filepath.Join(top, "README.md"), "A repository of the demo.\n")
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "."}, {"commit", "-q", "-m", "Begin"}} {
		if _, err := git(top, args...); err != nil {
			s.Fatalf("git %s: %v (is git installed?)", strings.Join(args, " "), err)
		}
	}
	head, err := git(top, "rev-parse", "HEAD")
	if err != nil {
		s.Fatalf("git rev-parse: %v", err)
	}
	return project{top, head, filepath.Join(top, ".git")}
}

// entry is what the registry says of mcp-git. A linked worktree has its history
// elsewhere, and mcp-git reads nothing outside the project without being told.
func (p project) entry() string {
	if strings.HasPrefix(p.gitDir, p.top+string(filepath.Separator)) {
		return "  git: {from: shipped}\n"
	}
	return fmt.Sprintf("  git: {from: shipped, args: [--allow, %q]}\n", p.gitDir)
}

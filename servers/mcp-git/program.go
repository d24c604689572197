package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/loom-core/loom/core/version"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-git/internal/allow"
	"github.com/loom-core/loom/servers/mcp-git/internal/git"
)

//go:embed docs.md
var docs string

const allowEnv = "LOOM_GIT_ALLOW"

func program() kit.Program {
	var folders []string
	return kit.Program{
		Name:  "mcp-git",
		About: "history, differences, blame, status and files of local git repositories, read only.",
		Docs:  docs,
		Env:   []kit.EnvVar{{Name: allowEnv, Doc: "more folders for --allow, separated like PATH"}},
		Flags: func(flags *flag.FlagSet) {
			flags.Func("allow", "folder whose repositories may be read, besides the client's roots; may be repeated", func(dir string) error {
				folders = append(folders, dir)
				return nil
			})
		},
		New: func(getenv func(string) string, _ *slog.Logger) (*kit.Server, error) {
			dirs, err := allow.New(append(folders, filepath.SplitList(getenv(allowEnv))...)...)
			if err != nil {
				return nil, err
			}
			g, err := git.Find(context.Background())
			if err != nil {
				return nil, err
			}
			cwd, err := os.Getwd()
			if err != nil {
				return nil, fmt.Errorf("asking for the working directory: %w", err)
			}
			home, _ := os.UserHomeDir() // none: then it is not the working directory
			return newServer(&repositories{git: g, allowed: dirs, cwd: cwd, home: home}), nil
		},
	}
}

const instructions = "Reads local git repositories; nothing is changed and nothing is fetched. " +
	"Start with get_status, list_commits or list_refs; then get_commit, compare_refs (base...head as in a pull request), get_blame, get_file, search_code. " +
	"repo is a path and may be left out inside a repository. ref is a branch, tag, sha or HEAD~2; search_code and get_file read the working tree without one. " +
	"Paths are from the top of the repository. To go on, repeat the call with next_args added. " +
	"Times: 2026-11-01, 2026-11-01T15:04:05Z, now-2d, 2w."

func newServer(r *repositories) *kit.Server {
	return &kit.Server{
		Name:         "mcp-git",
		Title:        "Git repositories",
		Version:      version.String(),
		Instructions: instructions,
		Tools: []kit.Tool{
			r.getStatus(), r.listRefs(), r.listCommits(), r.getCommit(),
			r.compareRefs(), r.getBlame(), r.getFile(), r.searchCode(),
		},
	}
}

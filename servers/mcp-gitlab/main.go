// Command mcp-gitlab lets a model work on GitLab.com or a GitLab of one's own: code,
// issues, merge requests, reviews, CI and releases.
package main

import (
	_ "embed"
	"log/slog"
	"os"
	"strings"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

//go:embed docs.md
var docs string

func main() {
	os.Exit(kit.Main(kit.Program{
		Name:    "mcp-gitlab",
		About:   "code, issues, merge requests, reviews, CI and releases of a GitLab.",
		Example: "GITLAB_URL=https://gitlab.example.com",
		Docs:    docs,
		Env: append(service.Env(),
			kit.EnvVar{Name: "GITLAB_ALLOWED_REPOS", Doc: "globs of the projects that may be touched, such as acme/**,me/notes (all)"}),
		New: func(getenv func(string) string, _ *slog.Logger) (*kit.Server, error) { return newServer(getenv) },
	}))
}

var service = upstream.Service{
	Name: "GitLab", Prefix: "GITLAB", Program: "mcp-gitlab",
	Default: "https://gitlab.com",
	Trim:    "/api/v4",
	Smaller: "ask for less: a path, fewer records, one file",
	Failure: failure,
}

var features = forge.Features{
	RepoPath:     true,
	ReviewRanges: true,
	IssueFilters: []string{"assignee", "author", "milestone", "since", "label", "labels"},
	PullFilters:  []string{"author", "reviewer", "base", "head", "draft", "labels", "merged"},
	RunFilters:   []string{"ref", "sha", "status", "event", "workflow", "actor"},
	MergeMethods: []string{"merge", "squash"},
	Cancel:       true,
	Notices:      true,
	Variables:    true,
}

func newServer(getenv func(string) string) (*kit.Server, error) {
	instances, err := upstream.Open(service, getenv)
	if err != nil {
		return nil, err
	}
	backends := make(map[string]forge.Backend)
	for _, c := range instances {
		if backends[c.Instance()], err = newGitLab(c); err != nil {
			return nil, err
		}
	}
	var allowed []string
	for part := range strings.SplitSeq(getenv("GITLAB_ALLOWED_REPOS"), ",") {
		if part = strings.TrimSpace(part); part != "" {
			allowed = append(allowed, part)
		}
	}
	return forge.New(forge.Options{
		Name: "mcp-gitlab", Title: "GitLab", Nouns: forge.GitLab, Features: features,
		Backends: backends, Instances: instances.Names(), Allowed: allowed, Secrets: instances.Secrets,
	})
}

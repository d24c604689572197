// Command mcp-gitea lets a model work on a Gitea or Forgejo: code, issues, pull
// requests, reviews, CI and releases.
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
		Name:    "mcp-gitea",
		About:   "code, issues, pull requests, reviews, CI and releases of a Gitea or Forgejo.",
		Example: "GITEA_URL=https://gitea.example.com",
		Docs:    docs,
		Env: append(service.Env(),
			kit.EnvVar{Name: "GITEA_ALLOWED_REPOS", Doc: "globs of the repositories that may be touched, such as acme/*,me/notes (all)"}),
		New: func(getenv func(string) string, _ *slog.Logger) (*kit.Server, error) { return newServer(getenv) },
	}))
}

var service = upstream.Service{
	Name: "Gitea", Prefix: "GITEA", Program: "mcp-gitea",
	Example: "https://gitea.example.com",
	Trim:    "/api/v1",
	Smaller: "ask for less: a path, fewer records, one file",
}

var features = forge.Features{
	IssueFilters: []string{"assignee", "author", "milestone", "since", "label"},
	PullFilters:  []string{"author", "base"},
	RunFilters:   []string{"ref", "sha", "status", "event", "actor"},
	MergeMethods: []string{"merge", "squash", "rebase", "rebase-merge", "fast-forward-only"},
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
		backends[c.Instance()] = &gitea{http: c, library: c.Library()}
	}
	var allowed []string
	for part := range strings.SplitSeq(getenv("GITEA_ALLOWED_REPOS"), ",") {
		if part = strings.TrimSpace(part); part != "" {
			allowed = append(allowed, part)
		}
	}
	return forge.New(forge.Options{
		Name: "mcp-gitea", Title: "Gitea", Nouns: forge.GitHub, Features: features,
		Backends: backends, Instances: instances.Names(), Allowed: allowed, Secrets: instances.Secrets,
	})
}

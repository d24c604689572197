// Command mcp-github lets a model work on GitHub: code, issues, pull requests,
// reviews, CI and releases, on GitHub.com, an Enterprise Server or a cloud with
// data residency.
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
		Name:    "mcp-github",
		About:   "code, issues, pull requests, reviews, CI and releases of GitHub.",
		Example: "GITHUB_TOKEN_FILE=/run/secrets/github",
		Docs:    docs,
		Env: append(service.Env(),
			kit.EnvVar{Name: "GITHUB_ALLOWED_REPOS", Doc: "globs of the repositories that may be touched, such as acme/*,me/notes (all)"}),
		New: func(getenv func(string) string, _ *slog.Logger) (*kit.Server, error) { return newServer(getenv) },
	}))
}

var service = upstream.Service{
	Name: "GitHub", Prefix: "GITHUB", Program: "mcp-github",
	Example: "https://github.example.com",
	Default: "https://github.com",
	Locate:  locate,
	Smaller: "ask for less: a path, fewer records, one file",
	ETags:   true,
	Failure: failure,
}

var features = forge.Features{
	ReviewRanges: true,
	IssueFilters: []string{"assignee", "author", "milestone", "since", "label", "labels"},
	PullFilters:  []string{"base"},
	RunFilters:   []string{"ref", "sha", "event", "actor"},
	MergeMethods: []string{"merge", "squash", "rebase"},
	Cancel:       true,
	Notices:      true,
	ReleaseNotes: true,
	Variables:    true,
}

func newServer(getenv func(string) string) (*kit.Server, error) {
	instances, err := upstream.Open(service, getenv)
	if err != nil {
		return nil, err
	}
	backends := make(map[string]forge.Backend)
	for _, c := range instances {
		if backends[c.Instance()], err = newGitHub(c); err != nil {
			return nil, err
		}
	}
	var allowed []string
	for part := range strings.SplitSeq(getenv("GITHUB_ALLOWED_REPOS"), ",") {
		if part = strings.TrimSpace(part); part != "" {
			allowed = append(allowed, part)
		}
	}
	return forge.New(forge.Options{
		Name: "mcp-github", Title: "GitHub", Nouns: forge.GitHub, Features: features,
		Backends: backends, Instances: instances.Names(), Allowed: allowed, Secrets: instances.Secrets,
	})
}

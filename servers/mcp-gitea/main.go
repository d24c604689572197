// Command mcp-gitea lets a model work on a Gitea or Forgejo: code, issues, pull
// requests, reviews, CI and releases.
package main

import (
	_ "embed"
	"os"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit/upstream"
)

//go:embed docs.md
var docs string

func main() { os.Exit(program.Main()) }

var program = forge.Program{
	About:    "code, issues, pull requests, reviews, CI and releases of a Gitea or Forgejo.",
	Example:  "GITEA_URL=https://gitea.example.com",
	Docs:     docs,
	Repos:    "repositories that may be touched, such as acme/*,me/notes",
	Service:  service,
	Nouns:    forge.GitHub,
	Features: features,
	Backend:  func(c *upstream.Client) (forge.Backend, error) { return &gitea{http: c, library: c.Library()}, nil },
}

var service = upstream.Service{
	Name: "Gitea", Prefix: "GITEA", Program: "mcp-gitea",
	Example: "https://gitea.example.com",
	Trim:    "/api/v1",
	Smaller: "ask for less: a path, fewer records, one file",
	Failure: failure,
}

var features = forge.Features{
	IssueFilters: []string{"assignee", "author", "milestone", "since", "label"},
	PullFilters:  []string{"author", "base"},
	RunFilters:   []string{"ref", "sha", "status", "event", "actor"},
	MergeMethods: []string{"merge", "squash", "rebase", "rebase-merge", "fast-forward-only"},
	Notices:      true,
	Variables:    true,
}

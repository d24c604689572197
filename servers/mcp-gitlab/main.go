// Command mcp-gitlab lets a model work on GitLab.com or a GitLab of one's own: code,
// issues, merge requests, reviews, CI and releases.
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
	About:    "code, issues, merge requests, reviews, CI and releases of a GitLab.",
	Example:  "GITLAB_URL=https://gitlab.example.com",
	Docs:     docs,
	Repos:    "projects that may be touched, such as acme/**,me/notes",
	Service:  service,
	Nouns:    forge.GitLab,
	Features: features,
	Backend:  func(c *upstream.Client) (forge.Backend, error) { return newGitLab(c) },
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
	ReviewRanges: true, SuggestionLines: true,
	IssueFilters: []string{"assignee", "author", "milestone", "since", "label", "labels"},
	PullFilters:  []string{"author", "reviewer", "base", "head", "draft", "labels", "merged"},
	RunFilters:   []string{"ref", "sha", "status", "event", "workflow", "actor"},
	MergeMethods: []string{"merge", "squash"},
	Cancel:       true,
	Notices:      true,
	Variables:    true,
}

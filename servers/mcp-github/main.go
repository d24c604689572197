// Command mcp-github lets a model work on GitHub: code, issues, pull requests,
// reviews, CI and releases, on GitHub.com, an Enterprise Server or a cloud with
// data residency.
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
	About:    "code, issues, pull requests, reviews, CI and releases of GitHub.",
	Example:  "GITHUB_TOKEN_FILE=/run/secrets/github",
	Docs:     docs,
	Repos:    "repositories that may be touched, such as acme/*,me/notes",
	Service:  service,
	Nouns:    forge.GitHub,
	Features: features,
	Backend:  func(c *upstream.Client) (forge.Backend, error) { return newGitHub(c) },
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

package forge

import "strings"

// Nouns are what a forge calls its things. In names and texts of tools they
// stand for {pull}, {pulls}, {pull request}, {run}, {runs}, {workflow} and {repo}.
type Nouns struct {
	Pull     string // pull_request
	Run      string // workflow_run
	ShortRun string // run, in diagnose_run
	Workflow string // workflow, in run_workflow
	Notices  string // notifications
	Repo     string // how a repository is written
}

// GitHub's nouns, which Gitea shares.
var GitHub = Nouns{Pull: "pull_request", Run: "workflow_run", ShortRun: "run", Workflow: "workflow", Notices: "notifications", Repo: "owner/name"}

// GitLab's nouns.
var GitLab = Nouns{Pull: "merge_request", Run: "pipeline", ShortRun: "pipeline", Workflow: "pipeline", Notices: "todos", Repo: "group/sub/project or number"}

// say puts the nouns into a text.
func (n Nouns) say(text string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	words := func(name string) string { return strings.ReplaceAll(name, "_", " ") }
	return strings.NewReplacer(
		"{pull}", n.Pull, "{pull request}", words(n.Pull), "{Pull request}", capital(words(n.Pull)),
		"{run}", n.Run, "{a run}", words(n.Run), "{short run}", n.ShortRun,
		"{workflow}", n.Workflow, "{notices}", n.Notices, "{repo}", n.Repo,
	).Replace(text)
}

func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

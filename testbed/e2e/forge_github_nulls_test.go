package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/contract"
	"github.com/loom-core/loom/testbed/standin/github"
)

// TestForgeGitHubNulls: every tool that reads can do so when all that may be null
// is null, and when all that need not be there is not.
func TestForgeGitHubNulls(t *testing.T) {
	g := newGitHub(t, contract.GitHubCom)
	w := github.World{Hub: g.Hub, Owner: "ann"}
	author, reviewer := g.Account("ann"), g.Account("bob")
	c := newWorld(t, instances("github", "GITHUB", g.front.URL, author, reviewer)).Connect(testbed.ClientOptions{})
	ann := func(tool string, a map[string]any) string {
		t.Helper()
		return caller(c, "github", "author")(t, tool, a).Text
	}
	repo, run := fillGitHub(t, g, w, ann)
	must(t, func(tool string, a map[string]any) string { return caller(c, "github", "reviewer")(t, tool, a).Text },
		"create_review", map[string]any{"repo": repo, "number": 2, "event": "request_changes", "body": "b", "comments": []any{map[string]any{"path": "c.txt", "line": 1, "body": "?"}}})

	reads := map[string]map[string]any{
		"get_me": {}, "search_repos": {"query": "full"}, "get_repo": {}, "get_file": {"path": "README.md"}, "list_files": {"recursive": true}, "search_code": {"query": "full"},
		"list_refs": {}, "list_commits": {}, "get_commit": {"sha": w.Head(t, repo, "main"), "detail": "patch"}, "compare_refs": {"base": "main", "head": "side", "patch": true}, "get_blame": {"path": "README.md"},
		"list_issues": {"state": "all"}, "search_issues": {"query": "issue"}, "get_issue": {"number": 1, "include": "comments,timeline"}, "list_issue_metadata": {},
		"list_pull_requests": {"include": "checks,review"}, "get_pull_request": {"number": 2, "include": "checks,reviews,threads,files,commits,comments"}, "get_pull_request_diff": {"number": 2},
		"list_review_threads": {"number": 2}, "list_workflow_runs": {}, "get_workflow_run": {"run_id": run}, "get_job_logs": {"run_id": run}, "diagnose_run": {"run_id": run},
		"list_releases": {}, "get_release": {"tag": "v1"}, "list_notifications": {"all": true}, "list_ci_variables": {},
	}
	for name, how := range map[string]contract.Spoil{"honest": nil, "nulls": contract.Nulls, "bare": contract.Bare} {
		t.Run(name, func(t *testing.T) {
			if how != nil {
				g.spoil.Store(&how)
			}
			defer g.spoil.Store(nil)
			g.Lie(func(l *github.Lies) { l.GraphNulls = name == "nulls" })
			for _, tool := range slices.Sorted(maps.Keys(reads)) {
				a := maps.Clone(reads[tool])
				if tool != "get_me" && tool != "search_repos" && tool != "list_notifications" {
					a["repo"] = repo
				}
				r := caller(c, "github", "author")(t, tool, a)
				// Without the branch of a run there is no green one to be found.
				if r.IsError || strings.Contains(r.Text, "warnings") && tool != "diagnose_run" {
					t.Errorf("%s %v: %.600s", tool, a, r.Text)
				}
			}
		})
	}
}

// fillGitHub makes a repository with one of everything, and a run that failed.
func fillGitHub(t *testing.T, g *gitHub, w github.World, call func(string, map[string]any) string) (repo string, run int64) {
	t.Helper()
	repo = w.NewRepo(t, "full")
	w.Label(t, repo, "bug")
	w.Milestone(t, repo, "v1")
	must(t, call, "create_issue", map[string]any{"repo": repo, "title": "An issue", "labels": "bug", "milestone": "v1", "assignees": "ann"})
	w.Comment(t, repo, 1, "A comment")
	must(t, call, "update_issue", map[string]any{"repo": repo, "number": 1, "title": "An issue, renamed", "state": "closed"})
	must(t, call, "create_branch", map[string]any{"repo": repo, "name": "side"})
	must(t, call, "commit_files", map[string]any{"repo": repo, "branch": "side", "message": "m", "changes": []any{map[string]any{"path": "c.txt", "action": "create", "content": "one\ntwo\n"}}})
	must(t, call, "create_pull_request", map[string]any{"repo": repo, "title": "P", "head": "side"})
	must(t, call, "update_pull_request", map[string]any{"repo": repo, "number": 2, "labels": "bug", "reviewers": "bob"})
	must(t, call, "create_release", map[string]any{"repo": repo, "tag": "v1", "target": "main", "name": "First"})
	path, workflow := w.Workflow("test")
	w.Put(t, repo, path, workflow)
	w.Play(t, repo, "main", []forgetest.StepState{{Name: "test", Log: []string{"ok"}}})
	w.Put(t, repo, "broken.txt", "x\n")
	run = w.Play(t, repo, "main", fails("--- FAIL: TestX (0.00s)"))
	g.Notify(repo, 1)
	g.Variable(repo, "REGION", "north")
	g.Secret(repo, "TOKEN")
	g.Status(repo, w.Head(t, repo, "side"), "lint", "success", "no complaints")
	g.Protect(repo, 1, "lint")
	return repo, run
}

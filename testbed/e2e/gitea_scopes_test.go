package e2e

import (
	"strings"
	"testing"

	"code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/testbed"
)

// TestGiteaScopes: the scopes that the documentation names are enough, and one
// that is missing is named.
func TestGiteaScopes(t *testing.T) {
	at := use(t, "gitea")
	api := giteaAPI(t, at)
	g := &giteaForge{at: at, api: api, prefix: "scopes-"}
	repo := g.NewRepo(t, "one")
	number := g.Issue(t, repo, "An issue", "")
	g.Comment(t, repo, number, "A comment")
	own, err := gitea.NewClient(at.URL, gitea.SetBasicAuth(at.User, at.Password), gitea.SetHTTPClient(browser))
	check(t, "as "+at.User, err)
	connect := func(name string, scopes ...string) *testbed.Client {
		var list []gitea.AccessTokenScope
		for _, s := range scopes {
			list = append(list, gitea.AccessTokenScope(s))
		}
		made, _, err := own.CreateAccessToken(gitea.CreateAccessTokenOption{Name: name, Scopes: list})
		check(t, "making a token", err)
		as := at
		as.Token = made.Token
		return newWorld(t, giteaServer(as, "LOOM_GITEA_TOOLSETS", "all")).Connect(testbed.ClientOptions{})
	}
	read := []string{"read:repository", "read:issue", "read:user", "read:organization"}
	c := connect("reader", read...)
	for tool, a := range map[string]string{
		"get_me": `{}`, "search_repos": args("owner", at.User), "get_repo": args("repo", repo), "get_file": args("repo", repo, "path", "README.md"),
		"list_files": args("repo", repo, "recursive", true), "search_code": args("repo", repo, "query", "one"), "list_commits": args("repo", repo),
		"list_issues": args("repo", repo), "get_issue": args("repo", repo, "number", number, "include", "comments,timeline"), "search_issues": args("query", "issue"),
		"list_pull_requests": args("repo", repo), "list_workflow_runs": args("repo", repo), "list_issue_metadata": args("repo", repo), "list_ci_variables": args("repo", repo),
		"list_releases": args("repo", repo),
	} {
		if f := c.Call("gitea__"+tool, a); f.Err() != nil || f.IsError() {
			t.Errorf("reading with %v: %s: %s", read, tool, f)
		}
	}
	for tool, tc := range map[string][2]string{
		"list_notifications": {`{}`, "read:notification"},
		"create_issue":       {args("repo", repo, "title", "x"), "write:issue"},
		"create_branch":      {args("repo", repo, "name", "x"), "write:repository"},
	} {
		f := c.Call("gitea__"+tool, tc[0])
		if !f.IsError() || !strings.Contains(f.Text(), "permission_denied") || !strings.Contains(f.Text(), tc[1]) {
			t.Errorf("%s without %s: %s", tool, tc[1], f)
		}
	}
	c = connect("writer", append(read, "write:issue", "write:repository")...)
	for _, call := range [][2]string{
		{"create_issue", args("repo", repo, "title", "x")},
		{"add_comment", args("repo", repo, "number", number, "body", "x")},
		{"commit_files", args("repo", repo, "branch", "side", "start_branch", "main", "message", "x", "changes", []any{map[string]any{"path": "x", "action": "create", "content": "x\n"}})},
		{"create_pull_request", args("repo", repo, "title", "x", "head", "side")},
		{"create_review", args("repo", repo, "number", 3, "body", "x", "comments", []any{map[string]any{"path": "x", "line": 1, "body": "x"}})},
		{"update_pull_request", args("repo", repo, "number", 3, "title", "y")},
		{"create_release", args("repo", repo, "tag", "v1", "target", "main")},
	} {
		if f := c.Call("gitea__"+call[0], call[1]); f.Err() != nil || f.IsError() {
			t.Errorf("writing: %s: %s", call[0], f)
		}
	}
}

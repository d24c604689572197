package e2e

import (
	"fmt"
	"strings"
	"testing"

	"code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/service"
)

// TestGiteaThroughLoom calls mcp-gitea through the whole line.
func TestGiteaThroughLoom(t *testing.T) {
	at := use(t, "gitea")
	api := giteaAPI(t, at)
	if _, _, err := api.CreateRepo(gitea.CreateRepoOption{Name: "line", AutoInit: true, DefaultBranch: "main"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := api.CreateIssue(at.User, "line", gitea.CreateIssueOption{Title: "The first", Body: "text"}); err != nil {
		t.Fatal(err)
	}
	c := newWorld(t, giteaServer(at)).Connect(testbed.ClientOptions{})
	repo := at.User + "/line"

	var me struct {
		Login         string
		ServerVersion string `json:"server_version"`
		MaxPerPage    int    `json:"max_per_page"`
	}
	structured(t, c, "gitea__get_me", `{}`, &me)
	if me.Login != at.User || me.ServerVersion != at.Version || me.MaxPerPage != 50 {
		t.Errorf("get_me says %+v", me)
	}
	if text := c.MustCall("gitea__get_repo", args("repo", repo)); !strings.Contains(text, "default_branch: main") || !strings.Contains(text, "Initial commit") {
		t.Errorf("get_repo says\n%s", text)
	}
	if text := c.MustCall("gitea__get_file", args("repo", repo, "path", "README.md")); !strings.Contains(text, "# line") {
		t.Errorf("get_file says\n%s", text)
	}
	var issues struct {
		Issues []struct {
			Number int
			Title  string
		}
	}
	structured(t, c, "gitea__list_issues", args("owner", at.User, "repo", "line"), &issues)
	if len(issues.Issues) != 1 || issues.Issues[0].Title != "The first" {
		t.Errorf("list_issues says %+v", issues)
	}
}

// giteaServer is a registry with mcp-gitea for that Gitea.
func giteaServer(at service.Endpoint, more ...string) string {
	env := fmt.Sprintf("GITEA_URL: %q, GITEA_TOKEN: %q", at.URL, at.Token)
	for i := 0; i+1 < len(more); i += 2 {
		env += fmt.Sprintf(", %s: %q", more[i], more[i+1])
	}
	return "servers:\n  gitea: {from: shipped, env: {" + env + "}}\n"
}

// giteaAPI is Gitea's own client, which the tools are compared with.
func giteaAPI(t *testing.T, at service.Endpoint) *gitea.Client {
	t.Helper()
	c, err := gitea.NewClient(at.URL, gitea.SetToken(at.Token), gitea.SetHTTPClient(browser))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

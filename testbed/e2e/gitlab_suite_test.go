package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/contract"
	"github.com/loom-core/loom/testbed/fault"
	"github.com/loom-core/loom/testbed/standin/gitlab"
)

// TestForgeGitLabSuite is the conformance suite of the forges on GitLab's
// stand-in, through the whole line.
func TestForgeGitLabSuite(t *testing.T) {
	gate(t)
	lab := gitlab.New(t)
	author, reviewer := lab.User("author"), lab.User("reviewer")
	url := described(t, lab)
	front := fault.Proxy(t, url)
	c := newWorld(t, gitlabServer(t, map[string]string{
		"GITLAB_INSTANCES": "author,reviewer", "LOOM_GITLAB_TOOLSETS": "all",
		"GITLAB_AUTHOR_URL": url, "GITLAB_AUTHOR_TOKEN": author, "GITLAB_REVIEWER_URL": url, "GITLAB_REVIEWER_TOKEN": reviewer,
	})).Connect(testbed.ClientOptions{})
	ro := newWorld(t, gitlabServer(t, map[string]string{
		"GITLAB_URL": front.URL, "GITLAB_TOKEN": author, "LOOM_GITLAB_READ_ONLY": "true", "LOOM_GITLAB_TOOLSETS": "all",
	})).Connect(testbed.ClientOptions{})
	f := gitlab.Forge{Lab: lab, Author: "author", Group: "acme/apps"}
	forgetest.Suite(t, forgetest.World{
		Nouns: forge.GitLab, Call: caller(c, "gitlab", "author"), Review: caller(c, "gitlab", "reviewer"), ReadOnly: caller(ro, "gitlab", ""),
		Mutations: func() (n int) {
			for _, r := range front.Requests() {
				if r.Method != http.MethodGet && r.Method != http.MethodHead {
					n++
				}
			}
			return n
		},
		Forge: f, CI: f, MaxPage: 100,
	})
	for _, request := range lab.Unknown() {
		t.Errorf("the stand-in does not know %s", request)
	}
}

// described is where the stand-in answers, behind GitLab's own description if
// there is a copy of it.
func described(t *testing.T, lab *gitlab.GitLab) string {
	t.Helper()
	if os.Getenv(contract.GitLabEnv) == "" {
		t.Logf("without %s requests are not held against GitLab's description", contract.GitLabEnv)
		return lab.URL
	}
	check := contract.NewChecker(t, contract.GitLab(t), lab.Handler())
	s := httptest.NewServer(check)
	t.Cleanup(s.Close)
	return s.URL
}

// gitlabServer is a registry with mcp-gitlab.
func gitlabServer(t *testing.T, env map[string]string) string {
	t.Helper()
	bin, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	text := "servers:\n  gitlab:\n    command: " + filepath.Join(bin, "mcp-gitlab") + "\n    share: global\n    concurrency: 16\n    env:\n"
	for name, value := range env {
		text += "      " + name + ": \"" + value + "\"\n"
	}
	return text
}

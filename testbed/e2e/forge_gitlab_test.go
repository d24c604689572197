package e2e

import (
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/contract"
	"github.com/loom-core/loom/testbed/fault"
	"github.com/loom-core/loom/testbed/standin/gitlab"
)

// gitlabs makes stand-ins of GitLab that hold what comes against GitLab's own
// description, if there is a copy of it.
type gitlabs struct {
	described *contract.Description // nil: there is none
	checks    []*contract.Checker
}

// gitlabLine is a stand-in, and mcp-gitlab before it as two people through the
// whole line.
type gitlabLine struct {
	gitlab.Forge
	url          string // of the stand-in
	front        *fault.Front
	token        string // of the author
	call, review forgetest.Caller
}

func (g *gitlabs) line(t *testing.T, env ...string) *gitlabLine {
	t.Helper()
	lab := gitlab.New(t)
	l := &gitlabLine{Forge: gitlab.Forge{Lab: lab, Author: "author", Group: "acme/apps"}, url: lab.URL, token: lab.User("author")}
	if g.described != nil {
		check := contract.NewChecker(t, g.described, lab.Handler())
		g.checks = append(g.checks, check)
		s := httptest.NewServer(check)
		t.Cleanup(s.Close)
		l.url = s.URL
	}
	l.front = fault.Proxy(t, l.url)
	c := newWorld(t, gitlabServer(append([]string{
		"GITLAB_URL", "", "GITLAB_TOKEN", "", "GITLAB_INSTANCES", "author,reviewer", "LOOM_GITLAB_TOOLSETS", "all",
		"GITLAB_AUTHOR_URL", l.front.URL, "GITLAB_AUTHOR_TOKEN", l.token, "GITLAB_REVIEWER_URL", l.front.URL, "GITLAB_REVIEWER_TOKEN", lab.User("reviewer"),
	}, env...)...)).Connect(testbed.ClientOptions{})
	l.call, l.review = caller(c, "gitlab", "author"), caller(c, "gitlab", "reviewer")
	t.Cleanup(func() {
		for _, request := range lab.Unknown() {
			t.Errorf("the stand-in does not know %s", request)
		}
	})
	return l
}

// covered fails for operations of the list that no line was asked for.
func (g *gitlabs) covered(t *testing.T) {
	if g.described == nil {
		t.Skip("needs a copy of GitLab's API description: " + contract.GitLabEnv + "=FILE make e2e RUN=gitlab")
	}
	for _, op := range g.described.Missing {
		t.Errorf("%s is in the list of operations and in no description: write it into testbed/contract/testdata/gitlab.lacks.yaml", op)
	}
	var called []string
	for _, c := range g.checks {
		called = append(called, c.Called()...)
	}
	for _, op := range g.described.Listed {
		if !slices.Contains(called, op) && !slices.Contains(g.described.Missing, op) {
			t.Errorf("%s is in testbed/contract/testdata/gitlab.txt, and nobody called it: take it out, or test what calls it", op)
		}
	}
}

// gitlabServer is a registry with mcp-gitlab; env is name, value, name, value.
func gitlabServer(env ...string) string {
	var b strings.Builder
	b.WriteString("servers:\n  gitlab:\n    from: shipped\n    env:\n")
	for i := 0; i+1 < len(env); i += 2 {
		fmt.Fprintf(&b, "      %s: %q\n", env[i], env[i+1])
	}
	return b.String()
}

func describedGitLab(t *testing.T) *contract.Description {
	t.Helper()
	if os.Getenv(contract.GitLabEnv) == "" {
		return nil
	}
	return contract.GitLab(t)
}

// TestForgeGitLab is mcp-gitlab on GitLab's stand-in.
func TestForgeGitLab(t *testing.T) {
	gate(t)
	g := &gitlabs{described: describedGitLab(t)}
	t.Run("suite", g.suite)
	t.Run("tools", g.tools)
	t.Run("behaviours", g.behaviours)
	t.Run("faults", g.faults)
	t.Run("versions", g.versions)
	t.Run("nulls", g.nulls)
	t.Run("contract", g.covered)
}

// suite is the conformance suite of the forges.
func (g *gitlabs) suite(t *testing.T) {
	l := g.line(t)
	only := fault.Proxy(t, l.url)
	ro := newWorld(t, gitlabServer("GITLAB_URL", only.URL, "GITLAB_TOKEN", l.token, "LOOM_GITLAB_READ_ONLY", "true", "LOOM_GITLAB_TOOLSETS", "all")).Connect(testbed.ClientOptions{})
	forgetest.Suite(t, forgetest.World{
		Nouns: forge.GitLab, Call: l.call, Review: l.review, ReadOnly: caller(ro, "gitlab", ""), MaxPage: 100, Forge: l.Forge, CI: l.Forge,
		Mutations: func() (n int) {
			for _, r := range only.Requests() {
				if r.Method != "GET" && r.Method != "HEAD" {
					n++
				}
			}
			return n
		},
	})
}

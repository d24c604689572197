package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/testbed"
	"github.com/loom-core/loom/testbed/service"
)

// giteaForge reads and prepares a real Gitea with its own client, for the
// conformance suite of the forges.
type giteaForge struct {
	at      service.Endpoint
	api     *gitea.Client
	prefix  string // of the repositories: one Gitea is shared by all tests
	runners map[string]*runner
}

func split(repo string) (owner, name string) {
	owner, name, _ = strings.Cut(repo, "/")
	return owner, name
}

func check(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func (g *giteaForge) NewRepo(t testing.TB, name string) string {
	t.Helper()
	r, _, err := g.api.CreateRepo(gitea.CreateRepoOption{Name: g.prefix + name, AutoInit: true, DefaultBranch: "main"})
	check(t, "making a repository", err)
	return r.FullName
}

func (g *giteaForge) Label(t testing.TB, repo, name string) {
	t.Helper()
	owner, r := split(repo)
	_, _, err := g.api.CreateLabel(owner, r, gitea.CreateLabelOption{Name: name, Color: "#ff0000"})
	check(t, "making a label", err)
}

func (g *giteaForge) Milestone(t testing.TB, repo, title string) {
	t.Helper()
	owner, r := split(repo)
	_, _, err := g.api.CreateMilestone(owner, r, gitea.CreateMilestoneOption{Title: title})
	check(t, "making a milestone", err)
}

func (g *giteaForge) Issue(t testing.TB, repo, title, body string) int {
	t.Helper()
	owner, r := split(repo)
	i, _, err := g.api.CreateIssue(owner, r, gitea.CreateIssueOption{Title: title, Body: body})
	check(t, "making an issue", err)
	return int(i.Index)
}

func (g *giteaForge) Comment(t testing.TB, repo string, number int, body string) {
	t.Helper()
	owner, r := split(repo)
	_, _, err := g.api.CreateIssueComment(owner, r, int64(number), gitea.CreateIssueCommentOption{Body: body})
	check(t, "making a comment", err)
}

func (g *giteaForge) File(t testing.TB, repo, ref, path string) string {
	t.Helper()
	owner, r := split(repo)
	c, resp, err := g.api.GetContents(owner, r, ref, path)
	if resp != nil && resp.StatusCode == 404 {
		return ""
	}
	check(t, "reading "+path, err)
	raw, err := base64.StdEncoding.DecodeString(*c.Content)
	check(t, "reading "+path, err)
	return string(raw)
}

func (g *giteaForge) Head(t testing.TB, repo, ref string) string {
	t.Helper()
	owner, r := split(repo)
	if b, _, err := g.api.GetRepoBranch(owner, r, ref); err == nil {
		return b.Commit.ID
	}
	if tag, _, err := g.api.GetTag(owner, r, ref); err == nil {
		return tag.Commit.SHA
	}
	return ""
}

func (g *giteaForge) GetIssue(t testing.TB, repo string, number int) forgetest.IssueState {
	t.Helper()
	owner, r := split(repo)
	i, _, err := g.api.GetIssue(owner, r, int64(number))
	check(t, "reading an issue", err)
	out := forgetest.IssueState{Title: i.Title, Body: i.Body, State: string(i.State)}
	if i.Milestone != nil {
		out.Milestone = i.Milestone.Title
	}
	for _, l := range i.Labels {
		out.Labels = append(out.Labels, l.Name)
	}
	for _, u := range i.Assignees {
		out.Assignees = append(out.Assignees, u.UserName)
	}
	comments, _, err := g.api.ListIssueComments(owner, r, int64(number), gitea.ListIssueCommentOptions{})
	check(t, "reading comments", err)
	for _, c := range comments {
		out.Comments = append(out.Comments, c.Body)
	}
	return out
}

func (g *giteaForge) GetPull(t testing.TB, repo string, number int) forgetest.PullState {
	t.Helper()
	owner, r := split(repo)
	p, _, err := g.api.GetPullRequest(owner, r, int64(number))
	check(t, "reading a pull request", err)
	out := forgetest.PullState{Title: p.Title, State: string(p.State), Head: p.Head.Name, Base: p.Base.Ref}
	if p.HasMerged {
		out.State = "merged"
	}
	if p.MergedCommitID != nil {
		out.MergeSHA = *p.MergedCommitID
	}
	return out
}

func (g *giteaForge) Reviews(t testing.TB, repo string, number int) (states []string) {
	t.Helper()
	owner, r := split(repo)
	list, _, err := g.api.ListPullReviews(owner, r, int64(number), gitea.ListPullReviewsOptions{})
	check(t, "reading reviews", err)
	for _, one := range list {
		states = append(states, map[gitea.ReviewStateType]string{
			gitea.ReviewStateApproved: "approved", gitea.ReviewStateRequestChanges: "changes_requested", gitea.ReviewStateComment: "commented",
		}[one.State])
	}
	return states
}

func (g *giteaForge) LineComments(t testing.TB, repo string, number int) (out []forgetest.CommentState) {
	t.Helper()
	owner, r := split(repo)
	list, _, err := g.api.ListPullReviews(owner, r, int64(number), gitea.ListPullReviewsOptions{})
	check(t, "reading reviews", err)
	for _, one := range list {
		comments, _, err := g.api.ListPullReviewComments(owner, r, int64(number), one.ID)
		check(t, "reading comments", err)
		for _, c := range comments {
			line := c.LineNum
			if line == 0 {
				line = c.OldLineNum
			}
			out = append(out, forgetest.CommentState{Path: c.Path, Line: int(line), Body: c.Body, Resolved: c.Resolver != nil})
		}
	}
	return out
}

func (g *giteaForge) GetRelease(t testing.TB, repo, tag string) forgetest.ReleaseState {
	t.Helper()
	owner, r := split(repo)
	one, _, err := g.api.GetReleaseByTag(owner, r, tag)
	check(t, "reading a release", err)
	return forgetest.ReleaseState{Name: one.Title, Body: one.Note, SHA: g.Head(t, repo, tag)}
}

func (*giteaForge) Workflow(steps ...string) (path, content string) { return workflow(steps...) }

// Play does the next task of the repository, and says which run that was of.
func (g *giteaForge) Play(t testing.TB, repo, _ string, steps []forgetest.StepState) int64 {
	t.Helper()
	r := g.runners[repo]
	if r == nil {
		r = newRunner(t, g.at, g.api, repo)
		g.runners[repo] = r
	}
	r.t = t
	task, run := r.fetch()
	r.play(task, steps)
	return run
}

// caller calls the tools through the whole line, of an instance if it is named.
func caller(c *testbed.Client, server, instance string) forgetest.Caller {
	return func(t testing.TB, tool string, args map[string]any) forgetest.Result {
		t.Helper()
		with := map[string]any{}
		for k, v := range args {
			with[k] = v
		}
		if instance != "" {
			with["instance"] = instance
		}
		raw, err := json.Marshal(with)
		check(t, "encoding arguments", err)
		began := time.Now()
		f := c.Call(server+"__"+tool, string(raw))
		if took := time.Since(began); took > 3*time.Second {
			t.Logf("%s took %s", tool, took.Round(time.Millisecond))
		}
		if f.Err() != nil {
			return forgetest.Result{IsError: true, Text: f.String()}
		}
		var result struct {
			Content           []struct{ Text string }
			StructuredContent json.RawMessage
			IsError           bool
		}
		check(t, "decoding a result", json.Unmarshal([]byte(f.Result()), &result))
		var texts []string
		for _, part := range result.Content {
			texts = append(texts, part.Text)
		}
		return forgetest.Result{Text: strings.Join(texts, "\n"), Structured: result.StructuredContent, IsError: result.IsError}
	}
}

// reviewer is somebody else on that Gitea, with a token.
func reviewer(t *testing.T, at service.Endpoint, api *gitea.Client) (token string) {
	t.Helper()
	no := false
	_, _, err := api.AdminCreateUser(gitea.CreateUserOption{
		Username: "reviewer", Email: "reviewer@example.test", Password: at.Password, MustChangePassword: &no,
	})
	check(t, "making a user", err)
	own, err := gitea.NewClient(at.URL, gitea.SetBasicAuth("reviewer", at.Password), gitea.SetHTTPClient(browser))
	check(t, "as the reviewer", err)
	made, _, err := own.CreateAccessToken(gitea.CreateAccessTokenOption{Name: "suite", Scopes: []gitea.AccessTokenScope{gitea.AccessTokenScopeAll}})
	check(t, "making a token", err)
	return made.Token
}

// instances is a registry with a server of a forge for the same forge as two
// people, or as one if there is no second token.
func instances(name, prefix, url, author, reviewer string, more ...string) string {
	env := []string{"LOOM_" + prefix + "_TOOLSETS: all"}
	if reviewer == "" {
		env = append(env, fmt.Sprintf("%s_URL: %q, %s_TOKEN: %q", prefix, url, prefix, author))
	} else {
		env = append(env, fmt.Sprintf(`%s_URL: "", %s_TOKEN: "", %s_INSTANCES: "author,reviewer"`, prefix, prefix, prefix))
		for who, token := range map[string]string{"AUTHOR": author, "REVIEWER": reviewer} {
			env = append(env, fmt.Sprintf("%s_%s_URL: %q, %s_%s_TOKEN: %q", prefix, who, url, prefix, who, token))
		}
	}
	slices.Sort(env)
	return "servers:\n  " + name + ": {from: shipped, env: {" + strings.Join(append(env, more...), ", ") + "}}\n"
}

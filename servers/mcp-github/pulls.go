package main

import (
	"context"
	"strconv"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
)

// ListPulls filters by the base. By the head GitHub does so only for a branch
// whose owner is known, which may be a fork's.
func (g *github) ListPulls(ctx context.Context, repo string, f forge.PullFilter, at forge.At) (forge.List[forge.Pull], error) {
	owner, name := forge.OwnerName(repo)
	o := &gh.PullRequestListOptions{State: f.State, Base: f.Base, Sort: f.Sort, ListOptions: page(at)}
	if f.State == "merged" {
		o.State = "closed"
	}
	if f.Sort != "" {
		o.Direction = "desc"
	}
	list, r, err := g.api.PullRequests.List(ctx, owner, name, o)
	return listed(list, r, toPull), wrap(ctx, err)
}

func (g *github) GetPull(ctx context.Context, repo string, number int) (forge.Pull, error) {
	p, err := g.pull(ctx, repo, number)
	if err != nil {
		return forge.Pull{}, err
	}
	return toPull(p), nil
}

func (g *github) pull(ctx context.Context, repo string, number int) (*gh.PullRequest, error) {
	owner, name := forge.OwnerName(repo)
	p, _, err := g.api.PullRequests.Get(ctx, owner, name, number)
	return p, wrap(ctx, err)
}

func (g *github) PullFiles(ctx context.Context, repo string, number int, at forge.At) (forge.List[forge.ChangedFile], error) {
	owner, name := forge.OwnerName(repo)
	o := page(at)
	files, r, err := g.api.PullRequests.ListFiles(ctx, owner, name, number, &o)
	return listed(files, r, toFile), wrap(ctx, err)
}

func (g *github) PullCommits(ctx context.Context, repo string, number int, at forge.At) (forge.List[forge.Commit], error) {
	owner, name := forge.OwnerName(repo)
	o := page(at)
	commits, r, err := g.api.PullRequests.ListCommits(ctx, owner, name, number, &o)
	return listed(commits, r, toCommit), wrap(ctx, err)
}

func (g *github) PullDiff(ctx context.Context, repo string, number int) (string, error) {
	owner, name := forge.OwnerName(repo)
	return g.diff(ctx, repoPath(repo, "pulls/"+strconv.Itoa(number)), func(o gh.ListOptions) ([]*gh.CommitFile, *gh.Response, error) {
		return g.api.PullRequests.ListFiles(ctx, owner, name, number, &o)
	})
}

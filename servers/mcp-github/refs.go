package main

import (
	"context"
	"net/http"
	"strings"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

func (g *github) Branches(ctx context.Context, repo string, at forge.At) (forge.List[forge.Ref], error) {
	owner, name := forge.OwnerName(repo)
	list, r, err := g.api.Repositories.ListBranches(ctx, owner, name, &gh.BranchListOptions{ListOptions: page(at)})
	return listed(list, r, func(b *gh.Branch) forge.Ref {
		return forge.Ref{Name: b.GetName(), SHA: b.GetCommit().GetSHA(), Protected: b.GetProtected()}
	}), wrap(ctx, err)
}

func (g *github) Tags(ctx context.Context, repo string, at forge.At) (forge.List[forge.Ref], error) {
	owner, name := forge.OwnerName(repo)
	o := page(at)
	list, r, err := g.api.Repositories.ListTags(ctx, owner, name, &o)
	return listed(list, r, func(t *gh.RepositoryTag) forge.Ref {
		return forge.Ref{Name: t.GetName(), SHA: t.GetCommit().GetSHA()}
	}), wrap(ctx, err)
}

// Resolve takes branches, tags and shas, and the default branch for nothing.
func (g *github) Resolve(ctx context.Context, repo, ref string) (string, error) {
	if ref == "" {
		ref = "HEAD"
	}
	sha, err := g.as(ctx, "sha", repoPath(repo, "commits/"+forge.EscapePath(ref)), nil)
	if err != nil {
		return "", unknownRef(err, repo, ref)
	}
	out := strings.TrimSpace(string(sha))
	if !forge.IsSHA(out) {
		return "", kit.Errorf(kit.Unavailable, "GitHub answered with no sha for %s of %s", ref, repo)
	}
	return out, nil
}

// unknownRef makes one error of the two that GitHub has for a ref that is not there.
func unknownRef(err error, repo, ref string) error {
	if forge.IsCode(err, kit.NotFound) {
		return kit.Errorf(kit.NotFound, "there is no %s in %s, as far as the token can see", ref, repo)
	}
	return err
}

func (g *github) CreateBranch(ctx context.Context, repo, branch, from string) (forge.Ref, error) {
	sha, err := g.Resolve(ctx, repo, from)
	if err != nil {
		return forge.Ref{}, err
	}
	owner, name := forge.OwnerName(repo)
	if _, _, err := g.api.Git.CreateRef(ctx, owner, name, gh.CreateRef{Ref: "refs/heads/" + branch, SHA: sha}); err != nil {
		return forge.Ref{}, wrap(ctx, err)
	}
	return forge.Ref{Name: branch, SHA: sha}, nil
}

func (g *github) DeleteBranch(ctx context.Context, repo, branch string) error {
	return g.write(ctx, http.MethodDelete, repoPath(repo, "git/refs/heads/"+forge.EscapePath(branch)), nil, nil)
}

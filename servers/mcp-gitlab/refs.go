package main

import (
	"context"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
)

func toBranch(b *gl.Branch) forge.Ref {
	if b == nil {
		return forge.Ref{}
	}
	c := toCommit(b.Commit)
	ref := forge.Ref{Name: b.Name, SHA: c.SHA, Message: c.Message, Date: c.Date, Protected: b.Protected}
	if b.Commit != nil && b.Commit.CommittedDate != nil {
		ref.Date = *b.Commit.CommittedDate
	}
	return ref
}

func (g *gitlab) Branches(ctx context.Context, repo string, at forge.At) (forge.List[forge.Ref], error) {
	branches, r, err := g.api.Branches.ListBranches(repo, &gl.ListBranchesOptions{ListOptions: options(at)}, in(ctx))
	if err != nil {
		return forge.List[forge.Ref]{}, wrap(ctx, err)
	}
	return listed(branches, r, toBranch), nil
}

func (g *gitlab) Tags(ctx context.Context, repo string, at forge.At) (forge.List[forge.Ref], error) {
	tags, r, err := g.api.Tags.ListTags(repo, &gl.ListTagsOptions{ListOptions: options(at)}, in(ctx))
	if err != nil {
		return forge.List[forge.Ref]{}, wrap(ctx, err)
	}
	return listed(tags, r, func(t *gl.Tag) forge.Ref {
		if t == nil {
			return forge.Ref{}
		}
		c := toCommit(t.Commit)
		ref := forge.Ref{Name: t.Name, Message: t.Message, SHA: c.SHA, Date: c.Date, Protected: t.Protected}
		if ref.SHA == "" {
			ref.SHA = t.Target
		}
		return ref
	}), nil
}

// Resolve takes branches, tags and shas, and the default branch for nothing.
func (g *gitlab) Resolve(ctx context.Context, repo, ref string) (string, error) {
	if ref == "" {
		p, err := g.project(ctx, repo)
		if err != nil {
			return "", err
		}
		ref = p.DefaultBranch
	}
	c, err := g.GetCommit(ctx, repo, ref)
	return c.SHA, err
}

// CreateBranch looks first: for what is not there GitLab has no 404.
func (g *gitlab) CreateBranch(ctx context.Context, repo, branch, from string) (forge.Ref, error) {
	sha, err := g.Resolve(ctx, repo, from)
	if err != nil {
		return forge.Ref{}, err
	}
	b, _, err := g.api.Branches.CreateBranch(repo, &gl.CreateBranchOptions{Branch: &branch, Ref: &sha}, in(ctx))
	if err != nil {
		return forge.Ref{}, wrap(ctx, err)
	}
	return toBranch(b), nil
}

func (g *gitlab) DeleteBranch(ctx context.Context, repo, branch string) error {
	_, err := g.api.Branches.DeleteBranch(repo, branch, in(ctx))
	return wrap(ctx, err)
}

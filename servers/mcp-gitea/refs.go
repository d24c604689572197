package main

import (
	"context"
	"net/http"

	sdk "code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit/upstream"
)

func toBranch(b *sdk.Branch) forge.Ref {
	if b == nil {
		return forge.Ref{}
	}
	ref := forge.Ref{Name: b.Name, Protected: b.Protected}
	if b.Commit != nil {
		ref.SHA, ref.Message, ref.Date = b.Commit.ID, b.Commit.Message, b.Commit.Timestamp
	}
	return ref
}

func (g *gitea) Branches(ctx context.Context, repo string, at forge.At) (forge.List[forge.Ref], error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.List[forge.Ref]{}, err
	}
	owner, name := forge.OwnerName(repo)
	list, r, err := c.ListRepoBranches(owner, name, sdk.ListRepoBranchesOptions{ListOptions: listOptions(at)})
	if err != nil {
		return forge.List[forge.Ref]{}, wrap(ctx, err)
	}
	return listed(list, r, toBranch), nil
}

func (g *gitea) Tags(ctx context.Context, repo string, at forge.At) (forge.List[forge.Ref], error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.List[forge.Ref]{}, err
	}
	owner, name := forge.OwnerName(repo)
	list, r, err := c.ListRepoTags(owner, name, sdk.ListRepoTagsOptions{ListOptions: listOptions(at)})
	if err != nil {
		return forge.List[forge.Ref]{}, wrap(ctx, err)
	}
	return listed(list, r, func(t *sdk.Tag) forge.Ref {
		ref := forge.Ref{Name: t.Name, Message: t.Message, SHA: t.ID}
		if t.Commit != nil {
			ref.SHA, ref.Date = t.Commit.SHA, t.Commit.Created
		}
		return ref
	}), nil
}

// Resolve takes branches, tags and shas, and the default branch for nothing.
func (g *gitea) Resolve(ctx context.Context, repo, ref string) (string, error) {
	if ref == "" {
		r, err := g.GetRepo(ctx, repo)
		if err != nil {
			return "", err
		}
		ref = r.DefaultBranch
	}
	c, err := g.GetCommit(ctx, repo, ref)
	return c.SHA, err
}

func (g *gitea) CreateBranch(ctx context.Context, repo, branch, from string) (forge.Ref, error) {
	from, err := g.Resolve(ctx, repo, from) // Gitea has an internal error for what is not there
	if err != nil {
		return forge.Ref{}, err
	}
	var made sdk.Branch
	// The SDK knows only branches to begin from.
	_, err = g.http.JSON(ctx, upstream.Request{
		Method: http.MethodPost, Path: repoPath(repo, "branches"),
		JSON: map[string]string{"new_branch_name": branch, "old_ref_name": from},
	}, &made)
	if err != nil {
		return forge.Ref{}, wrap(ctx, err)
	}
	return toBranch(&made), nil
}

func (g *gitea) DeleteBranch(ctx context.Context, repo, branch string) error {
	c, err := g.sdk(ctx)
	if err != nil {
		return err
	}
	owner, name := forge.OwnerName(repo)
	_, _, err = c.DeleteRepoBranch(owner, name, branch)
	return wrap(ctx, err)
}

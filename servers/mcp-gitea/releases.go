package main

import (
	"context"

	sdk "code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/servers/forge"
)

func (g *gitea) ListReleases(ctx context.Context, repo string, at forge.At) (forge.List[forge.Release], error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.List[forge.Release]{}, err
	}
	owner, name := forge.OwnerName(repo)
	list, r, err := c.ListReleases(owner, name, sdk.ListReleasesOptions{ListOptions: listOptions(at)})
	if err != nil {
		return forge.List[forge.Release]{}, wrap(ctx, err)
	}
	return listed(list, r, toRelease), nil
}

func (g *gitea) GetRelease(ctx context.Context, repo, tag string) (forge.Release, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Release{}, err
	}
	owner, name := forge.OwnerName(repo)
	var r *sdk.Release
	if tag == "" {
		r, _, err = c.GetLatestRelease(owner, name)
	} else {
		r, _, err = c.GetReleaseByTag(owner, name, tag)
	}
	if err != nil {
		return forge.Release{}, wrap(ctx, err)
	}
	return toRelease(r), nil
}

func (g *gitea) CreateRelease(ctx context.Context, repo string, n forge.NewRelease) (forge.Release, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Release{}, err
	}
	o := sdk.CreateReleaseOption{TagName: n.Tag, Target: n.Target, Title: n.Name, Note: n.Body, IsDraft: n.Draft, IsPrerelease: n.Prerelease}
	if o.Title == "" {
		o.Title = n.Tag // Gitea wants one
	}
	owner, name := forge.OwnerName(repo)
	r, _, err := c.CreateRelease(owner, name, o)
	if err != nil {
		return forge.Release{}, wrap(ctx, err)
	}
	return toRelease(r), nil
}

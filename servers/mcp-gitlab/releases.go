package main

import (
	"context"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

func (g *gitlab) ListReleases(ctx context.Context, repo string, at forge.At) (forge.List[forge.Release], error) {
	list, r, err := g.api.Releases.ListReleases(repo, &gl.ListReleasesOptions{ListOptions: options(at)}, in(ctx))
	if err != nil {
		return forge.List[forge.Release]{}, wrap(ctx, err)
	}
	return listed(list, r, toRelease), nil
}

func (g *gitlab) GetRelease(ctx context.Context, repo, tag string) (forge.Release, error) {
	if tag == "" { // the first of the list, which all versions have
		list, err := g.ListReleases(ctx, repo, forge.At{Page: 1, Size: 1})
		if err == nil && len(list.Items) == 0 {
			err = kit.Errorf(kit.NotFound, "%s has no release", repo)
		}
		if err != nil {
			return forge.Release{}, err
		}
		return list.Items[0], nil
	}
	r, _, err := g.api.Releases.GetRelease(repo, tag, in(ctx))
	if err != nil {
		return forge.Release{}, wrap(ctx, err)
	}
	return toRelease(r), nil
}

func (g *gitlab) CreateRelease(ctx context.Context, repo string, n forge.NewRelease) (forge.Release, error) {
	if n.Draft || n.Prerelease {
		return forge.Release{}, kit.Errorf(kit.Unsupported, "GitLab has no drafts of releases and no prereleases").WithHint("leave draft and prerelease out")
	}
	o := gl.CreateReleaseOptions{TagName: &n.Tag, Name: ptr(n.Name), Description: &n.Body, Ref: ptr(n.Target)}
	if n.Target == "" {
		p, err := g.project(ctx, repo)
		if err != nil {
			return forge.Release{}, err
		}
		o.Ref = &p.DefaultBranch // which GitLab does not look at where the tag is there
	}
	r, _, err := g.api.Releases.CreateRelease(repo, &o, in(ctx))
	if err != nil {
		return forge.Release{}, wrap(ctx, err)
	}
	return toRelease(r), nil
}

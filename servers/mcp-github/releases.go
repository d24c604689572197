package main

import (
	"context"
	"net/http"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
)

func (g *github) ListReleases(ctx context.Context, repo string, at forge.At) (forge.List[forge.Release], error) {
	owner, name := forge.OwnerName(repo)
	o := page(at)
	list, r, err := g.api.Repositories.ListReleases(ctx, owner, name, &o)
	return listed(list, r, toRelease), wrap(ctx, err)
}

func (g *github) GetRelease(ctx context.Context, repo, tag string) (forge.Release, error) {
	tail := "releases/latest"
	if tag != "" {
		tail = "releases/tags/" + forge.EscapePath(tag)
	}
	var r gh.RepositoryRelease
	err := g.read(ctx, repoPath(repo, tail), nil, &r)
	return toRelease(&r), err
}

func (g *github) CreateRelease(ctx context.Context, repo string, n forge.NewRelease) (forge.Release, error) {
	body := gh.CreateReleaseRequest{TagName: n.Tag, Draft: &n.Draft, Prerelease: &n.Prerelease, GenerateReleaseNotes: &n.Notes}
	for _, v := range []struct {
		value string
		field **string
	}{{n.Target, &body.TargetCommitish}, {n.Name, &body.Name}, {n.Body, &body.Body}} {
		if v.value != "" {
			*v.field = &v.value
		}
	}
	var r gh.RepositoryRelease
	err := g.write(ctx, http.MethodPost, repoPath(repo, "releases"), body, &r)
	return toRelease(&r), err
}

package main

import (
	"context"
	"net/http"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// repoOrder is how GitLab calls the orders of projects.
var repoOrder = map[string]string{"updated": "last_activity_at", "created": "created_at", "name": "name", "stars": "star_count"}

// SearchRepos looks in a group and its subgroups, or at a user, if there is an
// owner. Without anything to look for it lists what we are a member of: all that
// can be seen would be all that is public.
func (g *gitlab) SearchRepos(ctx context.Context, q forge.RepoQuery, at forge.At) (forge.List[forge.Repo], error) {
	o := gl.ListProjectsOptions{ListOptions: options(at), Search: ptr(q.Text), Archived: q.Archived, OrderBy: ptr(repoOrder[q.Sort])}
	if q.Sort == "name" {
		o.Sort = gl.Ptr("asc")
	}
	var projects []*gl.Project
	var r *gl.Response
	var err error
	hint := ""
	switch {
	case q.Owner != "":
		projects, r, err = g.api.Groups.ListGroupProjects(q.Owner, &gl.ListGroupProjectsOptions{
			ListOptions: o.ListOptions, Search: o.Search, Archived: o.Archived, OrderBy: o.OrderBy, Sort: o.Sort, IncludeSubGroups: gl.Ptr(true),
		}, in(ctx))
		if status(err) == http.StatusNotFound {
			projects, r, err = g.api.Projects.ListUserProjects(q.Owner, &o, in(ctx))
		}
	case q.Text == "":
		o.Membership, hint = gl.Ptr(true), "these are the projects that we are a member of; query or owner finds others"
		projects, r, err = g.api.Projects.ListProjects(&o, in(ctx))
	default:
		o.SearchNamespaces = gl.Ptr(true)
		projects, r, err = g.api.Projects.ListProjects(&o, in(ctx))
	}
	if err != nil {
		return forge.List[forge.Repo]{}, wrap(ctx, err)
	}
	list := listed(projects, r, toRepo)
	list.Hint = hint
	return list, nil
}

func (g *gitlab) project(ctx context.Context, repo string) (*gl.Project, error) {
	p, _, err := g.api.Projects.GetProject(repo, nil, in(ctx))
	return p, wrap(ctx, err)
}

// GetRepo counts the merge requests that are open, which a project does not say.
func (g *gitlab) GetRepo(ctx context.Context, repo string) (forge.Repo, error) {
	var out forge.Repo
	open := 0
	err := upstream.All(ctx, func(ctx context.Context) error {
		p, err := g.project(ctx, repo)
		out = toRepo(p)
		return err
	}, func(ctx context.Context) error {
		_, r, err := g.api.MergeRequests.ListProjectMergeRequests(repo, &gl.ListProjectMergeRequestsOptions{
			ListOptions: gl.ListOptions{Page: 1, PerPage: 1}, State: gl.Ptr("opened"),
		}, in(ctx))
		if err == nil {
			open = int(r.TotalItems)
		}
		return ctx.Err() // a project without merge requests says 403
	})
	out.OpenPulls = open
	return out, err
}

func (g *gitlab) Languages(ctx context.Context, repo string) ([]string, error) {
	shares, _, err := g.api.Projects.GetProjectLanguages(repo, in(ctx))
	if err != nil || shares == nil {
		return nil, wrap(ctx, err)
	}
	return forge.LargestFirst(*shares), nil
}

// CreateRepo finds the namespace by its path: our own has our name.
func (g *gitlab) CreateRepo(ctx context.Context, n forge.NewRepo) (forge.Repo, error) {
	o := gl.CreateProjectOptions{
		Name: &n.Name, Path: &n.Name, Description: ptr(n.Description), InitializeWithReadme: &n.Init, DefaultBranch: ptr(n.DefaultBranch),
		Visibility: gl.Ptr(gl.PrivateVisibility),
	}
	if !n.Private {
		o.Visibility = gl.Ptr(gl.PublicVisibility)
	}
	if n.Owner != "" {
		space, _, err := g.api.Namespaces.GetNamespace(n.Owner, in(ctx))
		if err != nil {
			return forge.Repo{}, wrap(ctx, err)
		}
		o.NamespaceID = &space.ID
	}
	p, _, err := g.api.Projects.CreateProject(&o, in(ctx))
	if err != nil {
		return forge.Repo{}, wrap(ctx, err)
	}
	return toRepo(p), nil
}

// ForkRepo begins a fork: GitLab fills it in the background.
func (g *gitlab) ForkRepo(ctx context.Context, repo, owner, name string) (forge.Repo, error) {
	p, _, err := g.api.Projects.ForkProject(repo, &gl.ForkProjectOptions{NamespacePath: ptr(owner), Name: ptr(name), Path: ptr(name)}, in(ctx))
	if err != nil {
		return forge.Repo{}, wrap(ctx, err)
	}
	return toRepo(p), nil
}

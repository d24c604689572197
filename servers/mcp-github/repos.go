package main

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

// SearchRepos searches, and lists our own where nothing is looked for.
func (g *github) SearchRepos(ctx context.Context, q forge.RepoQuery, at forge.At) (forge.List[forge.Repo], error) {
	sort := map[string]string{"updated": "updated", "stars": "stars"}[q.Sort]
	if q.Text == "" && q.Owner == "" {
		return g.ownRepos(ctx, q, at)
	}
	words := []string{"fork:true"}
	if q.Text != "" {
		words = append([]string{q.Text}, words...)
	}
	if q.Owner != "" {
		words = append(words, "user:"+q.Owner)
	}
	if q.Archived != nil {
		words = append(words, "archived:"+strconv.FormatBool(*q.Archived))
	}
	if over := beyond[forge.Repo](at); over != nil {
		return *over, nil
	}
	found, r, err := g.api.Search.Repositories(ctx, strings.Join(words, " "), &gh.SearchOptions{Sort: sort, ListOptions: page(at)})
	if err != nil {
		return forge.List[forge.Repo]{}, wrap(ctx, err)
	}
	list := searched(listed(found.Repositories, r, toRepo), found.GetTotal(), found.GetIncompleteResults())
	if q.Sort != "" && sort == "" && list.Hint == "" {
		list.Hint = "the best match is first: GitHub's search has no order by " + q.Sort
	}
	return list, nil
}

func (g *github) ownRepos(ctx context.Context, q forge.RepoQuery, at forge.At) (forge.List[forge.Repo], error) {
	o := &gh.RepositoryListByAuthenticatedUserOptions{ListOptions: page(at)}
	switch q.Sort {
	case "updated", "created":
		o.Sort, o.Direction = q.Sort, "desc"
	case "name":
		o.Sort, o.Direction = "full_name", "asc"
	}
	repos, r, err := g.api.Repositories.ListByAuthenticatedUser(ctx, o)
	list := listed(repos, r, toRepo)
	if q.Archived != nil {
		list.Items = slices.DeleteFunc(list.Items, func(r forge.Repo) bool { return r.Archived != *q.Archived })
	}
	return list, wrap(ctx, err)
}

func (g *github) GetRepo(ctx context.Context, repo string) (forge.Repo, error) {
	owner, name := forge.OwnerName(repo)
	r, _, err := g.api.Repositories.Get(ctx, owner, name)
	if err != nil {
		return forge.Repo{}, wrap(ctx, err)
	}
	out := toRepo(r)
	if r.GetSize() == 0 { // of small ones, too
		_, err := g.Resolve(ctx, repo, "")
		out.Empty = forge.IsCode(err, kit.FailedPrecondition) || forge.IsCode(err, kit.NotFound)
	}
	pulls, last, err := g.api.PullRequests.List(ctx, owner, name, &gh.PullRequestListOptions{State: "open", ListOptions: gh.ListOptions{PerPage: 1}})
	if err != nil {
		return out, wrap(ctx, err)
	}
	// With one on a page the last page is how many there are, and GitHub counts
	// them among the issues.
	out.OpenPulls = max(len(pulls), last.LastPage)
	out.OpenIssues = max(0, out.OpenIssues-out.OpenPulls)
	return out, nil
}

func (g *github) Languages(ctx context.Context, repo string) ([]string, error) {
	owner, name := forge.OwnerName(repo)
	sizes, _, err := g.api.Repositories.ListLanguages(ctx, owner, name)
	if err != nil {
		return nil, wrap(ctx, err)
	}
	return forge.LargestFirst(sizes), nil
}

// CreateRepo makes the first commit, too. Its branch is called as the account
// wants it, and is renamed if that is not what was asked for.
func (g *github) CreateRepo(ctx context.Context, n forge.NewRepo) (forge.Repo, error) {
	me, err := g.Me(ctx)
	if err != nil {
		return forge.Repo{}, err
	}
	org := n.Owner
	if strings.EqualFold(org, me.Login) {
		org = ""
	}
	made, _, err := g.api.Repositories.Create(ctx, org, &gh.Repository{Name: &n.Name, Description: &n.Description, Private: &n.Private, AutoInit: &n.Init})
	if err != nil {
		return forge.Repo{}, wrap(ctx, err)
	}
	out := toRepo(made)
	if n.Init && n.DefaultBranch != "" && out.DefaultBranch != n.DefaultBranch {
		owner, name := forge.OwnerName(out.Path)
		if _, _, err := g.api.Repositories.RenameBranch(ctx, owner, name, out.DefaultBranch, n.DefaultBranch); err != nil {
			return out, kit.Errorf(kit.FailedPrecondition, "%s was made, but its branch is still called %s: %w", out.Path, out.DefaultBranch, wrap(ctx, err))
		}
		out.DefaultBranch = n.DefaultBranch
	}
	return out, nil
}

// ForkRepo asks without the library, which takes the 202 for an error.
func (g *github) ForkRepo(ctx context.Context, repo, owner, name string) (forge.Repo, error) {
	body := make(map[string]string)
	if owner != "" {
		body["organization"] = owner
	}
	if name != "" {
		body["name"] = name
	}
	var made gh.Repository
	err := g.write(ctx, http.MethodPost, repoPath(repo, "forks"), body, &made)
	return toRepo(&made), err
}

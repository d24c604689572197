package main

import (
	"context"

	sdk "code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/servers/forge"
)

func (g *gitea) SearchRepos(ctx context.Context, q forge.RepoQuery, at forge.At) (forge.List[forge.Repo], error) {
	var none forge.List[forge.Repo]
	c, err := g.sdk(ctx)
	if err != nil {
		return none, err
	}
	o := sdk.SearchRepoOptions{ListOptions: listOptions(at), Keyword: q.Text, KeywordInDescription: q.Text != "", IsArchived: q.Archived}
	switch q.Sort {
	case "updated", "created":
		o.Sort, o.Order = q.Sort, "desc"
	case "name":
		o.Sort, o.Order = "alpha", "asc"
	case "stars":
		o.Sort, o.Order = "stars", "desc"
	}
	if q.Owner != "" {
		u, _, err := c.GetUserInfo(q.Owner)
		if err != nil {
			return none, wrap(ctx, err)
		}
		o.OwnerID = u.ID
	}
	repos, r, err := c.SearchRepos(o)
	if err != nil {
		return none, wrap(ctx, err)
	}
	return listed(repos, r, toRepo), nil
}

func (g *gitea) GetRepo(ctx context.Context, repo string) (forge.Repo, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Repo{}, err
	}
	owner, name := forge.OwnerName(repo)
	r, _, err := c.GetRepo(owner, name)
	if err != nil {
		return forge.Repo{}, wrap(ctx, err)
	}
	return toRepo(r), nil
}

func (g *gitea) Languages(ctx context.Context, repo string) ([]string, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return nil, err
	}
	owner, name := forge.OwnerName(repo)
	sizes, _, err := c.GetRepoLanguages(owner, name)
	if err != nil {
		return nil, wrap(ctx, err)
	}
	return forge.LargestFirst(sizes), nil
}

// Rules come from the branch itself: those of the protection need an administrator.
func (g *gitea) Rules(ctx context.Context, repo, branch string) (forge.Rules, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Rules{}, err
	}
	owner, name := forge.OwnerName(repo)
	b, _, err := c.GetRepoBranch(owner, name, branch)
	if err != nil {
		return forge.Rules{}, wrap(ctx, err)
	}
	rules := forge.Rules{Protected: b.Protected, Approvals: int(b.RequiredApprovals)}
	if b.EnableStatusCheck {
		rules.RequiredChecks = b.StatusCheckContexts
	}
	if !b.UserCanPush {
		rules.Notes = append(rules.Notes, "we may not push to "+branch)
	}
	if !b.UserCanMerge {
		rules.Notes = append(rules.Notes, "we may not merge into "+branch)
	}
	return rules, nil
}

func (g *gitea) Variables(ctx context.Context, repo string, at forge.At) (forge.List[forge.Variable], error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.List[forge.Variable]{}, err
	}
	owner, name := forge.OwnerName(repo)
	list, r, err := c.ListRepoActionVariable(owner, name, sdk.ListRepoActionVariableOption{ListOptions: listOptions(at)})
	if err != nil {
		return forge.List[forge.Variable]{}, wrap(ctx, err)
	}
	return listed(list, r, func(v *sdk.RepoActionVariable) forge.Variable {
		return forge.Variable{Name: v.Name, Scope: "repository"}
	}), nil
}

func (g *gitea) CreateRepo(ctx context.Context, n forge.NewRepo) (forge.Repo, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Repo{}, err
	}
	o := sdk.CreateRepoOption{Name: n.Name, Description: n.Description, Private: n.Private, AutoInit: n.Init, DefaultBranch: n.DefaultBranch}
	me, _, err := c.GetMyUserInfo()
	if err != nil {
		return forge.Repo{}, wrap(ctx, err)
	}
	var r *sdk.Repository
	if n.Owner == "" || n.Owner == me.UserName {
		r, _, err = c.CreateRepo(o)
	} else {
		r, _, err = c.CreateOrgRepo(n.Owner, o)
	}
	if err != nil {
		return forge.Repo{}, wrap(ctx, err)
	}
	return toRepo(r), nil
}

func (g *gitea) ForkRepo(ctx context.Context, repo, owner, name string) (forge.Repo, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Repo{}, err
	}
	var o sdk.CreateForkOption
	if owner != "" {
		o.Organization = &owner
	}
	if name != "" {
		o.Name = &name
	}
	of, from := forge.OwnerName(repo)
	r, _, err := c.CreateFork(of, from, o)
	if err != nil {
		return forge.Repo{}, wrap(ctx, err)
	}
	return toRepo(r), nil
}

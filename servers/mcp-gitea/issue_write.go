package main

import (
	"context"

	sdk "code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// labels of a repository: its own and those of its organization.
func (g *gitea) labels(ctx context.Context, repo string) ([]*sdk.Label, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return nil, err
	}
	owner, name := forge.OwnerName(repo)
	all, err := everything(func(o sdk.ListOptions) ([]*sdk.Label, *sdk.Response, error) {
		return c.ListRepoLabels(owner, name, sdk.ListLabelsOptions{ListOptions: o})
	})
	if err != nil {
		return nil, wrap(ctx, err)
	}
	org, err := everything(func(o sdk.ListOptions) ([]*sdk.Label, *sdk.Response, error) {
		return c.ListOrgLabels(owner, sdk.ListOrgLabelsOptions{ListOptions: o})
	})
	err = wrap(ctx, err)
	if forge.IsCode(err, kit.NotFound) || forge.IsCode(err, kit.PermissionDenied) { // the owner is no organization, or it is not for us
		return all, nil
	}
	return append(all, org...), err
}

// labelIDs are those of names. A name that is none is an error with those that are.
func (g *gitea) labelIDs(ctx context.Context, repo string, names []string) ([]int64, error) {
	if len(names) == 0 {
		return []int64{}, nil
	}
	labels, err := g.labels(ctx, repo)
	if err != nil {
		return nil, err
	}
	known := labelNames(labels)
	ids := make([]int64, 0, len(names))
	for _, name := range names {
		i, err := forge.Lookup("label", name, known)
		if err != nil {
			return nil, err
		}
		ids = append(ids, labels[i].ID)
	}
	return ids, nil
}

func (g *gitea) milestones(ctx context.Context, repo string) ([]*sdk.Milestone, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return nil, err
	}
	owner, name := forge.OwnerName(repo)
	all, err := everything(func(o sdk.ListOptions) ([]*sdk.Milestone, *sdk.Response, error) {
		return c.ListRepoMilestones(owner, name, sdk.ListMilestoneOption{ListOptions: o, State: sdk.StateAll})
	})
	return all, wrap(ctx, err)
}

// milestoneID is that of a title, 0 for none.
func (g *gitea) milestoneID(ctx context.Context, repo, title string) (int64, error) {
	if title == "" {
		return 0, nil
	}
	all, err := g.milestones(ctx, repo)
	if err != nil {
		return 0, err
	}
	i, err := forge.Lookup("milestone", title, forge.Present(all, milestoneTitle))
	if err != nil {
		return 0, err
	}
	return all[i].ID, nil
}

func (g *gitea) IssueMetadata(ctx context.Context, repo string) (forge.Metadata, error) {
	var out forge.Metadata
	owner, name := forge.OwnerName(repo)
	err := upstream.All(ctx, func(ctx context.Context) error {
		labels, err := g.labels(ctx, repo)
		for _, l := range labels {
			out.Labels = append(out.Labels, forge.Label{Name: l.Name, Description: l.Description})
		}
		return err
	}, func(ctx context.Context) error {
		milestones, err := g.milestones(ctx, repo)
		for _, m := range milestones {
			out.Milestones = append(out.Milestones, forge.Milestone{Title: m.Title, State: string(m.State), Open: m.OpenIssues, Closed: m.ClosedIssues, Due: forge.Value(m.Deadline)})
		}
		return err
	}, func(ctx context.Context) error {
		c, err := g.sdk(ctx)
		if err != nil {
			return err
		}
		users, _, err := c.GetAssignees(owner, name)
		out.Assignees = logins(users)
		return wrap(ctx, err)
	})
	return out, err
}

// CreateIssue looks all names up before it makes anything.
func (g *gitea) CreateIssue(ctx context.Context, repo string, ch forge.IssueChange) (forge.Issue, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Issue{}, err
	}
	o := sdk.CreateIssueOption{Title: forge.Value(ch.Title), Body: forge.Value(ch.Body), Assignees: forge.Value(ch.Assignees)}
	if o.Labels, err = g.labelIDs(ctx, repo, forge.Value(ch.Labels)); err != nil {
		return forge.Issue{}, err
	}
	if o.Milestone, err = g.milestoneID(ctx, repo, forge.Value(ch.Milestone)); err != nil {
		return forge.Issue{}, err
	}
	owner, name := forge.OwnerName(repo)
	i, _, err := c.CreateIssue(owner, name, o)
	if err != nil {
		return forge.Issue{}, wrap(ctx, err)
	}
	return toIssue(i), nil
}

func (g *gitea) UpdateIssue(ctx context.Context, repo string, number int, ch forge.IssueChange) (forge.Issue, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Issue{}, err
	}
	owner, name := forge.OwnerName(repo)
	o := sdk.EditIssueOption{Title: forge.Value(ch.Title), Body: ch.Body, Assignees: forge.Value(ch.Assignees)}
	if ch.State != nil {
		s := sdk.StateType(*ch.State)
		o.State = &s
	}
	if ch.Milestone != nil {
		n, err := g.milestoneID(ctx, repo, *ch.Milestone)
		if err != nil {
			return forge.Issue{}, err
		}
		o.Milestone = &n
	}
	var steps forge.Steps
	if err := g.setLabels(ctx, repo, number, ch.Labels, ch.AddLabels, ch.RemoveLabels, &steps); err != nil {
		return forge.Issue{}, err
	}
	if _, _, err := c.EditIssue(owner, name, int64(number), o); err != nil {
		return forge.Issue{}, steps.Failed(wrap(ctx, err))
	}
	steps.Done(forge.Given(map[string]bool{
		"title": ch.Title != nil, "body": ch.Body != nil, "state": ch.State != nil, "assignees": ch.Assignees != nil, "milestone": ch.Milestone != nil,
	})...)
	i, err := g.GetIssue(ctx, repo, number)
	return i, steps.Failed(err)
}

// setLabels replaces, adds and removes.
func (g *gitea) setLabels(ctx context.Context, repo string, number int, all *[]string, add, remove []string, steps *forge.Steps) error {
	c, err := g.sdk(ctx)
	if err != nil {
		return err
	}
	owner, name := forge.OwnerName(repo)
	var set, more, less []int64
	if all != nil {
		if set, err = g.labelIDs(ctx, repo, *all); err != nil {
			return err
		}
	}
	if more, err = g.labelIDs(ctx, repo, add); err != nil {
		return err
	}
	if less, err = g.labelIDs(ctx, repo, remove); err != nil {
		return err
	}
	if all != nil {
		if _, _, err = c.ReplaceIssueLabels(owner, name, int64(number), sdk.IssueLabelsOption{Labels: set}); err != nil {
			return wrap(ctx, err)
		}
		steps.Done("labels")
	}
	if len(more) > 0 {
		if _, _, err = c.AddIssueLabels(owner, name, int64(number), sdk.IssueLabelsOption{Labels: more}); err != nil {
			return steps.Failed(wrap(ctx, err))
		}
		steps.Done("add_labels")
	}
	for i, label := range less {
		if _, err = c.DeleteIssueLabel(owner, name, int64(number), label); err != nil {
			return steps.Failed(wrap(ctx, err))
		}
		steps.Done("remove_labels " + remove[i])
	}
	return nil
}

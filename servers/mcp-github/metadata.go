package main

import (
	"context"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit/upstream"
)

func (g *github) labels(ctx context.Context, repo string) ([]*gh.Label, error) {
	owner, name := forge.OwnerName(repo)
	all, err := everything(func(o gh.ListOptions) ([]*gh.Label, *gh.Response, error) {
		return g.api.Issues.ListLabels(ctx, owner, name, &o)
	})
	return all, wrap(ctx, err)
}

// known are labels as they are written. GitHub makes a label of a name that is
// none: one that was mistyped is an error here, with those that there are.
func (g *github) known(ctx context.Context, repo string, wanted ...string) ([]string, error) {
	out := []string{}
	if len(wanted) == 0 {
		return out, nil
	}
	labels, err := g.labels(ctx, repo)
	if err != nil {
		return nil, err
	}
	have := labelNames(labels)
	for _, name := range wanted {
		i, err := forge.Lookup("label", name, have)
		if err != nil {
			return nil, err
		}
		out = append(out, have[i])
	}
	return out, nil
}

func (g *github) milestones(ctx context.Context, repo string) ([]*gh.Milestone, error) {
	owner, name := forge.OwnerName(repo)
	all, err := everything(func(o gh.ListOptions) ([]*gh.Milestone, *gh.Response, error) {
		return g.api.Issues.ListMilestones(ctx, owner, name, &gh.MilestoneListOptions{State: "all", ListOptions: o})
	})
	return all, wrap(ctx, err)
}

// milestone is the number of a title, 0 for none.
func (g *github) milestone(ctx context.Context, repo, title string) (int, error) {
	if title == "" {
		return 0, nil
	}
	all, err := g.milestones(ctx, repo)
	if err != nil {
		return 0, err
	}
	i, err := forge.Lookup("milestone", title, forge.Present(all, (*gh.Milestone).GetTitle))
	if err != nil {
		return 0, err
	}
	return all[i].GetNumber(), nil
}

func (g *github) IssueMetadata(ctx context.Context, repo string) (forge.Metadata, error) {
	var out forge.Metadata
	owner, name := forge.OwnerName(repo)
	err := upstream.All(ctx, func(ctx context.Context) error {
		labels, err := g.labels(ctx, repo)
		for _, l := range labels {
			out.Labels = append(out.Labels, forge.Label{Name: l.GetName(), Description: l.GetDescription()})
		}
		return err
	}, func(ctx context.Context) error {
		milestones, err := g.milestones(ctx, repo)
		for _, m := range milestones {
			out.Milestones = append(out.Milestones, forge.Milestone{Title: m.GetTitle(), State: m.GetState(), Open: m.GetOpenIssues(), Closed: m.GetClosedIssues(), Due: at(m.DueOn)})
		}
		return err
	}, func(ctx context.Context) error {
		users, err := everything(func(o gh.ListOptions) ([]*gh.User, *gh.Response, error) {
			return g.api.Issues.ListAssignees(ctx, owner, name, &o)
		})
		out.Assignees = logins(users)
		return wrap(ctx, err)
	})
	return out, err
}

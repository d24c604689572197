package main

import (
	"context"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
)

// body is a text that GitLab does nothing for. Nil stays.
func body(s *string) *string {
	if s == nil {
		return nil
	}
	return gl.Ptr(noActions(*s))
}

// stateEvent is what makes something open or closed.
func stateEvent(state *string) *string {
	switch forge.Value(state) {
	case "open":
		return gl.Ptr("reopen")
	case "closed":
		return gl.Ptr("close")
	}
	return nil
}

// CreateIssue looks all names up before it makes anything.
func (g *gitlab) CreateIssue(ctx context.Context, repo string, ch forge.IssueChange) (forge.Issue, error) {
	o := gl.CreateIssueOptions{Title: ch.Title, Description: body(ch.Body)}
	names, err := g.labelNames(ctx, repo, forge.Value(ch.Labels))
	if err != nil {
		return forge.Issue{}, err
	}
	if len(names) > 0 {
		o.Labels = &names
	}
	if m, err := g.milestoneID(ctx, repo, forge.Value(ch.Milestone)); err != nil {
		return forge.Issue{}, err
	} else if m > 0 {
		o.MilestoneID = &m
	}
	if people := forge.Value(ch.Assignees); len(people) > 0 {
		ids, err := g.userIDs(ctx, people)
		if err != nil {
			return forge.Issue{}, err
		}
		o.AssigneeIDs = &ids
	}
	i, _, err := g.api.Issues.CreateIssue(repo, &o, in(ctx))
	if err != nil {
		return forge.Issue{}, wrap(ctx, err)
	}
	return toIssue(i), nil
}

func (g *gitlab) UpdateIssue(ctx context.Context, repo string, number int, ch forge.IssueChange) (forge.Issue, error) {
	o := gl.UpdateIssueOptions{Title: ch.Title, Description: body(ch.Body), StateEvent: stateEvent(ch.State)}
	for _, set := range []struct {
		names *[]string
		to    **gl.LabelOptions
	}{{ch.Labels, &o.Labels}, {some(ch.AddLabels), &o.AddLabels}, {some(ch.RemoveLabels), &o.RemoveLabels}} {
		if set.names == nil {
			continue
		}
		names, err := g.labelNames(ctx, repo, *set.names)
		if err != nil {
			return forge.Issue{}, err
		}
		*set.to = &names
	}
	if ch.Milestone != nil {
		m, err := g.milestoneID(ctx, repo, *ch.Milestone)
		if err != nil {
			return forge.Issue{}, err
		}
		o.MilestoneID = &m
	}
	if ch.Assignees != nil {
		ids, err := g.userIDs(ctx, *ch.Assignees)
		if err != nil {
			return forge.Issue{}, err
		}
		o.AssigneeIDs = &ids
	}
	if o == (gl.UpdateIssueOptions{}) { // which GitLab refuses
		return g.GetIssue(ctx, repo, number)
	}
	i, _, err := g.api.Issues.UpdateIssue(repo, int64(number), &o, in(ctx))
	if err != nil {
		return forge.Issue{}, wrap(ctx, err)
	}
	return toIssue(i), nil
}

// some is nil for no names.
func some(names []string) *[]string {
	if len(names) == 0 {
		return nil
	}
	return &names
}

package main

import (
	"context"

	sdk "code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/servers/forge"
)

func issueOption(f forge.IssueFilter, text string, at forge.At) sdk.ListIssueOption {
	o := sdk.ListIssueOption{
		ListOptions: listOptions(at), State: sdk.StateType(f.State), Type: sdk.IssueTypeIssue, KeyWord: text,
		Labels: f.Labels, Since: f.Since, CreatedBy: f.Author, AssignedBy: f.Assignee,
	}
	if f.Pulls {
		o.Type = sdk.IssueTypePull
	}
	if f.Milestone != "" {
		o.Milestones = []string{f.Milestone}
	}
	return o
}

func (g *gitea) ListIssues(ctx context.Context, repo string, f forge.IssueFilter, at forge.At) (forge.List[forge.Issue], error) {
	list, err := g.SearchIssues(ctx, repo, "", f, at)
	if f.Sort != "" && f.Sort != "created" && list.Hint == "" {
		list.Hint = "the newest issues are first: Gitea has no other order"
	}
	return list, err
}

// SearchIssues of all repositories takes no author: that is left to the tools.
func (g *gitea) SearchIssues(ctx context.Context, repo, text string, f forge.IssueFilter, at forge.At) (forge.List[forge.Issue], error) {
	var none forge.List[forge.Issue]
	c, err := g.sdk(ctx)
	if err != nil {
		return none, err
	}
	o := issueOption(f, text, at)
	var issues []*sdk.Issue
	var r *sdk.Response
	if repo == "" {
		o.CreatedBy, o.AssignedBy = "", ""
		issues, r, err = c.ListIssues(o)
	} else {
		owner, name := forge.OwnerName(repo)
		issues, r, err = c.ListRepoIssues(owner, name, o)
	}
	if err != nil {
		return none, wrap(ctx, err)
	}
	return listed(issues, r, func(i *sdk.Issue) forge.Issue {
		out := toIssue(i)
		if out.Repo == "" {
			out.Repo = repo
		}
		return out
	}), nil
}

func (g *gitea) GetIssue(ctx context.Context, repo string, number int) (forge.Issue, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Issue{}, err
	}
	owner, name := forge.OwnerName(repo)
	i, _, err := c.GetIssue(owner, name, int64(number))
	if err != nil {
		return forge.Issue{}, wrap(ctx, err)
	}
	return toIssue(i), nil
}

// Comments have no pages in Gitea.
func (g *gitea) Comments(ctx context.Context, repo string, number int, at forge.At) (forge.List[forge.Comment], error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.List[forge.Comment]{}, err
	}
	owner, name := forge.OwnerName(repo)
	comments, _, err := c.ListIssueComments(owner, name, int64(number), sdk.ListIssueCommentOptions{})
	if err != nil {
		return forge.List[forge.Comment]{}, wrap(ctx, err)
	}
	return forge.PageOf(forge.Present(comments, toComment), at), nil
}

func (g *gitea) Events(ctx context.Context, repo string, number int, at forge.At) (forge.List[forge.Event], error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.List[forge.Event]{}, err
	}
	owner, name := forge.OwnerName(repo)
	events, r, err := c.ListIssueTimeline(owner, name, int64(number), sdk.ListIssueCommentOptions{ListOptions: listOptions(at)})
	if err != nil {
		return forge.List[forge.Event]{}, wrap(ctx, err)
	}
	return listed(events, r, toEvent), nil
}

func toEvent(t *sdk.TimelineComment) forge.Event {
	if t == nil {
		return forge.Event{}
	}
	e := forge.Event{Type: t.Type, Actor: login(t.Poster), Date: t.Created, Text: t.Body}
	switch {
	case t.OldTitle != "" || t.NewTitle != "":
		e.Text = t.OldTitle + " -> " + t.NewTitle
	case t.NewMilestone != nil || t.OldMilestone != nil:
		e.Text = milestoneTitle(t.OldMilestone) + " -> " + milestoneTitle(t.NewMilestone)
	case len(t.Label) > 0:
		e.Text = labelNames(t.Label)[0]
	}
	return e
}

func (g *gitea) AddComment(ctx context.Context, repo string, number int, _ bool, body string) (forge.Comment, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Comment{}, err
	}
	owner, name := forge.OwnerName(repo)
	made, _, err := c.CreateIssueComment(owner, name, int64(number), sdk.CreateIssueCommentOption{Body: body})
	if err != nil {
		return forge.Comment{}, wrap(ctx, err)
	}
	return toComment(made), nil
}

func (g *gitea) GetComment(ctx context.Context, repo, comment string) (forge.Comment, error) {
	n, err := forge.CommentNumber(comment)
	if err != nil {
		return forge.Comment{}, err
	}
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Comment{}, err
	}
	owner, name := forge.OwnerName(repo)
	one, _, err := c.GetIssueComment(owner, name, n)
	if err != nil {
		return forge.Comment{}, wrap(ctx, err)
	}
	return toComment(one), nil
}

func (g *gitea) DeleteComment(ctx context.Context, repo, comment string) error {
	n, err := forge.CommentNumber(comment)
	if err != nil {
		return err
	}
	c, err := g.sdk(ctx)
	if err != nil {
		return err
	}
	owner, name := forge.OwnerName(repo)
	_, err = c.DeleteIssueComment(owner, name, n)
	return wrap(ctx, err)
}

package main

import (
	"context"
	"errors"
	"strconv"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

// ListIssues has the pull requests among them, which are issues to GitHub: the
// tools leave them out.
func (g *github) ListIssues(ctx context.Context, repo string, f forge.IssueFilter, at forge.At) (forge.List[forge.Issue], error) {
	var none forge.List[forge.Issue]
	o := &gh.IssueListByRepoOptions{
		State: f.State, Assignee: f.Assignee, Creator: f.Author, Labels: f.Labels, Sort: f.Sort, Since: f.Since, ListOptions: page(at),
	}
	if f.Milestone != "" {
		n, err := g.milestone(ctx, repo, f.Milestone)
		var e *kit.Error
		if errors.As(err, &e) && e.Code == kit.InvalidArgument {
			return forge.List[forge.Issue]{Hint: e.Message + "; " + e.Hint}, nil
		}
		if err != nil {
			return none, err
		}
		o.Milestone = strconv.Itoa(n)
	}
	owner, name := forge.OwnerName(repo)
	list, r, err := g.api.Issues.ListByRepo(ctx, owner, name, o)
	return listed(list, r, toIssue), wrap(ctx, err)
}

func (g *github) GetIssue(ctx context.Context, repo string, number int) (forge.Issue, error) {
	owner, name := forge.OwnerName(repo)
	i, _, err := g.api.Issues.Get(ctx, owner, name, number)
	if err != nil {
		return forge.Issue{}, wrap(ctx, err)
	}
	return toIssue(i), nil
}

func (g *github) Comments(ctx context.Context, repo string, number int, at forge.At) (forge.List[forge.Comment], error) {
	owner, name := forge.OwnerName(repo)
	list, r, err := g.api.Issues.ListComments(ctx, owner, name, number, &gh.IssueListCommentsOptions{ListOptions: page(at)})
	return listed(list, r, toComment), wrap(ctx, err)
}

func (g *github) Events(ctx context.Context, repo string, number int, at forge.At) (forge.List[forge.Event], error) {
	owner, name := forge.OwnerName(repo)
	o := page(at)
	list, r, err := g.api.Issues.ListIssueTimeline(ctx, owner, name, number, &o)
	return listed(list, r, toEvent), wrap(ctx, err)
}

func toEvent(t *gh.Timeline) forge.Event {
	e := forge.Event{Type: t.GetEvent(), Actor: t.GetActor().GetLogin(), Date: t.GetCreatedAt().Time, Text: t.GetBody()}
	if e.Actor == "" {
		e.Actor = t.GetUser().GetLogin()
	}
	if e.Date.IsZero() {
		e.Date = t.GetSubmittedAt().Time
	}
	switch {
	case t.Rename != nil:
		e.Text = t.Rename.GetFrom() + " -> " + t.Rename.GetTo()
	case t.Label != nil:
		e.Text = t.Label.GetName()
	case t.Milestone != nil:
		e.Text = t.Milestone.GetTitle()
	case t.Assignee != nil:
		e.Text = t.Assignee.GetLogin()
	case t.Reviewer != nil:
		e.Text = t.Reviewer.GetLogin()
	case t.RequestedTeam != nil:
		e.Text = teamPrefix + t.RequestedTeam.GetSlug()
	case t.Source.GetIssue() != nil:
		e.Text = t.Source.GetIssue().GetHTMLURL()
	case t.GetMessage() != "": // of a commit
		e.Text, e.Actor, e.Date = t.GetMessage(), t.GetAuthor().GetName(), t.GetAuthor().GetDate().Time
	case t.GetCommitID() != "" && e.Text == "":
		e.Text = t.GetCommitID()
	case t.GetState() != "" && e.Text == "":
		e.Text = t.GetState()
	}
	return e
}

func (g *github) AddComment(ctx context.Context, repo string, number int, _ bool, body string) (forge.Comment, error) {
	owner, name := forge.OwnerName(repo)
	c, _, err := g.api.Issues.CreateComment(ctx, owner, name, number, &gh.IssueComment{Body: &body})
	if err != nil {
		return forge.Comment{}, wrap(ctx, err)
	}
	return toComment(c), nil
}

func (g *github) GetComment(ctx context.Context, repo, comment string) (forge.Comment, error) {
	n, err := forge.CommentNumber(comment)
	if err != nil {
		return forge.Comment{}, err
	}
	owner, name := forge.OwnerName(repo)
	c, _, err := g.api.Issues.GetComment(ctx, owner, name, n)
	if err != nil {
		return forge.Comment{}, wrap(ctx, err)
	}
	return toComment(c), nil
}

func (g *github) DeleteComment(ctx context.Context, repo, comment string) error {
	n, err := forge.CommentNumber(comment)
	if err != nil {
		return err
	}
	owner, name := forge.OwnerName(repo)
	_, err = g.api.Issues.DeleteComment(ctx, owner, name, n)
	return wrap(ctx, err)
}

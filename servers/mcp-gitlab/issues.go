package main

import (
	"context"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
)

// openState is a state as GitLab's filters have it.
func openState(state string) *string {
	if state == "open" {
		state = "opened"
	}
	return ptr(state)
}

func labels(names []string) *gl.LabelOptions {
	if len(names) == 0 {
		return nil
	}
	return gl.Ptr(gl.LabelOptions(names))
}

func issueOrder(sort string) *string {
	if sort == "updated" || sort == "created" {
		return gl.Ptr(sort + "_at")
	}
	return nil
}

func (g *gitlab) ListIssues(ctx context.Context, repo string, f forge.IssueFilter, at forge.At) (forge.List[forge.Issue], error) {
	list, err := g.SearchIssues(ctx, repo, "", f, at)
	if f.Sort == "comments" && list.Hint == "" {
		list.Hint = "the newest issues are first: GitLab has no order by comments"
	}
	return list, err
}

// SearchIssues looks through merge requests instead if the filter says so.
func (g *gitlab) SearchIssues(ctx context.Context, repo, text string, f forge.IssueFilter, at forge.At) (forge.List[forge.Issue], error) {
	if f.Pulls {
		return g.searchPulls(ctx, repo, text, f, at)
	}
	var issues []*gl.Issue
	var r *gl.Response
	var err error
	if repo == "" {
		issues, r, err = g.api.Issues.ListIssues(&gl.ListIssuesOptions{
			ListOptions: options(at), Scope: gl.Ptr("all"), State: openState(f.State), Search: ptr(text), Labels: labels(f.Labels), AuthorUsername: ptr(f.Author),
			AssigneeUsername: ptr(f.Assignee), Milestone: ptr(f.Milestone), UpdatedAfter: since(f.Since), OrderBy: issueOrder(f.Sort),
		}, in(ctx))
	} else {
		issues, r, err = g.api.Issues.ListProjectIssues(repo, &gl.ListProjectIssuesOptions{
			ListOptions: options(at), State: openState(f.State), Search: ptr(text), Labels: labels(f.Labels), AuthorUsername: ptr(f.Author),
			AssigneeUsername: ptr(f.Assignee), Milestone: ptr(f.Milestone), UpdatedAfter: since(f.Since), OrderBy: issueOrder(f.Sort),
		}, in(ctx))
	}
	if err != nil {
		return forge.List[forge.Issue]{}, wrap(ctx, err)
	}
	return listed(issues, r, func(i *gl.Issue) forge.Issue {
		out := toIssue(i)
		if repo != "" {
			out.Repo = repo
		}
		return out
	}), nil
}

func (g *gitlab) searchPulls(ctx context.Context, repo, text string, f forge.IssueFilter, at forge.At) (forge.List[forge.Issue], error) {
	var pulls []*gl.BasicMergeRequest
	var r *gl.Response
	var err error
	if repo == "" {
		pulls, r, err = g.api.MergeRequests.ListMergeRequests(&gl.ListMergeRequestsOptions{
			ListOptions: options(at), Scope: gl.Ptr("all"), State: openState(f.State), Search: ptr(text), Labels: labels(f.Labels), AuthorUsername: ptr(f.Author),
		}, in(ctx))
	} else {
		pulls, r, err = g.api.MergeRequests.ListProjectMergeRequests(repo, &gl.ListProjectMergeRequestsOptions{
			ListOptions: options(at), State: openState(f.State), Search: ptr(text), Labels: labels(f.Labels), AuthorUsername: ptr(f.Author),
		}, in(ctx))
	}
	if err != nil {
		return forge.List[forge.Issue]{}, wrap(ctx, err)
	}
	return listed(pulls, r, func(m *gl.BasicMergeRequest) forge.Issue {
		p := toPull(m)
		out := forge.Issue{
			Repo: repo, Title: p.Title, State: p.State, Body: p.Body, Author: p.Author, Milestone: p.Milestone, URL: p.URL, Number: p.Number,
			Comments: p.Comments, Labels: p.Labels, Assignees: p.Assignees, Locked: p.Locked, Pull: true, Created: p.Created, Updated: p.Updated, Closed: p.Closed,
		}
		if m != nil && repo == "" {
			out.Repo = repoOf(m.References)
		}
		return out
	}), nil
}

func (g *gitlab) GetIssue(ctx context.Context, repo string, number int) (forge.Issue, error) {
	i, _, err := g.api.Issues.GetIssue(repo, int64(number), in(ctx))
	if err != nil {
		return forge.Issue{}, wrap(ctx, err)
	}
	return toIssue(i), nil
}

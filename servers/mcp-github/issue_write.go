package main

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

// CreateIssue looks all names up before it makes anything.
func (g *github) CreateIssue(ctx context.Context, repo string, ch forge.IssueChange) (forge.Issue, error) {
	body, err := g.issueBody(ctx, repo, ch)
	if err != nil {
		return forge.Issue{}, err
	}
	if body["milestone"] == nil {
		delete(body, "milestone")
	}
	var i gh.Issue
	err = g.write(ctx, http.MethodPost, repoPath(repo, "issues"), body, &i)
	return toIssue(&i), err
}

// issueBody are the fields that change, with the names looked up. The library
// leaves out the null that takes a milestone away.
func (g *github) issueBody(ctx context.Context, repo string, ch forge.IssueChange) (map[string]any, error) {
	body := make(map[string]any)
	for name, v := range map[string]*string{"title": ch.Title, "body": ch.Body, "state": ch.State, "state_reason": ch.StateReason} {
		if v != nil {
			body[name] = *v
		}
	}
	if ch.Labels != nil {
		labels, err := g.known(ctx, repo, *ch.Labels...)
		if err != nil {
			return nil, err
		}
		body["labels"] = labels
	}
	if ch.Assignees != nil {
		body["assignees"] = append([]string{}, *ch.Assignees...)
	}
	if ch.Milestone != nil {
		n, err := g.milestone(ctx, repo, *ch.Milestone)
		if err != nil {
			return nil, err
		}
		if body["milestone"] = nil; n > 0 {
			body["milestone"] = n
		}
	}
	return body, nil
}

// UpdateIssue adds and removes labels one by one: others may do so meanwhile.
func (g *github) UpdateIssue(ctx context.Context, repo string, number int, ch forge.IssueChange) (forge.Issue, error) {
	body, err := g.issueBody(ctx, repo, ch)
	if err != nil {
		return forge.Issue{}, err
	}
	add, err := g.known(ctx, repo, ch.AddLabels...)
	if err != nil {
		return forge.Issue{}, err
	}
	issue := "issues/" + strconv.Itoa(number)
	var steps forge.Steps
	if len(body) > 0 {
		if err := g.write(ctx, http.MethodPatch, repoPath(repo, issue), body, nil); err != nil {
			return forge.Issue{}, err
		}
		steps.Done(slices.Sorted(maps.Keys(body))...)
	}
	if len(add) > 0 {
		if err := g.write(ctx, http.MethodPost, repoPath(repo, issue+"/labels"), map[string]any{"labels": add}, nil); err != nil {
			return forge.Issue{}, steps.Failed(err)
		}
		steps.Done("add_labels")
	}
	for _, label := range ch.RemoveLabels {
		err := g.write(ctx, http.MethodDelete, repoPath(repo, issue+"/labels/"+url.PathEscape(label)), nil, nil)
		if err != nil && !forge.IsCode(err, kit.NotFound) { // it does not have it
			return forge.Issue{}, steps.Failed(err)
		}
		steps.Done("remove_labels " + label)
	}
	i, err := g.GetIssue(ctx, repo, number)
	return i, steps.Failed(err)
}

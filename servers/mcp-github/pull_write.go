package main

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

// CreatePull looks all names up before it makes anything. What belongs to the
// issue that a pull request is to GitHub is set after it is there.
func (g *github) CreatePull(ctx context.Context, repo string, ch forge.PullChange) (forge.Pull, error) {
	rest, err := g.issueBody(ctx, repo, pullIssue(ch, true))
	if err != nil {
		return forge.Pull{}, err
	}
	owner, name := forge.OwnerName(repo)
	p, _, err := g.api.PullRequests.Create(ctx, owner, name, &gh.NewPullRequest{
		Title: ch.Title, Head: &ch.Head, Base: ch.Base, Body: ch.Body, Draft: ch.Draft,
	})
	if err != nil {
		return forge.Pull{}, wrap(ctx, err)
	}
	number := p.GetNumber()
	made := func(err error) error { return forge.Half(err, "pull request %d was made", number) }
	var steps forge.Steps
	if err := g.pullRest(ctx, repo, number, rest, ch, &steps); err != nil {
		return toPull(p), made(err)
	}
	out, err := g.GetPull(ctx, repo, number)
	if err != nil {
		return toPull(p), made(steps.Failed(err))
	}
	return out, nil
}

// pullIssue are the fields of a pull request that are its issue's. Of one that is
// new the empty ones are left out.
func pullIssue(ch forge.PullChange, made bool) forge.IssueChange {
	out := forge.IssueChange{Labels: ch.Labels, Assignees: ch.Assignees, Milestone: ch.Milestone}
	if made && len(forge.Value(ch.Labels)) == 0 {
		out.Labels = nil
	}
	if made && len(forge.Value(ch.Assignees)) == 0 {
		out.Assignees = nil
	}
	if made && forge.Value(ch.Milestone) == "" {
		out.Milestone = nil
	}
	return out
}

// pullRest sets what the request for the pull request itself does not take.
func (g *github) pullRest(ctx context.Context, repo string, number int, issue map[string]any, ch forge.PullChange, steps *forge.Steps) error {
	if len(issue) > 0 {
		if err := g.write(ctx, http.MethodPatch, repoPath(repo, "issues/"+strconv.Itoa(number)), issue, nil); err != nil {
			return steps.Failed(err)
		}
		steps.Done(slices.Sorted(maps.Keys(issue))...)
	}
	path := repoPath(repo, "pulls/"+strconv.Itoa(number)+"/requested_reviewers")
	if len(ch.Reviewers) > 0 {
		if err := g.write(ctx, http.MethodPost, path, reviewers(ch.Reviewers), nil); err != nil {
			return steps.Failed(err)
		}
		steps.Done("reviewers")
	}
	if len(ch.RemoveReviewers) > 0 {
		if err := g.write(ctx, http.MethodDelete, path, reviewers(ch.RemoveReviewers), nil); err != nil {
			return steps.Failed(err)
		}
		steps.Done("remove_reviewers")
	}
	return nil
}

// teamPrefix marks a team among reviewers: team/backend, or acme/backend.
const teamPrefix = "team/"

func reviewers(list []string) map[string]any {
	people, teams := []string{}, []string{}
	for _, name := range list {
		if _, team, ok := strings.Cut(name, "/"); ok {
			teams = append(teams, team)
		} else {
			people = append(people, name)
		}
	}
	body := map[string]any{"reviewers": people}
	if len(teams) > 0 {
		body["team_reviewers"] = teams
	}
	return body
}

// UpdatePull leaves the state of a draft to GraphQL: REST has no way to it.
func (g *github) UpdatePull(ctx context.Context, repo string, number int, ch forge.PullChange) (forge.Pull, error) {
	rest, err := g.issueBody(ctx, repo, pullIssue(ch, false))
	if err != nil {
		return forge.Pull{}, err
	}
	before, err := g.pull(ctx, repo, number)
	if err != nil {
		return forge.Pull{}, err
	}
	body := make(map[string]any)
	for name, v := range map[string]*string{"title": ch.Title, "body": ch.Body, "base": ch.Base, "state": ch.State} {
		if v != nil {
			body[name] = *v
		}
	}
	var steps forge.Steps
	if len(body) > 0 {
		if err := g.write(ctx, http.MethodPatch, repoPath(repo, "pulls/"+strconv.Itoa(number)), body, nil); err != nil {
			return forge.Pull{}, err
		}
		steps.Done(slices.Sorted(maps.Keys(body))...)
	}
	if ch.Draft != nil && *ch.Draft != before.GetDraft() {
		document := "ready"
		if *ch.Draft {
			document = "draft"
		}
		var made struct{}
		if err := g.ask(ctx, document, map[string]any{"id": before.GetNodeID()}, &made); err != nil {
			return forge.Pull{}, steps.Failed(err)
		}
		steps.Done("draft")
	}
	if err := g.pullRest(ctx, repo, number, rest, ch, &steps); err != nil {
		return forge.Pull{}, err
	}
	p, err := g.GetPull(ctx, repo, number)
	return p, steps.Failed(err)
}

func (g *github) MergePull(ctx context.Context, repo string, number int, m forge.Merge) (string, error) {
	before, err := g.pull(ctx, repo, number)
	if err != nil {
		return "", err
	}
	body := map[string]any{"merge_method": m.Method, "sha": m.HeadSHA}
	if m.Title != "" {
		body["commit_title"] = m.Title
	}
	if m.Message != "" {
		body["commit_message"] = m.Message
	}
	var made gh.PullRequestMergeResult
	if err := g.write(ctx, http.MethodPut, repoPath(repo, "pulls/"+strconv.Itoa(number)+"/merge"), body, &made); err != nil {
		var e *kit.Error
		if errors.As(err, &e) && e.Status == http.StatusMethodNotAllowed { // not the method of HTTP: the merge
			refused := *e
			refused.Code, refused.Hint = kit.FailedPrecondition, "get_pull_request shows the blockers"
			return "", &refused
		}
		return "", err
	}
	if !m.DeleteBranch {
		return made.GetSHA(), nil
	}
	if before.GetHead().GetRepo().GetFullName() != before.GetBase().GetRepo().GetFullName() {
		return made.GetSHA(), nil // the tool has refused to promise it
	}
	err = g.DeleteBranch(ctx, repo, before.GetHead().GetRef())
	if err != nil && !forge.IsCode(err, kit.NotFound) { // GitHub may be set to delete it itself
		return made.GetSHA(), forge.Half(err, "pull request %d was merged as %s", number, made.GetSHA())
	}
	return made.GetSHA(), nil
}

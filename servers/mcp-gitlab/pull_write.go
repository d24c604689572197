package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

// draftTitle is how GitLab marks a draft: by its title.
func draftTitle(title string, draft bool) string {
	bare := strings.TrimSpace(title)
	for again := true; again; {
		again = false
		for _, prefix := range []string{"draft:", "[draft]", "(draft)", "wip:", "[wip]"} {
			if len(bare) >= len(prefix) && strings.EqualFold(bare[:len(prefix)], prefix) {
				bare, again = strings.TrimSpace(bare[len(prefix):]), true
			}
		}
	}
	if draft {
		return "Draft: " + bare
	}
	return bare
}

// CreatePull makes it in the project of the branch, which is another one for a
// fork, owner:branch: the fork has the name of the project.
func (g *gitlab) CreatePull(ctx context.Context, repo string, ch forge.PullChange) (forge.Pull, error) {
	from, branch := repo, ch.Head
	o := gl.CreateMergeRequestOptions{Title: ch.Title, Description: body(ch.Body), TargetBranch: ch.Base}
	if owner, head, fork := strings.Cut(ch.Head, ":"); fork {
		p, err := g.project(ctx, repo)
		if err != nil {
			return forge.Pull{}, err
		}
		from, branch, o.TargetProjectID = owner+"/"+p.Path, head, &p.ID
	}
	o.SourceBranch = &branch
	if ch.Draft != nil && *ch.Draft {
		o.Title = gl.Ptr(draftTitle(forge.Value(ch.Title), true))
	}
	if _, _, err := g.api.Branches.GetBranch(from, branch, in(ctx)); err != nil { // GitLab makes one of a branch that is not there
		return forge.Pull{}, wrap(ctx, err)
	}
	names, err := g.labelNames(ctx, repo, forge.Value(ch.Labels))
	if err != nil {
		return forge.Pull{}, err
	}
	if len(names) > 0 {
		o.Labels = &names
	}
	if m, err := g.milestoneID(ctx, repo, forge.Value(ch.Milestone)); err != nil {
		return forge.Pull{}, err
	} else if m > 0 {
		o.MilestoneID = &m
	}
	for _, people := range []struct {
		names []string
		to    **[]int64
	}{{forge.Value(ch.Assignees), &o.AssigneeIDs}, {ch.Reviewers, &o.ReviewerIDs}} {
		if len(people.names) == 0 {
			continue
		}
		ids, err := g.userIDs(ctx, people.names)
		if err != nil {
			return forge.Pull{}, err
		}
		*people.to = &ids
	}
	m, _, err := g.api.MergeRequests.CreateMergeRequest(from, &o, in(ctx))
	if err != nil {
		return forge.Pull{}, wrap(ctx, err)
	}
	return fullPull(m), nil
}

func (g *gitlab) UpdatePull(ctx context.Context, repo string, number int, ch forge.PullChange) (forge.Pull, error) {
	before, err := g.mergeRequest(ctx, repo, number)
	if err != nil {
		return forge.Pull{}, err
	}
	o := gl.UpdateMergeRequestOptions{Title: ch.Title, Description: body(ch.Body), TargetBranch: ch.Base, StateEvent: stateEvent(ch.State)}
	switch {
	case ch.Draft != nil && ch.Title != nil:
		o.Title = gl.Ptr(draftTitle(*ch.Title, *ch.Draft))
	case ch.Draft != nil && *ch.Draft != before.Draft:
		o.Title = gl.Ptr(draftTitle(before.Title, *ch.Draft))
	case ch.Title != nil && before.Draft: // it stays one
		o.Title = gl.Ptr(draftTitle(*ch.Title, true))
	}
	if ch.Labels != nil {
		names, err := g.labelNames(ctx, repo, *ch.Labels)
		if err != nil {
			return forge.Pull{}, err
		}
		o.Labels = &names
	}
	if ch.Milestone != nil {
		m, err := g.milestoneID(ctx, repo, *ch.Milestone)
		if err != nil {
			return forge.Pull{}, err
		}
		o.MilestoneID = &m
	}
	if ch.Assignees != nil {
		ids, err := g.userIDs(ctx, *ch.Assignees)
		if err != nil {
			return forge.Pull{}, err
		}
		o.AssigneeIDs = &ids
	}
	if len(ch.Reviewers)+len(ch.RemoveReviewers) > 0 {
		ids, err := g.reviewerIDs(ctx, before, ch.Reviewers, ch.RemoveReviewers)
		if err != nil {
			return forge.Pull{}, err
		}
		o.ReviewerIDs = &ids
	}
	if o == (gl.UpdateMergeRequestOptions{}) { // which GitLab refuses
		return fullPull(before), nil
	}
	m, _, err := g.api.MergeRequests.UpdateMergeRequest(repo, int64(number), &o, in(ctx))
	if err != nil {
		return forge.Pull{}, wrap(ctx, err)
	}
	return fullPull(m), nil
}

// reviewerIDs are those that are asked and stay, and the new ones.
func (g *gitlab) reviewerIDs(ctx context.Context, m *gl.MergeRequest, add, remove []string) ([]int64, error) {
	var ids []int64
	for _, u := range m.Reviewers {
		if u != nil && !slices.ContainsFunc(remove, func(name string) bool { return strings.EqualFold(strings.TrimPrefix(name, "@"), u.Username) }) {
			ids = append(ids, u.ID)
		}
	}
	if len(add) > 0 {
		more, err := g.userIDs(ctx, add)
		if err != nil {
			return nil, err
		}
		for _, one := range more {
			if !slices.Contains(ids, one) {
				ids = append(ids, one)
			}
		}
	}
	if len(ids) == 0 {
		return []int64{0}, nil // nobody
	}
	return ids, nil
}

// MergePull merges now: what cannot be merged yet is not left to GitLab.
func (g *gitlab) MergePull(ctx context.Context, repo string, number int, m forge.Merge) (string, error) {
	o := gl.AcceptMergeRequestOptions{SHA: ptr(m.HeadSHA), Squash: gl.Ptr(m.Method == "squash"), ShouldRemoveSourceBranch: &m.DeleteBranch}
	message := strings.TrimSpace(m.Title + "\n\n" + m.Message)
	if m.Method == "squash" {
		o.SquashCommitMessage = ptr(message)
	} else {
		o.MergeCommitMessage = ptr(message)
	}
	var merged *gl.MergeRequest
	err := forge.Looked(ctx, g.http.Pause, g.looking(ctx, repo, number), func() (err error) {
		merged, _, err = g.api.MergeRequests.AcceptMergeRequest(repo, int64(number), &o, in(ctx))
		return wrap(ctx, err)
	})
	if err != nil {
		var e *kit.Error
		if !errors.As(err, &e) {
			return "", err
		}
		switch e.Status {
		case http.StatusUnauthorized: // of GitLab, for who may not merge
			e.Code, e.Hint = kit.PermissionDenied, "this account may not merge into that branch"
		case http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusUnprocessableEntity:
			e.Code, e.Hint = kit.FailedPrecondition, "get_merge_request shows the blockers; one that was just pushed to is checked for some seconds"
		}
		return "", e
	}
	p := fullPull(merged)
	if p.State != "merged" {
		return "", kit.Errorf(kit.FailedPrecondition, "GitLab took the merge and the merge request is still %s", p.State).WithHint("get_merge_request shows what became of it")
	}
	return p.MergeID, nil
}

// looking reports whether GitLab refused a merge since it has not looked yet whether it
// can merge, as it does for some time after a push. It refuses all with the same words;
// the merge request says it, or that GitLab has found out since, once.
func (g *gitlab) looking(ctx context.Context, repo string, number int) func(error) bool {
	found := false
	return func(refused error) bool {
		switch status(refused) {
		case http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusUnprocessableEntity:
		default:
			return false
		}
		m, err := g.mergeRequest(ctx, repo, number)
		if err != nil {
			return false
		}
		if slices.Contains(unknownYet, m.DetailedMergeStatus) {
			return true
		}
		again := m.DetailedMergeStatus == "mergeable" && !found
		found = true
		return again
	}
}

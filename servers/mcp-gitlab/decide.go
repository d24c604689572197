package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

// decide approves or requests changes, if the review does.
func (r review) decide(ctx context.Context) error {
	switch r.event {
	case "approve":
		return r.approve(ctx)
	case "request_changes":
		return r.requestChanges(ctx)
	}
	return nil
}

// approve is for the head that we looked at. GitLab has one 401 for who may not
// and for who did already.
func (r review) approve(ctx context.Context) error {
	_, _, err := r.g.api.MergeRequestApprovals.ApproveMergeRequest(r.repo, r.number, &gl.ApproveMergeRequestOptions{SHA: ptr(r.m.SHA)}, in(ctx))
	if status(err) != http.StatusUnauthorized {
		return wrap(ctx, err)
	}
	if a, _, failed := r.g.api.MergeRequestApprovals.GetConfiguration(r.repo, r.number, in(ctx)); failed == nil && a.UserHasApproved {
		return nil
	}
	return kit.Errorf(kit.PermissionDenied, "GitLab does not let this account approve it, and nothing was posted").
		WithHint("who made it may not approve it in many projects; event=comment works")
}

const requestChanges = `mutation($path: ID!, $iid: String!) { mergeRequestRequestChanges(input: {projectPath: $path, iid: $iid}) { errors } }`

// requestChanges is what reviewers can do: we become one first.
func (r review) requestChanges(ctx context.Context) error {
	added, err := r.beReviewer(ctx)
	if err != nil {
		return err
	}
	if err = r.requestAsReviewer(ctx); err != nil && added {
		return forge.Half(err, "this account was made a reviewer")
	}
	return err
}

// requestAsReviewer asks GraphQL: REST does not have it. A GitLab that does not have it
// there either, does it for a note that says so.
func (r review) requestAsReviewer(ctx context.Context) error {
	path := r.repo
	if !strings.Contains(path, "/") {
		p, err := r.g.project(ctx, r.repo)
		if err != nil {
			return err
		}
		path = p.PathWithNamespace
	}
	variables, err := json.Marshal(map[string]string{"path": path, "iid": id(r.number)})
	if err != nil {
		return err
	}
	data, _, err := r.g.Query(ctx, requestChanges, variables)
	if err == nil {
		var answer struct {
			Done *struct{ Errors []string } `json:"mergeRequestRequestChanges"`
		}
		if json.Unmarshal(data, &answer) == nil && answer.Done != nil {
			if len(answer.Done.Errors) == 0 {
				return nil
			}
			return kit.Errorf(kit.FailedPrecondition, "GitLab does not take the request for changes: %s", strings.Join(answer.Done.Errors, "; ")).
				WithHint("event=comment posts the same comments")
		}
	}
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return r.requestByNote(ctx)
}

// requestByNote has no note as its answer where GitLab did what it says.
func (r review) requestByNote(ctx context.Context) error {
	n, _, err := r.g.api.Notes.CreateMergeRequestNote(r.repo, r.number, &gl.CreateMergeRequestNoteOptions{Body: gl.Ptr("/request_changes")}, in(ctx))
	if err == nil && n != nil && n.ID > 0 { // it is a text like any other
		if _, err := r.g.api.Notes.DeleteMergeRequestNote(r.repo, r.number, n.ID, in(ctx)); err != nil {
			return forge.Half(wrap(ctx, err), "/request_changes was posted, which this GitLab takes for a text (note %d)", n.ID)
		}
	}
	if state, err := r.ourState(ctx); err == nil && state == "requested_changes" {
		return nil
	}
	return kit.Errorf(kit.Unsupported, "this GitLab has no API to request changes, and nothing was posted").
		WithHint("event=comment posts the same comments; changes are requested on its page, %s", r.m.WebURL)
}

// beReviewer adds us, if we are none. In the free tier GitLab keeps one reviewer, the
// first.
func (r review) beReviewer(ctx context.Context) (added bool, err error) {
	me, err := r.g.whoami(ctx)
	if err != nil {
		return false, err
	}
	is := func(u *gl.BasicUser) bool { return u != nil && u.ID == me.ID }
	if slices.ContainsFunc(r.m.Reviewers, is) {
		return false, nil
	}
	var ids []int64
	for _, u := range r.m.Reviewers {
		if u != nil {
			ids = append(ids, u.ID)
		}
	}
	ids = append(ids, me.ID)
	m, _, err := r.g.api.MergeRequests.UpdateMergeRequest(r.repo, r.number, &gl.UpdateMergeRequestOptions{ReviewerIDs: &ids}, in(ctx))
	if err != nil {
		return false, wrap(ctx, err)
	}
	if !slices.ContainsFunc(m.Reviewers, is) {
		return false, kit.Errorf(kit.FailedPrecondition, "only a reviewer can request changes, and this GitLab lets nobody be added to %s", strings.Join(logins(m.Reviewers), ", ")).
			WithHint("event=comment posts the same comments")
	}
	return true, nil
}

func (r review) ourState(ctx context.Context) (string, error) {
	me, err := r.g.whoami(ctx)
	if err != nil {
		return "", err
	}
	list, _, err := r.g.api.MergeRequests.GetMergeRequestReviewers(r.repo, r.number, in(ctx))
	if err != nil {
		return "", wrap(ctx, err)
	}
	for _, one := range list {
		if one != nil && one.User != nil && one.User.ID == me.ID {
			return one.State, nil
		}
	}
	return "", nil
}

// stillDecided requests changes again if publishing made of that a review like
// any other.
func (r review) stillDecided(ctx context.Context) error {
	if r.event != "request_changes" {
		return nil
	}
	state, err := r.ourState(ctx)
	if err != nil || state == "requested_changes" {
		return nil // it was done; that it cannot be looked at does not undo it
	}
	if err := r.requestChanges(ctx); err != nil {
		var e *kit.Error
		if !errors.As(err, &e) {
			return err
		}
		with := *e
		with.Message = "the comments were posted, requesting changes failed: " + e.Message
		with.Hint = "do not send the comments again"
		return &with
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"strings"
	"time"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

// undoTime is what is left for removing drafts when the call was given up.
const undoTime = 5 * time.Second

// refused says which remark GitLab did not take.
func (o remark) refused(ctx context.Context, err error) error {
	err = wrap(ctx, err)
	var e *kit.Error
	if !errors.As(err, &e) {
		return err
	}
	with := *e
	with.Message = "nothing was posted: " + o.where + ": " + e.Message
	return &with
}

// eachPosted posts the remarks one after another.
func (r review) eachPosted(ctx context.Context, remarks []remark) error {
	for i, one := range remarks {
		var err error
		if one.position == nil {
			_, _, err = r.g.api.Notes.CreateMergeRequestNote(r.repo, r.number, &gl.CreateMergeRequestNoteOptions{Body: gl.Ptr(one.body)}, in(ctx))
		} else {
			_, _, err = r.g.api.Discussions.CreateMergeRequestDiscussion(r.repo, r.number,
				&gl.CreateMergeRequestDiscussionOptions{Body: gl.Ptr(one.body), Position: one.position}, in(ctx))
		}
		if err != nil {
			return posted(i, remarks, wrap(ctx, err))
		}
	}
	return nil
}

// posted says what of a review is there when the next part of it failed.
func posted(n int, remarks []remark, err error) error {
	var e *kit.Error
	if !errors.As(err, &e) {
		return err
	}
	with := *e
	var done []string
	for _, one := range remarks[:n] {
		done = append(done, one.where)
	}
	if n == 0 {
		with.Message = remarks[0].where + " was not posted: " + e.Message
		return &with
	}
	with.Message = "posted: " + strings.Join(done, ", ") + "; then " + remarks[n].where + " failed: " + e.Message
	with.Hint = "send only the others again"
	return &with
}

// afterwards is the error of comments that were not posted when the decision was
// made already.
func (r review) afterwards(err error) error {
	if err == nil || r.event == "comment" {
		return err
	}
	return forge.Half(err, "%s was done", strings.ReplaceAll(r.event, "_", " "))
}

package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/forge/patch"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// remark is a comment of a review that is to be posted.
type remark struct {
	where, body string
	position    *gl.PositionOptions // nil: of the whole
}

// review is one that is being made.
type review struct {
	g      *gitlab
	repo   string
	number int64
	m      *gl.MergeRequest
	event  string
}

// CreateReview makes drafts of all comments, then decides, then publishes: what
// is refused on the way leaves no drafts behind.
func (g *gitlab) CreateReview(ctx context.Context, repo string, number int, n forge.NewReview) (forge.Review, error) {
	m, err := g.mergeRequest(ctx, repo, number)
	if err != nil {
		return forge.Review{}, err
	}
	r := review{g, repo, int64(number), m, n.Event}
	remarks, err := r.remarks(ctx, n)
	if err != nil {
		return forge.Review{}, err
	}
	out := forge.Review{State: "commented", Body: n.Body, Commit: m.DiffRefs.HeadSha, URL: m.WebURL, Comments: len(n.Comments)}
	switch n.Event {
	case "approve":
		out.State = "approved"
	case "request_changes":
		out.State = "changes_requested"
	}
	if len(n.Comments) == 0 { // no drafts are needed for one text
		if err := r.decide(ctx); err != nil {
			return forge.Review{}, err
		}
		return out, r.afterwards(r.eachPosted(ctx, remarks))
	}
	post, undo, err := r.draft(ctx, remarks)
	if err != nil {
		return forge.Review{}, err
	}
	if err := r.decide(ctx); err != nil {
		undo()
		return forge.Review{}, err
	}
	if err := post(ctx); err != nil {
		undo() // of those that nobody sees yet: they would be sent with the next review
		return forge.Review{}, r.afterwards(err)
	}
	return out, r.stillDecided(ctx)
}

// remarks are the text and the comments, each with its place in the diff.
func (r review) remarks(ctx context.Context, n forge.NewReview) ([]remark, error) {
	var list []remark
	if strings.TrimSpace(n.Body) != "" {
		list = append(list, remark{"the text", noActions(n.Body), nil})
	}
	if len(n.Comments) == 0 {
		return list, nil
	}
	refs, err := r.refs(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case n.Commit == "" || refs.HeadSha == n.Commit:
	case r.m.SHA == n.Commit:
		return nil, kit.Errorf(kit.FailedPrecondition, "GitLab has the diff of %s, and not yet that of the head, %s", refs.HeadSha, n.Commit).WithHint("try again in some seconds")
	default:
		return nil, kit.Errorf(kit.Conflict, "the head is %s, and no longer %s", refs.HeadSha, n.Commit).WithHint("look at get_merge_request_diff again")
	}
	diff, err := r.g.PullDiff(ctx, r.repo, int(r.number))
	if err != nil {
		return nil, err
	}
	files := patch.Parse(diff)
	for _, c := range n.Comments {
		p, err := position(refs, files, c)
		if err != nil {
			return nil, err
		}
		list = append(list, remark{fmt.Sprintf("%s:%d", c.Path, c.Line), noActions(c.Body), p})
	}
	return list, nil
}

// refs are the commits that a position names. One that is new may not have them
// yet, its versions do.
func (r review) refs(ctx context.Context) (gl.MergeRequestDiffRefs, error) {
	refs := r.m.DiffRefs
	if refs.HeadSha != "" && refs.BaseSha != "" && refs.StartSha != "" {
		return refs, nil
	}
	versions, _, err := r.g.api.MergeRequests.GetMergeRequestDiffVersions(r.repo, r.number, nil, in(ctx))
	if err != nil {
		return refs, wrap(ctx, err)
	}
	if len(versions) == 0 || versions[0] == nil {
		return refs, kit.Errorf(kit.FailedPrecondition, "GitLab has no diff of it yet").WithHint("try again in some seconds")
	}
	v := versions[0]
	return gl.MergeRequestDiffRefs{BaseSha: v.BaseCommitSHA, HeadSha: v.HeadCommitSHA, StartSha: v.StartCommitSHA}, nil
}

// draft prepares the remarks. post shows them to the others, undo removes them.
// Where a GitLab has no drafts, before 15.10, they are posted one after another.
func (r review) draft(ctx context.Context, remarks []remark) (post func(context.Context) error, undo func(), err error) {
	there, _, err := r.g.api.DraftNotes.ListDraftNotes(r.repo, r.number, nil, in(ctx))
	if status(err) == http.StatusNotFound {
		return func(ctx context.Context) error { return r.eachPosted(ctx, remarks) }, func() {}, nil
	}
	if err != nil {
		return nil, nil, wrap(ctx, err)
	}
	var made []int64
	undo = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
		defer cancel()
		for _, draft := range made {
			_, _ = r.g.api.DraftNotes.DeleteDraftNote(r.repo, r.number, draft, in(ctx)) // nobody else sees them
		}
	}
	for _, one := range remarks {
		d, _, err := r.g.api.DraftNotes.CreateDraftNote(r.repo, r.number, &gl.CreateDraftNoteOptions{Note: gl.Ptr(one.body), Position: one.position}, in(ctx))
		if err != nil {
			undo()
			return nil, nil, one.refused(ctx, err)
		}
		made = append(made, d.ID)
	}
	return func(ctx context.Context) error {
		if len(there) == 0 {
			return r.publish(ctx)
		}
		for i, draft := range made { // the other drafts are somebody's work that is not done
			if _, err := r.g.api.DraftNotes.PublishDraftNote(r.repo, r.number, draft, in(ctx)); err != nil {
				return posted(i, remarks, wrap(ctx, err))
			}
		}
		return nil
	}, undo, nil
}

// publish shows all drafts at once. It says what the review is, which GitLab
// takes since 19.2: without that it is one without a decision.
func (r review) publish(ctx context.Context) error {
	ask := upstream.Request{Method: http.MethodPost, Path: project(r.repo, "merge_requests/"+id(r.number)+"/draft_notes/bulk_publish")}
	if r.event == "request_changes" {
		ask.JSON = map[string]string{"reviewer_state": "requested_changes"}
	}
	_, err := r.g.http.Do(ctx, ask)
	return err
}

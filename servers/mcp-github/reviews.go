package main

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
)

func toReview(r *gh.PullRequestReview) forge.Review {
	return forge.Review{
		ID: id(r.GetID()), Author: r.GetUser().GetLogin(), State: strings.ToLower(r.GetState()), Body: r.GetBody(), Commit: r.GetCommitID(),
		URL: r.GetHTMLURL(), Date: r.GetSubmittedAt().Time,
	}
}

// ListReviews are in the order of time, as GitHub has them.
func (g *github) ListReviews(ctx context.Context, repo string, number int) ([]forge.Review, error) {
	owner, name := forge.OwnerName(repo)
	all, err := everything(func(o gh.ListOptions) ([]*gh.PullRequestReview, *gh.Response, error) {
		return g.api.PullRequests.ListReviews(ctx, owner, name, number, &o)
	})
	if err != nil {
		return nil, wrap(ctx, err)
	}
	var list []forge.Review
	for _, r := range all {
		list = append(list, toReview(r))
	}
	return list, nil
}

var events = map[string]string{"comment": "COMMENT", "approve": "APPROVE", "request_changes": "REQUEST_CHANGES"}

// CreateReview sends all comments at once.
func (g *github) CreateReview(ctx context.Context, repo string, number int, n forge.NewReview) (forge.Review, error) {
	event := events[n.Event]
	body := &gh.PullRequestReviewRequest{Event: &event}
	if n.Commit != "" {
		body.CommitID = &n.Commit
	}
	if n.Body != "" {
		body.Body = &n.Body
	}
	for _, c := range n.Comments {
		one := &gh.DraftReviewComment{Path: &c.Path, Body: &c.Body, Line: &c.Line, Side: &c.Side}
		if c.Start > 0 {
			one.StartLine, one.StartSide = &c.Start, &c.Side
		}
		body.Comments = append(body.Comments, one)
	}
	owner, name := forge.OwnerName(repo)
	r, _, err := g.api.PullRequests.CreateReview(ctx, owner, name, number, body)
	if err != nil {
		return forge.Review{}, wrap(ctx, err)
	}
	out := toReview(r)
	out.Comments = len(n.Comments)
	return out, nil
}

// ReplyThread answers the first comment of a thread.
func (g *github) ReplyThread(ctx context.Context, repo, thread, body string) (string, error) {
	t, err := g.GetThread(ctx, repo, thread)
	if err != nil {
		return "", err
	}
	if len(t.Comments) == 0 {
		return "", noThread(thread)
	}
	var made gh.PullRequestComment
	path := "pulls/" + strconv.Itoa(t.Number) + "/comments/" + t.Comments[0].ID + "/replies"
	err = g.write(ctx, http.MethodPost, repoPath(repo, path), map[string]string{"body": body}, &made)
	return made.GetHTMLURL(), err
}

package main

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	sdk "code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

var reviewStates = map[sdk.ReviewStateType]string{
	sdk.ReviewStateApproved: "approved", sdk.ReviewStateRequestChanges: "changes_requested", sdk.ReviewStateComment: "commented",
	sdk.ReviewStatePending: "pending", sdk.ReviewStateRequestReview: "requested",
}

func toReview(r *sdk.PullReview) forge.Review {
	if r == nil {
		return forge.Review{}
	}
	out := forge.Review{
		ID: id(r.ID), Author: login(r.Reviewer), State: reviewStates[r.State], Body: r.Body, Commit: r.CommitID, URL: r.HTMLURL,
		Comments: r.CodeCommentsCount, Stale: r.Stale, Date: r.Submitted,
	}
	if r.Dismissed {
		out.State = "dismissed"
	}
	return out
}

func (g *gitea) reviews(ctx context.Context, repo string, number int) ([]*sdk.PullReview, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return nil, err
	}
	owner, name := forge.OwnerName(repo)
	all, err := everything(func(o sdk.ListOptions) ([]*sdk.PullReview, *sdk.Response, error) {
		return c.ListPullReviews(owner, name, int64(number), sdk.ListPullReviewsOptions{ListOptions: o})
	})
	return all, wrap(ctx, err)
}

func (g *gitea) ListReviews(ctx context.Context, repo string, number int) ([]forge.Review, error) {
	all, err := g.reviews(ctx, repo, number)
	var list []forge.Review
	for _, r := range all {
		list = append(list, toReview(r))
	}
	slices.SortStableFunc(list, func(a, b forge.Review) int { return a.Date.Compare(b.Date) })
	return list, err
}

// Threads are made of the comments of all reviews: those at one line are a
// conversation, as on Gitea's page.
func (g *gitea) Threads(ctx context.Context, repo string, number int) ([]forge.Thread, error) {
	reviews, err := g.reviews(ctx, repo, number)
	if err != nil {
		return nil, err
	}
	owner, name := forge.OwnerName(repo)
	found := make([][]*sdk.PullReviewComment, len(reviews))
	var ask []func(context.Context) error
	for i, r := range reviews {
		if r.CodeCommentsCount == 0 {
			continue
		}
		ask = append(ask, func(ctx context.Context) error {
			c, err := g.sdk(ctx)
			if err != nil {
				return err
			}
			found[i], _, err = c.ListPullReviewComments(owner, name, int64(number), r.ID)
			return wrap(ctx, err)
		})
	}
	if err := upstream.All(ctx, ask...); err != nil {
		return nil, err
	}
	comments := slices.DeleteFunc(slices.Concat(found...), func(c *sdk.PullReviewComment) bool { return c == nil })
	slices.SortStableFunc(comments, func(a, b *sdk.PullReviewComment) int { return cmp.Compare(a.ID, b.ID) })
	var list []forge.Thread
	place := make(map[string]int)
	for _, c := range comments {
		side, line := "RIGHT", int(c.LineNum)
		if c.OldLineNum > 0 {
			side, line = "LEFT", int(c.OldLineNum)
		}
		key := c.Path + "\x00" + side + strconv.Itoa(line)
		i, there := place[key]
		if !there {
			i = len(list)
			place[key] = i
			list = append(list, forge.Thread{
				ID: threadID(number, c.ID), Path: c.Path, Side: side, Number: number, Line: line, Hunk: c.DiffHunk,
				Resolved: c.Resolver != nil, ResolvedBy: login(c.Resolver), Outdated: line == 0,
			})
		}
		list[i].Comments = append(list[i].Comments, forge.Comment{ID: id(c.ID), Author: login(c.Reviewer), Body: c.Body, URL: c.HTMLURL, Created: c.Created, Updated: c.Updated})
	}
	return list, nil
}

// threadID is the pull request and the first comment.
func threadID(number int, comment int64) string { return strconv.Itoa(number) + "-" + id(comment) }

func parseThread(text string) (number int, comment int64, err error) {
	first, second, _ := strings.Cut(text, "-")
	number, err1 := strconv.Atoi(first)
	comment, err2 := strconv.ParseInt(second, 10, 64)
	if err1 != nil || err2 != nil || number <= 0 || comment <= 0 {
		return 0, 0, kit.Errorf(kit.InvalidArgument, "%q is no thread_id", text).WithHint("list_review_threads has them, such as 7-123")
	}
	return number, comment, nil
}

func (g *gitea) GetThread(ctx context.Context, repo, thread string) (forge.Thread, error) {
	number, _, err := parseThread(thread)
	if err != nil {
		return forge.Thread{}, err
	}
	all, err := g.Threads(ctx, repo, number)
	if err != nil {
		return forge.Thread{}, err
	}
	for _, t := range all {
		if t.ID == thread {
			return t, nil
		}
	}
	return forge.Thread{}, kit.Errorf(kit.NotFound, "there is no thread %s", thread).WithHint("list_review_threads number=%d unresolved=false has all", number)
}

func (g *gitea) CreateReview(ctx context.Context, repo string, number int, n forge.NewReview) (forge.Review, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Review{}, err
	}
	o := sdk.CreatePullReviewOptions{Body: n.Body, CommitID: n.Commit, State: map[string]sdk.ReviewStateType{
		"comment": sdk.ReviewStateComment, "approve": sdk.ReviewStateApproved, "request_changes": sdk.ReviewStateRequestChanges,
	}[n.Event]}
	for _, one := range n.Comments {
		at := sdk.CreatePullReviewComment{Path: one.Path, Body: one.Body, NewLineNum: int64(one.Line)}
		if one.Side == "LEFT" {
			at.NewLineNum, at.OldLineNum = 0, int64(one.Line)
		}
		o.Comments = append(o.Comments, at)
	}
	owner, name := forge.OwnerName(repo)
	r, _, err := c.CreatePullReview(owner, name, int64(number), o)
	if err != nil {
		return forge.Review{}, wrap(ctx, err)
	}
	return toReview(r), nil
}

// ReplyThread comments at the same line: Gitea before 1.27 has no other way to
// answer, and shows it in the same conversation.
func (g *gitea) ReplyThread(ctx context.Context, repo, thread, body string) (string, error) {
	t, err := g.GetThread(ctx, repo, thread)
	if err != nil {
		return "", err
	}
	if t.Line == 0 {
		return "", kit.Errorf(kit.FailedPrecondition, "the line of thread %s is gone, and Gitea answers only at a line", thread).
			WithHint("use add_comment with number=%d", t.Number)
	}
	r, err := g.CreateReview(ctx, repo, t.Number, forge.NewReview{Event: "comment", Comments: []forge.LineComment{{Path: t.Path, Side: t.Side, Line: t.Line, Body: body}}})
	return r.URL, err
}

func (g *gitea) ResolveThread(ctx context.Context, repo, thread string, resolved bool) error {
	_, comment, err := parseThread(thread)
	if err != nil {
		return err
	}
	c, err := g.sdk(ctx)
	if err != nil {
		return err
	}
	owner, name := forge.OwnerName(repo)
	if resolved {
		_, err = c.ResolvePullReviewComment(owner, name, comment)
	} else {
		_, err = c.UnresolvePullReviewComment(owner, name, comment)
	}
	return wrap(ctx, err)
}

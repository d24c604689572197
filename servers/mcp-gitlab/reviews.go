package main

import (
	"cmp"
	"context"
	"slices"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// reviewerStates are what GitLab says of somebody who was asked.
var reviewerStates = map[string]string{
	"requested_changes": "changes_requested", "reviewed": "commented", "approved": "approved", "unapproved": "commented",
	"unreviewed": "requested", "review_started": "requested",
}

// ListReviews puts together who approved and what became of those that were
// asked: GitLab keeps no reviews as such. What an older version or a lower tier
// does not say is left out, as long as one of both is there.
func (g *gitlab) ListReviews(ctx context.Context, repo string, number int) ([]forge.Review, error) {
	var approvals *gl.MergeRequestApprovals
	var reviewers []*gl.MergeRequestReviewer
	var first, second error
	err := upstream.All(ctx, func(ctx context.Context) error {
		approvals, _, first = g.api.MergeRequestApprovals.GetConfiguration(repo, int64(number), in(ctx))
		return nil
	}, func(ctx context.Context) error {
		reviewers, _, second = g.api.MergeRequests.GetMergeRequestReviewers(repo, int64(number), in(ctx))
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, err := range []error{first, second} {
		if err != nil && (!absent(err) || first != nil && second != nil) {
			return nil, wrap(ctx, err)
		}
	}
	var list []forge.Review
	approved := make(map[string]bool)
	if approvals != nil {
		for _, a := range approvals.ApprovedBy {
			if a != nil && login(a.User) != "" {
				approved[login(a.User)] = true
				list = append(list, forge.Review{Author: login(a.User), State: "approved", Date: forge.Value(a.ApprovedAt)})
			}
		}
	}
	for _, r := range reviewers {
		if r == nil || approved[login(r.User)] || reviewerStates[r.State] == "" {
			continue
		}
		list = append(list, forge.Review{Author: login(r.User), State: reviewerStates[r.State], Date: forge.Value(r.CreatedAt)})
	}
	slices.SortStableFunc(list, func(a, b forge.Review) int {
		return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.Author, b.Author))
	})
	return list, nil
}

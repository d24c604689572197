package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	sdk "code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// ListPulls asks without the SDK, which does not know author and base.
func (g *gitea) ListPulls(ctx context.Context, repo string, f forge.PullFilter, at forge.At) (forge.List[forge.Pull], error) {
	q := url.Values{"page": {strconv.Itoa(at.Page)}, "limit": {strconv.Itoa(at.Size)}}
	switch f.State {
	case "open", "all":
		q.Set("state", f.State)
	case "closed", "merged":
		q.Set("state", "closed")
	}
	if f.Sort == "updated" {
		q.Set("sort", "recentupdate")
	}
	for name, v := range map[string]string{"poster": f.Author, "base_branch": f.Base} {
		if v != "" {
			q.Set(name, v)
		}
	}
	var pulls []*sdk.PullRequest
	r, err := g.http.JSON(ctx, upstream.Request{Path: repoPath(repo, "pulls"), Query: q}, &pulls)
	if err != nil {
		return forge.List[forge.Pull]{}, wrap(ctx, err)
	}
	return listed(pulls, linked(r), toPull), nil
}

func (g *gitea) GetPull(ctx context.Context, repo string, number int) (forge.Pull, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Pull{}, err
	}
	owner, name := forge.OwnerName(repo)
	p, _, err := c.GetPullRequest(owner, name, int64(number))
	if err != nil {
		return forge.Pull{}, wrap(ctx, err)
	}
	return toPull(p), nil
}

func (g *gitea) PullFiles(ctx context.Context, repo string, number int, at forge.At) (forge.List[forge.ChangedFile], error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.List[forge.ChangedFile]{}, err
	}
	owner, name := forge.OwnerName(repo)
	files, r, err := c.ListPullRequestFiles(owner, name, int64(number), sdk.ListPullRequestFilesOptions{ListOptions: listOptions(at)})
	if err != nil {
		return forge.List[forge.ChangedFile]{}, wrap(ctx, err)
	}
	return listed(files, r, func(f *sdk.ChangedFile) forge.ChangedFile {
		return forge.ChangedFile{Path: f.Filename, Old: f.PreviousFilename, Status: f.Status, Additions: f.Additions, Deletions: f.Deletions}
	}), nil
}

func (g *gitea) PullCommits(ctx context.Context, repo string, number int, at forge.At) (forge.List[forge.Commit], error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.List[forge.Commit]{}, err
	}
	owner, name := forge.OwnerName(repo)
	commits, r, err := c.ListPullRequestCommits(owner, name, int64(number), sdk.ListPullRequestCommitsOptions{ListOptions: listOptions(at)})
	if err != nil {
		return forge.List[forge.Commit]{}, wrap(ctx, err)
	}
	return listed(commits, r, toCommit), nil
}

func (g *gitea) PullDiff(ctx context.Context, repo string, number int) (string, error) {
	r, err := g.http.Do(ctx, upstream.Request{Path: repoPath(repo, "pulls/"+strconv.Itoa(number)+".diff")})
	if err != nil {
		return "", wrap(ctx, err)
	}
	return string(r.Body), nil
}

// draftPrefix is how Gitea marks a draft: by its title.
const draftPrefix = "WIP: "

func draftTitle(title string, draft bool) string {
	bare := title
	for _, prefix := range []string{"WIP:", "[WIP]"} {
		if len(bare) >= len(prefix) && strings.EqualFold(bare[:len(prefix)], prefix) {
			bare = strings.TrimSpace(bare[len(prefix):])
		}
	}
	if draft {
		return draftPrefix + bare
	}
	return bare
}

func (g *gitea) CreatePull(ctx context.Context, repo string, ch forge.PullChange) (forge.Pull, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Pull{}, err
	}
	o := sdk.CreatePullRequestOption{
		Title: forge.Value(ch.Title), Body: forge.Value(ch.Body), Head: ch.Head, Base: forge.Value(ch.Base), Assignees: forge.Value(ch.Assignees), Reviewers: ch.Reviewers,
	}
	if ch.Draft != nil && *ch.Draft {
		o.Title = draftTitle(o.Title, true)
	}
	if o.Labels, err = g.labelIDs(ctx, repo, forge.Value(ch.Labels)); err != nil {
		return forge.Pull{}, err
	}
	if o.Milestone, err = g.milestoneID(ctx, repo, forge.Value(ch.Milestone)); err != nil {
		return forge.Pull{}, err
	}
	owner, name := forge.OwnerName(repo)
	p, _, err := c.CreatePullRequest(owner, name, o)
	if err != nil {
		return forge.Pull{}, wrap(ctx, err)
	}
	return toPull(p), nil
}

func (g *gitea) UpdatePull(ctx context.Context, repo string, number int, ch forge.PullChange) (forge.Pull, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Pull{}, err
	}
	owner, name := forge.OwnerName(repo)
	before, err := g.GetPull(ctx, repo, number)
	if err != nil {
		return forge.Pull{}, err
	}
	o := sdk.EditPullRequestOption{Title: forge.Value(ch.Title), Body: ch.Body, Base: forge.Value(ch.Base), Assignees: forge.Value(ch.Assignees)}
	if o.Base == before.Base {
		o.Base = "" // Gitea takes a change to what it is for a conflict
	}
	if ch.Draft != nil {
		if o.Title == "" {
			o.Title = before.Title
		}
		o.Title = draftTitle(o.Title, *ch.Draft)
	}
	if ch.State != nil {
		s := sdk.StateType(*ch.State)
		o.State = &s
	}
	if ch.Milestone != nil {
		if o.Milestone, err = g.milestoneID(ctx, repo, *ch.Milestone); err != nil {
			return forge.Pull{}, err
		}
	}
	var steps forge.Steps
	if ch.Labels != nil {
		if err := g.setLabels(ctx, repo, number, ch.Labels, nil, nil, &steps); err != nil {
			return forge.Pull{}, err
		}
	}
	if _, _, err := c.EditPullRequest(owner, name, int64(number), o); err != nil {
		return forge.Pull{}, steps.Failed(wrap(ctx, err))
	}
	noMilestone := ch.Milestone != nil && o.Milestone == 0 // for a pull request 0 changes nothing, for its issue it is none
	steps.Done(forge.Given(map[string]bool{
		"title": ch.Title != nil, "body": ch.Body != nil, "base": ch.Base != nil, "state": ch.State != nil, "draft": ch.Draft != nil,
		"assignees": ch.Assignees != nil, "milestone": ch.Milestone != nil && !noMilestone,
	})...)
	if noMilestone {
		if _, _, err := c.EditIssue(owner, name, int64(number), sdk.EditIssueOption{Milestone: &o.Milestone}); err != nil {
			return forge.Pull{}, steps.Failed(wrap(ctx, err))
		}
		steps.Done("milestone")
	}
	if len(ch.Reviewers) > 0 {
		if _, err := c.CreateReviewRequests(owner, name, int64(number), sdk.PullReviewRequestOptions{Reviewers: ch.Reviewers}); err != nil {
			return forge.Pull{}, steps.Failed(wrap(ctx, err))
		}
		steps.Done("reviewers")
	}
	if len(ch.RemoveReviewers) > 0 {
		if _, err := c.DeleteReviewRequests(owner, name, int64(number), sdk.PullReviewRequestOptions{Reviewers: ch.RemoveReviewers}); err != nil {
			return forge.Pull{}, steps.Failed(wrap(ctx, err))
		}
		steps.Done("remove_reviewers")
	}
	p, err := g.GetPull(ctx, repo, number)
	return p, steps.Failed(err)
}

// looking reports whether Gitea did not merge since it has not looked yet whether it
// can, as it does for some time after a push. That is told by its words alone.
func looking(err error) bool {
	var e *kit.Error
	return errors.As(err, &e) && e.Status == http.StatusMethodNotAllowed && strings.Contains(e.Message, "try again later")
}

func (g *gitea) MergePull(ctx context.Context, repo string, number int, m forge.Merge) (string, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return "", err
	}
	owner, name := forge.OwnerName(repo)
	o := sdk.MergePullRequestOption{Style: sdk.MergeStyle(m.Method), HeadCommitId: m.HeadSHA, Title: m.Title, Message: m.Message, DeleteBranchAfterMerge: &m.DeleteBranch}
	err = forge.Looked(ctx, g.http.Pause, looking, func() error {
		_, _, err := c.MergePullRequest(owner, name, int64(number), o)
		return wrap(ctx, err)
	})
	if err != nil {
		var e *kit.Error
		if errors.As(err, &e) && e.Status == http.StatusMethodNotAllowed { // not the method of HTTP: the merge
			e.Code, e.Hint = kit.FailedPrecondition, "get_pull_request shows the blockers; a pull request that was just pushed to is checked for some seconds"
		}
		return "", err
	}
	p, err := g.GetPull(ctx, repo, number)
	if err != nil {
		return "", nil // it was merged; that its commit cannot be looked at does not undo it
	}
	return p.MergeID, nil
}

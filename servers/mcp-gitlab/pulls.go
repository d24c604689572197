package main

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit/upstream"
)

func (g *gitlab) ListPulls(ctx context.Context, repo string, f forge.PullFilter, at forge.At) (forge.List[forge.Pull], error) {
	o := gl.ListProjectMergeRequestsOptions{
		ListOptions: options(at), State: openState(f.State), AuthorUsername: ptr(f.Author), ReviewerUsername: ptr(f.Reviewer),
		TargetBranch: ptr(f.Base), SourceBranch: ptr(f.Head), Labels: labels(f.Labels), OrderBy: issueOrder(f.Sort),
	}
	if f.Draft != nil { // what all versions have
		o.WIP = gl.Ptr("no")
		if *f.Draft {
			o.WIP = gl.Ptr("yes")
		}
	}
	pulls, r, err := g.api.MergeRequests.ListProjectMergeRequests(repo, &o, in(ctx))
	if err != nil {
		return forge.List[forge.Pull]{}, wrap(ctx, err)
	}
	return listed(pulls, r, toPull), nil
}

// toPull is what lists have of a merge request.
func toPull(m *gl.BasicMergeRequest) forge.Pull {
	if m == nil {
		return forge.Pull{}
	}
	out := forge.Pull{
		Title: m.Title, State: state(m.State), Body: m.Description, Author: login(m.Author), Milestone: milestoneTitle(m.Milestone), URL: m.WebURL,
		Number: int(m.IID), Comments: int(m.UserNotesCount), Head: m.SourceBranch, HeadSHA: m.SHA, Base: m.TargetBranch,
		Draft: m.Draft, Locked: m.DiscussionLocked, Labels: m.Labels, Assignees: logins(m.Assignees), Reviewers: logins(m.Reviewers),
		Created: forge.Value(m.CreatedAt), Updated: forge.Value(m.UpdatedAt), Closed: forge.Value(m.ClosedAt), Merged: forge.Value(m.MergedAt), MergedBy: login(m.MergeUser),
	}
	if out.MergedBy == "" {
		//lint:ignore SA1019 before 14.7 it is the only one
		out.MergedBy = login(m.MergedBy)
	}
	if m.SourceProjectID != m.TargetProjectID && m.SourceProjectID != 0 {
		out.HeadRepo = id(m.SourceProjectID)
	}
	if out.State == "merged" {
		for _, sha := range []string{m.MergeCommitSHA, m.SquashCommitSHA, m.SHA} { // the last is of a fast forward
			if out.MergeID == "" {
				out.MergeID = sha
			}
		}
	}
	out.Mergeable, out.Blocked = mergeability(m)
	return out
}

// fullPull is what GitLab has of one merge request.
func fullPull(m *gl.MergeRequest) forge.Pull {
	if m == nil {
		return forge.Pull{}
	}
	out := toPull(&m.BasicMergeRequest)
	out.BaseSHA = m.DiffRefs.BaseSha
	if n, err := strconv.Atoi(strings.TrimSuffix(m.ChangesCount, "+")); err == nil {
		out.Files = &n
	}
	if m.MergeError != "" && out.State == "open" {
		out.Blocked = append(out.Blocked, "the last try to merge it failed: "+m.MergeError)
	}
	return out
}

func (g *gitlab) mergeRequest(ctx context.Context, repo string, number int) (*gl.MergeRequest, error) {
	m, _, err := g.api.MergeRequests.GetMergeRequest(repo, int64(number), nil, in(ctx))
	return m, wrap(ctx, err)
}

// GetPull finds the path of a fork, where we may see it.
func (g *gitlab) GetPull(ctx context.Context, repo string, number int) (forge.Pull, error) {
	m, err := g.mergeRequest(ctx, repo, number)
	if err != nil {
		return forge.Pull{}, err
	}
	out := fullPull(m)
	if out.HeadRepo != "" {
		if fork, err := g.project(ctx, out.HeadRepo); err == nil {
			out.HeadRepo = fork.PathWithNamespace
		}
	}
	return out, ctx.Err()
}

// diffs are the files of a page. Before 15.7 GitLab has them all at once, under
// another name.
func (g *gitlab) diffs(ctx context.Context, repo string, number int, o gl.ListOptions) ([]*gl.MergeRequestDiff, *gl.Response, error) {
	diffs, r, err := g.api.MergeRequests.ListMergeRequestDiffs(repo, int64(number), &gl.ListMergeRequestDiffsOptions{ListOptions: o}, in(ctx))
	if status(err) != http.StatusNotFound {
		return diffs, r, err
	}
	var old struct{ Changes []*gl.MergeRequestDiff }
	if _, failed := g.http.JSON(ctx, upstream.Request{Path: project(repo, "merge_requests/"+strconv.Itoa(number)+"/changes")}, &old); failed != nil {
		return nil, r, err
	}
	from := min((max(int(o.Page), 1)-1)*int(o.PerPage), len(old.Changes))
	to := min(from+int(o.PerPage), len(old.Changes))
	r = &gl.Response{Response: &http.Response{Header: http.Header{}}}
	if to < len(old.Changes) {
		r.NextPage = o.Page + 1
	}
	return old.Changes[from:to], r, nil
}

func (g *gitlab) PullFiles(ctx context.Context, repo string, number int, at forge.At) (forge.List[forge.ChangedFile], error) {
	diffs, r, err := g.diffs(ctx, repo, number, options(at))
	if err != nil {
		return forge.List[forge.ChangedFile]{}, wrap(ctx, err)
	}
	return listed(diffs, r, func(d *gl.MergeRequestDiff) forge.ChangedFile { return mergeDiffOf(d).changed() }), nil
}

func (g *gitlab) PullCommits(ctx context.Context, repo string, number int, at forge.At) (forge.List[forge.Commit], error) {
	o := gl.GetMergeRequestCommitsOptions{ListOptions: options(at)}
	commits, r, err := g.api.MergeRequests.GetMergeRequestCommits(repo, int64(number), &o, in(ctx))
	if err != nil {
		return forge.List[forge.Commit]{}, wrap(ctx, err)
	}
	return listed(commits, r, toCommit), nil
}

func (g *gitlab) PullDiff(ctx context.Context, repo string, number int) (string, error) {
	return g.diff(ctx, repo, number, diffPages)
}

// diff is that of the files of so many pages.
func (g *gitlab) diff(ctx context.Context, repo string, number, pages int) (string, error) {
	diffs, _, err := everything(pages, func(o gl.ListOptions) ([]*gl.MergeRequestDiff, *gl.Response, error) {
		return g.diffs(ctx, repo, number, o)
	})
	if err != nil {
		return "", wrap(ctx, err)
	}
	return gitDiff(forge.Present(diffs, mergeDiffOf)), nil
}

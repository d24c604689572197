package main

import (
	"context"
	"slices"
	"time"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit/upstream"
)

func (g *gitlab) ListCommits(ctx context.Context, repo string, f forge.CommitFilter, at forge.At) (forge.List[forge.Commit], error) {
	commits, r, err := g.api.Commits.ListCommits(repo, &gl.ListCommitsOptions{
		ListOptions: options(at), RefName: ptr(f.Ref), Path: ptr(f.Path), Since: since(f.Since), Until: since(f.Until),
	}, in(ctx))
	if err != nil {
		return forge.List[forge.Commit]{}, wrap(ctx, err)
	}
	return listed(commits, r, toCommit), nil
}

func since(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func (g *gitlab) GetCommit(ctx context.Context, repo, sha string) (forge.Commit, error) {
	c, _, err := g.api.Commits.GetCommit(repo, sha, nil, in(ctx))
	if err != nil {
		return forge.Commit{}, wrap(ctx, err)
	}
	return toCommit(c), nil
}

// diffPages bounds a diff: a page has a hundred files.
const diffPages = 30

func (g *gitlab) CommitDiff(ctx context.Context, repo, sha string) (string, error) {
	diffs, _, err := everything(diffPages, func(o gl.ListOptions) ([]*gl.Diff, *gl.Response, error) {
		return g.api.Commits.GetCommitDiff(repo, sha, &gl.GetCommitDiffOptions{ListOptions: o}, in(ctx))
	})
	if err != nil {
		return "", wrap(ctx, err)
	}
	return gitDiff(forge.Present(diffs, diffOf)), nil
}

// Compare is against the commit at which head left base.
func (g *gitlab) Compare(ctx context.Context, repo, base, head string, diff bool) (forge.Comparison, error) {
	var out forge.Comparison
	err := upstream.All(ctx,
		func(ctx context.Context) (err error) { out.Base, err = g.Resolve(ctx, repo, base); return err },
		func(ctx context.Context) (err error) { out.Head, err = g.Resolve(ctx, repo, head); return err })
	if err != nil {
		return out, err
	}
	c, _, err := g.api.Repositories.Compare(repo, &gl.CompareOptions{From: &out.Base, To: &out.Head}, in(ctx))
	if err != nil {
		return out, wrap(ctx, err)
	}
	for _, one := range c.Commits {
		if one != nil {
			out.Commits = append(out.Commits, toCommit(one))
		}
	}
	if len(out.Commits) > 1 && out.Commits[0].SHA == out.Head {
		slices.Reverse(out.Commits)
	}
	out.Total = len(out.Commits)
	files := forge.Present(c.Diffs, diffOf)
	for _, file := range files {
		out.Files = append(out.Files, file.changed())
	}
	if diff {
		out.Diff = gitDiff(files)
	}
	if c.CompareTimeout {
		out.Note = "GitLab did not finish the comparison: there are more files than these"
	}
	return out, nil
}

// Checks are the jobs and the statuses of a commit, the newest of each name.
func (g *gitlab) Checks(ctx context.Context, repo, ref string) ([]forge.Check, error) {
	all, _, err := everything(5, func(o gl.ListOptions) ([]*gl.CommitStatus, *gl.Response, error) {
		return g.api.Commits.GetCommitStatuses(repo, ref, &gl.GetCommitStatusesOptions{ListOptions: o}, in(ctx))
	})
	if err != nil {
		return nil, wrap(ctx, err)
	}
	newest := make(map[string]*gl.CommitStatus)
	var names []string
	for _, s := range all {
		if s == nil {
			continue
		}
		if newest[s.Name] == nil {
			names = append(names, s.Name)
		}
		if newest[s.Name] == nil || newest[s.Name].ID < s.ID {
			newest[s.Name] = s
		}
	}
	var list []forge.Check
	for _, name := range names {
		s := newest[name]
		check := forge.Check{Name: name, Description: s.Description, URL: s.TargetURL, State: checkState(s.Status)}
		if s.AllowFailure && (check.State == "failure" || check.State == "cancelled") {
			check.State, check.Description = "skipped", "it is "+s.Status+", which is allowed"
		}
		list = append(list, check)
	}
	return list, nil
}

// checkState is a status of CI as checks have it. What waits for somebody to
// play it does not hold anything up.
func checkState(status string) string {
	switch status {
	case "success", "skipped":
		return status
	case "failed":
		return "failure"
	case "canceled":
		return "cancelled"
	case "manual":
		return "skipped"
	}
	return "pending"
}

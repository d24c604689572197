package main

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	sdk "code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// ListCommits asks without the SDK, which does not know since and until.
func (g *gitea) ListCommits(ctx context.Context, repo string, f forge.CommitFilter, at forge.At) (forge.List[forge.Commit], error) {
	q := url.Values{
		"page": {strconv.Itoa(at.Page)}, "limit": {strconv.Itoa(at.Size)},
		"stat": {"false"}, "verification": {"false"}, "files": {"false"},
	}
	for name, v := range map[string]string{"sha": f.Ref, "path": f.Path, "since": stamp(f.Since), "until": stamp(f.Until)} {
		if v != "" {
			q.Set(name, v)
		}
	}
	var commits []*sdk.Commit
	r, err := g.http.JSON(ctx, upstream.Request{Path: repoPath(repo, "commits"), Query: q}, &commits)
	if err != nil {
		return forge.List[forge.Commit]{}, wrap(ctx, err)
	}
	return listed(commits, linked(r), toCommit), nil
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func (g *gitea) GetCommit(ctx context.Context, repo, sha string) (forge.Commit, error) {
	var c sdk.Commit
	q := url.Values{"stat": {"false"}, "verification": {"false"}, "files": {"false"}}
	if _, err := g.http.JSON(ctx, upstream.Request{Path: repoPath(repo, "git/commits/"+url.PathEscape(sha)), Query: q}, &c); err != nil {
		return forge.Commit{}, wrap(ctx, err)
	}
	return toCommit(&c), nil
}

func (g *gitea) CommitDiff(ctx context.Context, repo, sha string) (string, error) {
	r, err := g.http.Do(ctx, upstream.Request{Path: repoPath(repo, "git/commits/"+url.PathEscape(sha)+".diff")})
	if err != nil {
		return "", wrap(ctx, err)
	}
	return string(r.Body), nil
}

// compareDiffs is how many commits' diffs are read.
const compareDiffs = 30

// Compare has the commits. A diff between two refs the API of Gitea does not
// have: those of the commits stand for it.
func (g *gitea) Compare(ctx context.Context, repo, base, head string, diff bool) (forge.Comparison, error) {
	var out forge.Comparison
	err := upstream.All(ctx,
		func(ctx context.Context) (err error) { out.Base, err = g.Resolve(ctx, repo, base); return err },
		func(ctx context.Context) (err error) { out.Head, err = g.Resolve(ctx, repo, head); return err })
	if err != nil {
		return out, err
	}
	var c sdk.Compare
	tail := "compare/" + url.PathEscape(out.Base) + "..." + url.PathEscape(out.Head)
	if _, err := g.http.JSON(ctx, upstream.Request{Path: repoPath(repo, tail), Query: url.Values{"verification": {"false"}}}, &c); err != nil {
		return out, wrap(ctx, err)
	}
	out.Total = c.TotalCommits
	seen := make(map[string]bool)
	for i := len(c.Commits) - 1; i >= 0; i-- { // the newest is first in Gitea
		if c.Commits[i] == nil {
			continue
		}
		one := toCommit(c.Commits[i])
		out.Commits = append(out.Commits, one)
		for _, file := range one.Files {
			if !seen[file.Path] {
				seen[file.Path] = true
				out.Files = append(out.Files, file)
			}
		}
	}
	if !diff {
		return out, nil
	}
	own := make([]forge.Commit, 0, len(out.Commits))
	for _, one := range out.Commits {
		if len(one.Parents) < 2 { // what a merge brought is in the others
			own = append(own, one)
		}
	}
	if len(own) > 1 {
		out.Note = "Gitea has no diff between refs: these are those of the commits, the oldest first, and a file may be in several"
	}
	if len(own) > compareDiffs {
		out.Note += "; only of the newest " + strconv.Itoa(compareDiffs)
		own = own[len(own)-compareDiffs:]
	}
	diffs := make([]string, len(own))
	var ask []func(context.Context) error
	for i, one := range own {
		ask = append(ask, func(ctx context.Context) (err error) { diffs[i], err = g.CommitDiff(ctx, repo, one.SHA); return err })
	}
	if err := upstream.All(ctx, ask...); err != nil {
		return out, err
	}
	out.Diff = strings.Join(diffs, "")
	return out, nil
}

// Checks are the statuses of a commit, which Actions writes too.
func (g *gitea) Checks(ctx context.Context, repo, ref string) ([]forge.Check, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return nil, err
	}
	owner, name := forge.OwnerName(repo)
	s, _, err := c.GetCombinedStatus(owner, name, ref)
	if err != nil {
		return nil, wrap(ctx, err)
	}
	var list []forge.Check
	for _, one := range s.Statuses {
		if one == nil {
			continue
		}
		check := forge.Check{Name: one.Context, Description: one.Description, URL: one.TargetURL, State: string(one.State)}
		switch one.State {
		case sdk.StatusError:
			check.State = "failure"
		case sdk.StatusWarning:
			check.State = "success"
		}
		list = append(list, check)
	}
	return list, nil
}

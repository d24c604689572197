package main

import (
	"context"
	"net/url"
	"strings"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// ListCommits filters by an address itself; other parts of a name are left to
// the tools.
func (g *github) ListCommits(ctx context.Context, repo string, f forge.CommitFilter, at forge.At) (forge.List[forge.Commit], error) {
	owner, name := forge.OwnerName(repo)
	o := &gh.CommitsListOptions{SHA: f.Ref, Path: f.Path, Since: f.Since, Until: f.Until, ListOptions: page(at)}
	if strings.Contains(f.Author, "@") {
		o.Author = f.Author
	}
	list, r, err := g.api.Repositories.ListCommits(ctx, owner, name, o)
	err = wrap(ctx, err)
	if forge.IsCode(err, kit.FailedPrecondition) {
		return forge.List[forge.Commit]{Hint: "the repository has no commit yet"}, nil
	}
	return listed(list, r, toCommit), err
}

// GetCommit takes a ref as well as a sha.
func (g *github) GetCommit(ctx context.Context, repo, sha string) (forge.Commit, error) {
	var c gh.RepositoryCommit
	err := g.read(ctx, repoPath(repo, "commits/"+forge.EscapePath(sha)), nil, &c)
	return toCommit(&c), unknownRef(err, repo, sha)
}

func (g *github) CommitDiff(ctx context.Context, repo, sha string) (string, error) {
	path := repoPath(repo, "commits/"+forge.EscapePath(sha))
	return g.diff(ctx, path, func(o gh.ListOptions) ([]*gh.CommitFile, *gh.Response, error) {
		owner, name := forge.OwnerName(repo)
		c, r, err := g.api.Repositories.GetCommit(ctx, owner, name, sha, &o)
		if err != nil {
			return nil, r, err
		}
		return c.Files, r, nil
	})
}

// compareCommits is how many commits a page of a comparison has.
const compareCommits = 100

// Compare has the newest commits where there are more than a page of them.
func (g *github) Compare(ctx context.Context, repo, base, head string, diff bool) (forge.Comparison, error) {
	var out forge.Comparison
	err := upstream.All(ctx,
		func(ctx context.Context) (err error) { out.Base, err = g.Resolve(ctx, repo, base); return err },
		func(ctx context.Context) (err error) { out.Head, err = g.Resolve(ctx, repo, head); return err })
	if err != nil {
		return out, err
	}
	owner, name := forge.OwnerName(repo)
	get := func(n int) (*gh.CommitsComparison, error) {
		c, _, err := g.api.Repositories.CompareCommits(ctx, owner, name, out.Base, out.Head, &gh.ListOptions{Page: n, PerPage: compareCommits})
		return c, wrap(ctx, err)
	}
	c, err := get(1)
	if err != nil {
		return out, err
	}
	out.Total = c.GetTotalCommits()
	pages := [][]*gh.RepositoryCommit{c.Commits}
	for n, last := 2, (out.Total+compareCommits-1)/compareCommits; n <= last; n++ {
		if n < last-1 {
			continue // the oldest of many are not shown
		}
		more, err := get(n)
		if err != nil {
			return out, err
		}
		if pages = append(pages, more.Commits); n > 2 {
			pages = pages[len(pages)-2:]
		}
	}
	for _, list := range pages {
		for _, one := range list {
			if one != nil {
				out.Commits = append(out.Commits, toCommit(one))
			}
		}
	}
	for _, f := range c.Files {
		if f != nil {
			out.Files = append(out.Files, toFile(f))
		}
	}
	if len(out.Files) >= maxFiles {
		out.Note = "GitHub compares no more than 300 files"
	}
	if !diff {
		return out, nil
	}
	tail := "compare/" + url.PathEscape(out.Base) + "..." + url.PathEscape(out.Head)
	out.Diff, err = g.diff(ctx, repoPath(repo, tail), func(gh.ListOptions) ([]*gh.CommitFile, *gh.Response, error) { return c.Files, nil, nil })
	return out, err
}

// maxFiles of a comparison.
const maxFiles = 300

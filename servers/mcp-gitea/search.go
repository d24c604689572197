package main

import (
	"context"
	"errors"
	"net/url"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// SearchCode reads the archive of the tree: the API of Gitea finds no code. That
// is one request, however many files there are.
func (g *gitea) SearchCode(ctx context.Context, repo string, q forge.CodeQuery, at forge.At) (forge.List[forge.CodeHit], error) {
	var none forge.List[forge.CodeHit]
	want, err := forge.NewCodeMatcher(q)
	if err != nil {
		return none, err
	}
	sha, err := g.Resolve(ctx, repo, q.Ref)
	if err != nil {
		return none, err
	}
	r, err := g.http.Do(ctx, upstream.Request{Path: repoPath(repo, "archive/"+url.PathEscape(sha)+".tar.gz")})
	if err != nil {
		var e *kit.Error
		if errors.As(err, &e) && e.Code == kit.TooLarge {
			return none, e.WithHint("this repository is too large to be searched here: list_files with a glob finds files, get_file reads them; %s allows more", g.http.Setting("MAX_BODY"))
		}
		return none, wrap(ctx, err)
	}
	return forge.SearchArchive(ctx, r.Body, want, at)
}

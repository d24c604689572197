package main

import (
	"context"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
)

// Blame is of a whole file.
func (g *gitlab) Blame(ctx context.Context, repo, ref, file string) ([]forge.Blame, error) {
	ranges, _, err := g.api.RepositoryFiles.GetFileBlame(repo, file, &gl.GetFileBlameOptions{Ref: orHead(ref)}, in(ctx))
	if err != nil {
		return nil, wrap(ctx, err)
	}
	var list []forge.Blame
	line := 1
	for _, r := range ranges {
		if r == nil || len(r.Lines) == 0 {
			continue
		}
		c := forge.Commit{SHA: r.Commit.ID, Message: r.Commit.Message, Author: r.Commit.AuthorName, Email: r.Commit.AuthorEmail, Date: forge.Value(r.Commit.AuthoredDate), Parents: r.Commit.ParentIDs}
		list = append(list, forge.Blame{Start: line, End: line + len(r.Lines) - 1, Commit: c})
		line += len(r.Lines)
	}
	return list, nil
}

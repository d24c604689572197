package main

import (
	"context"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// JobLog keeps the end of a log while it is read: GitLab gives it as a whole, and
// it may be larger than any answer that is.
func (g *gitlab) JobLog(ctx context.Context, repo string, job int64, most int64) (forge.RawLog, error) {
	r, err := g.http.Do(ctx, upstream.Request{Path: project(repo, "jobs/"+id(job)+"/trace"), Tail: most})
	if err != nil {
		return forge.RawLog{}, err
	}
	return forge.RawLog{Text: r.Body, Skipped: r.Skipped}, nil
}

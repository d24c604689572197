package main

import (
	"context"
	"encoding/base64"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
)

// Commit is one request, which GitLab does as a whole or not at all. Of a file
// that is there it compares the commit that changed it last with the one we know.
func (g *gitlab) Commit(ctx context.Context, repo string, n forge.NewCommit) (forge.Commit, error) {
	o := gl.CreateCommitOptions{Branch: &n.Branch, StartBranch: ptr(n.Start), CommitMessage: &n.Message}
	for _, change := range n.Changes {
		action := &gl.CommitActionOptions{Action: gl.Ptr(gl.FileActionValue(change.Action)), FilePath: gl.Ptr(change.Path)}
		if change.Action != "create" {
			action.LastCommitID = ptr(change.Commit)
		}
		if change.Action == "move" {
			action.PreviousPath = gl.Ptr(change.From)
		}
		if change.Content != nil {
			action.Content, action.Encoding = gl.Ptr(base64.StdEncoding.EncodeToString(change.Content)), gl.Ptr("base64")
		}
		o.Actions = append(o.Actions, action)
	}
	c, _, err := g.api.Commits.CreateCommit(repo, &o, in(ctx))
	if err != nil {
		return forge.Commit{}, wrap(ctx, err)
	}
	return toCommit(c), nil
}

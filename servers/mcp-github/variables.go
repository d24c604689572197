package main

import (
	"context"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

// Variables are those of Actions and the names of its secrets, as far as the
// token may list them. Values are left where they are.
func (g *github) Variables(ctx context.Context, repo string, at forge.At) (forge.List[forge.Variable], error) {
	owner, name := forge.OwnerName(repo)
	var all []forge.Variable
	plain, failed := everything(func(o gh.ListOptions) ([]*gh.ActionsVariable, *gh.Response, error) {
		list, r, err := g.api.Actions.ListRepoVariables(ctx, owner, name, &o)
		if err != nil {
			return nil, r, err
		}
		return list.Variables, r, nil
	})
	for _, v := range plain {
		all = append(all, forge.Variable{Name: v.Name, Scope: "repository"})
	}
	secrets, failedToo := everything(func(o gh.ListOptions) ([]*gh.Secret, *gh.Response, error) {
		list, r, err := g.api.Actions.ListRepoSecrets(ctx, owner, name, &o)
		if err != nil {
			return nil, r, err
		}
		return list.Secrets, r, nil
	})
	for _, s := range secrets {
		all = append(all, forge.Variable{Name: s.Name, Scope: "repository", Masked: true, Description: "secret"})
	}
	failed, failedToo = wrap(ctx, failed), wrap(ctx, failedToo)
	out := forge.PageOf(all, at)
	switch {
	case failed == nil && failedToo == nil:
	case forge.IsCode(failed, kit.PermissionDenied) && failedToo == nil:
		out.Hint = "only secrets: the token may not list variables"
	case forge.IsCode(failedToo, kit.PermissionDenied) && failed == nil:
		out.Hint = "without secrets: the token may not list them"
	case failed != nil:
		return out, failed
	default:
		return out, failedToo
	}
	return out, nil
}

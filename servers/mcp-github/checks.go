package main

import (
	"cmp"
	"context"
	"slices"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// Checks are what apps such as Actions report, the newest of each name, and the
// statuses that others set, together.
func (g *github) Checks(ctx context.Context, repo, ref string) ([]forge.Check, error) {
	owner, name := forge.OwnerName(repo)
	var runs []*gh.CheckRun
	var statuses []*gh.RepoStatus
	err := upstream.All(ctx, func(ctx context.Context) (err error) {
		latest := "latest"
		runs, err = everything(func(o gh.ListOptions) ([]*gh.CheckRun, *gh.Response, error) {
			list, r, err := g.api.Checks.ListCheckRunsForRef(ctx, owner, name, ref, &gh.ListCheckRunsOptions{Filter: &latest, ListOptions: o})
			if err != nil {
				return nil, r, err
			}
			return list.CheckRuns, r, nil
		})
		return wrap(ctx, err)
	}, func(ctx context.Context) (err error) {
		statuses, err = everything(func(o gh.ListOptions) ([]*gh.RepoStatus, *gh.Response, error) {
			list, r, err := g.api.Repositories.GetCombinedStatus(ctx, owner, name, ref, &o)
			if err != nil {
				return nil, r, err
			}
			return list.Statuses, r, nil
		})
		return wrap(ctx, err)
	})
	if err != nil {
		return nil, err
	}
	var list []forge.Check
	for _, r := range runs {
		list = append(list, forge.Check{Name: r.GetName(), State: checkState(r.GetStatus(), r.GetConclusion()), Description: r.GetOutput().GetTitle(), URL: r.GetHTMLURL()})
	}
	for _, s := range statuses {
		list = append(list, forge.Check{Name: s.GetContext(), State: checkState("completed", s.GetState()), Description: s.GetDescription(), URL: s.GetTargetURL()})
	}
	slices.SortStableFunc(list, func(a, b forge.Check) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// checkState is [state] in the words of checks.
func checkState(status, conclusion string) string {
	switch s := state(status, conclusion); s {
	case "queued", "running":
		return "pending"
	default:
		return s
	}
}

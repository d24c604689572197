package main

import (
	"context"
	"slices"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// Events are what GitLab noted itself, and the changes of labels, milestone and
// state, which it has in three other lists. One that an older version does not
// have is left out.
func (g *gitlab) Events(ctx context.Context, repo string, number int, where forge.At) (forge.List[forge.Event], error) {
	var parts [4][]forge.Event
	cut := false
	optional := func(err error) error {
		if absent(err) {
			return nil
		}
		return wrap(ctx, err)
	}
	err := upstream.All(ctx, func(ctx context.Context) error {
		notes, more, err := g.notes(ctx, repo, number, false)
		cut = more
		for _, n := range notes {
			if n != nil && n.System {
				parts[0] = append(parts[0], forge.Event{Type: "note", Actor: n.Author.Username, Text: n.Body, Date: forge.Value(n.CreatedAt)})
			}
		}
		return err
	}, func(ctx context.Context) error {
		events, _, err := everything(notePages, func(o gl.ListOptions) ([]*gl.LabelEvent, *gl.Response, error) {
			return g.api.ResourceLabelEvents.ListIssueLabelEvents(repo, int64(number), &gl.ListLabelEventsOptions{ListOptions: o}, in(ctx))
		})
		for _, e := range events {
			if e != nil {
				parts[1] = append(parts[1], forge.Event{Type: "label", Actor: e.User.Username, Text: e.Action + " " + e.Label.Name, Date: forge.Value(e.CreatedAt)})
			}
		}
		return optional(err)
	}, func(ctx context.Context) error {
		events, _, err := everything(notePages, func(o gl.ListOptions) ([]*gl.StateEvent, *gl.Response, error) {
			return g.api.ResourceStateEvents.ListIssueStateEvents(repo, int64(number), &gl.ListStateEventsOptions{ListOptions: o}, in(ctx))
		})
		for _, e := range events {
			if e != nil {
				parts[2] = append(parts[2], forge.Event{Type: "state", Actor: login(e.User), Text: string(e.State), Date: forge.Value(e.CreatedAt)})
			}
		}
		return optional(err)
	}, func(ctx context.Context) error {
		events, _, err := everything(notePages, func(o gl.ListOptions) ([]*gl.MilestoneEvent, *gl.Response, error) {
			return g.api.ResourceMilestoneEvents.ListIssueMilestoneEvents(repo, int64(number), &gl.ListMilestoneEventsOptions{ListOptions: o}, in(ctx))
		})
		for _, e := range events {
			if e != nil {
				parts[3] = append(parts[3], forge.Event{Type: "milestone", Actor: login(e.User), Text: e.Action + " " + milestoneTitle(e.Milestone), Date: forge.Value(e.CreatedAt)})
			}
		}
		return optional(err)
	})
	if err != nil {
		return forge.List[forge.Event]{}, err
	}
	all := slices.Concat(parts[0], parts[1], parts[2], parts[3])
	slices.SortStableFunc(all, func(a, b forge.Event) int { return a.Date.Compare(b.Date) })
	return sliced(all, cut, where), nil
}

package main

import (
	"context"
	"strings"
	"time"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// namePages bounds the lists that names are looked up in.
const namePages = 20

// labels of a project: its own and those of its groups.
func (g *gitlab) labels(ctx context.Context, repo string) ([]*gl.Label, error) {
	all, _, err := everything(namePages, func(o gl.ListOptions) ([]*gl.Label, *gl.Response, error) {
		return g.api.Labels.ListLabels(repo, &gl.ListLabelsOptions{ListOptions: o}, in(ctx))
	})
	return all, wrap(ctx, err)
}

// labelNames are the labels as the project has them: GitLab would make one that
// is not there. One that is none is an error with those that are.
func (g *gitlab) labelNames(ctx context.Context, repo string, names []string) (gl.LabelOptions, error) {
	found := gl.LabelOptions{}
	if len(names) == 0 {
		return found, nil
	}
	labels, err := g.labels(ctx, repo)
	if err != nil {
		return nil, err
	}
	known := forge.Present(labels, func(l *gl.Label) string { return l.Name })
	for _, name := range names {
		i, err := forge.Lookup("label", name, known)
		if err != nil {
			return nil, err
		}
		found = append(found, known[i])
	}
	return found, nil
}

// milestones of a project and of the groups it is in.
func (g *gitlab) milestones(ctx context.Context, repo string) ([]*gl.Milestone, error) {
	all, _, err := everything(namePages, func(o gl.ListOptions) ([]*gl.Milestone, *gl.Response, error) {
		return g.api.Milestones.ListMilestones(repo, &gl.ListMilestonesOptions{ListOptions: o, IncludeAncestors: gl.Ptr(true)}, in(ctx))
	})
	return all, wrap(ctx, err)
}

// milestoneID is that of a title, 0 for none.
func (g *gitlab) milestoneID(ctx context.Context, repo, title string) (int64, error) {
	if title == "" {
		return 0, nil
	}
	all, err := g.milestones(ctx, repo)
	if err != nil {
		return 0, err
	}
	i, err := forge.Lookup("milestone", title, forge.Present(all, milestoneTitle))
	if err != nil {
		return 0, err
	}
	return all[i].ID, nil
}

// userIDs are those of names. For none it is 0, which GitLab takes for nobody.
func (g *gitlab) userIDs(ctx context.Context, names []string) ([]int64, error) {
	if len(names) == 0 {
		return []int64{0}, nil
	}
	ids := make([]int64, len(names))
	var ask []func(context.Context) error
	for i, name := range names {
		ask = append(ask, func(ctx context.Context) error {
			users, _, err := g.api.Users.ListUsers(&gl.ListUsersOptions{Username: gl.Ptr(strings.TrimPrefix(name, "@"))}, in(ctx))
			if err != nil {
				return wrap(ctx, err)
			}
			if len(users) == 0 || users[0] == nil {
				return kit.Errorf(kit.InvalidArgument, "there is no user %q", name).WithHint("write the login, as in the answers, not the full name; get_me says who we are")
			}
			ids[i] = users[0].ID
			return nil
		})
	}
	return ids, upstream.All(ctx, ask...)
}

func (g *gitlab) IssueMetadata(ctx context.Context, repo string) (forge.Metadata, error) {
	var out forge.Metadata
	err := upstream.All(ctx, func(ctx context.Context) error {
		labels, err := g.labels(ctx, repo)
		for _, l := range labels {
			out.Labels = append(out.Labels, forge.Label{Name: l.Name, Description: l.Description})
		}
		return err
	}, func(ctx context.Context) error {
		milestones, err := g.milestones(ctx, repo)
		for _, m := range milestones {
			one := forge.Milestone{Title: m.Title, State: m.State}
			if m.State == "active" {
				one.State = "open"
			}
			if m.DueDate != nil {
				one.Due = time.Time(*m.DueDate)
			}
			out.Milestones = append(out.Milestones, one)
		}
		return err
	}, func(ctx context.Context) error {
		users, _, err := everything(5, func(o gl.ListOptions) ([]*gl.ProjectUser, *gl.Response, error) {
			return g.api.Projects.ListProjectsUsers(repo, &gl.ListProjectUserOptions{ListOptions: o}, in(ctx))
		})
		for _, u := range users {
			if u != nil {
				out.Assignees = append(out.Assignees, u.Username)
			}
		}
		return wrap(ctx, err)
	})
	return out, err
}

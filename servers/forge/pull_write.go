package forge

import (
	"context"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

type createPullArgs struct {
	Repo      string   `arg:"repo,required" doc:"{repo}"`
	Title     string   `arg:"title,required"`
	Head      string   `arg:"head,required" doc:"branch, or owner:branch of a fork"`
	Base      string   `arg:"base" doc:"default branch if none"`
	Body      string   `arg:"body,raw"`
	Draft     bool     `arg:"draft"`
	Reviewers []string `arg:"reviewers"`
	Labels    []string `arg:"labels"`
	Assignees []string `arg:"assignees"`
	Milestone string   `arg:"milestone"`
}

func (f *forge) createPull() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "create_{pull}", Title: "Create {pull request}", Description: "A {pull request} of a branch that is pushed.",
		Hints: creates, Output: written{}, Example: `{"repo":"acme/web","title":"Fix login","head":"fix-login"}`,
	}), func(ctx context.Context, a createPullArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		if err := f.headName(a.Head); err != nil {
			return nil, err
		}
		if err := refName("base", a.Base); err != nil {
			return nil, err
		}
		if a.Base == "" {
			r, err := b.GetRepo(ctx, repo)
			if err != nil {
				return nil, err
			}
			a.Base = r.DefaultBranch
		}
		p, err := b.CreatePull(ctx, repo, PullChange{
			Title: &a.Title, Body: &a.Body, Base: &a.Base, Head: a.Head, Draft: &a.Draft, Reviewers: a.Reviewers,
			Labels: &a.Labels, Assignees: &a.Assignees, Milestone: &a.Milestone,
		})
		if IsCode(err, kit.Conflict) {
			return nil, f.pullThere(ctx, b, repo, a, err)
		}
		if err != nil {
			return nil, f.unknownRef(ctx, b, repo, err, "are "+a.Head+" and "+a.Base+" pushed? ", a.Head, a.Base)
		}
		w := written{Changed: true, Number: p.Number, State: p.State, URL: p.URL}
		w.Hints = append(missing("label", a.Labels, p.Labels), missing("reviewer", a.Reviewers, p.Reviewers)...)
		return kit.Record(w).Untrusted(), nil
	})
}

// headName checks a branch, or one of a fork where all repositories are allowed.
func (f *forge) headName(head string) error {
	owner, branch, fork := strings.Cut(head, ":")
	if !fork {
		return refName("head", head)
	}
	if !repoPart.MatchString(owner) {
		return kit.Errorf(kit.InvalidArgument, "head: %q is no branch of a fork, owner:branch", head)
	}
	if f.allowed != nil {
		return kit.Errorf(kit.PermissionDenied, "head: forks are not among the repositories that this server may touch")
	}
	return refName("head", branch)
}

// pullThere says which one it is that has these branches already.
func (f *forge) pullThere(ctx context.Context, b Backend, repo string, a createPullArgs, err error) error {
	filter := PullFilter{State: "open", Head: a.Head, Base: a.Base}
	list, _, failed := all(ctx, f, 500, func(at At) (List[Pull], error) { return b.ListPulls(ctx, repo, filter, at) })
	i := slices.IndexFunc(list, filter.match)
	if failed != nil || i < 0 {
		return err
	}
	return hinted(err, kit.Conflict, "%s", f.Nouns.say("{pull request} "+itoa(list[i].Number)+" has these branches already: update_{pull} changes it"))
}

type updatePullArgs struct {
	Repo      string   `arg:"repo,required" doc:"{repo}"`
	Number    int      `arg:"number,required" min:"1"`
	Title     string   `arg:"title"`
	Body      *string  `arg:"body,raw"`
	Base      string   `arg:"base"`
	State     string   `arg:"state" enum:"open,closed"`
	Draft     *bool    `arg:"draft"`
	Labels    []string `arg:"labels" doc:"these and no others; none: no label"`
	Assignees []string `arg:"assignees" doc:"these and no others"`
	Reviewers []string `arg:"reviewers" doc:"to ask"`
	Remove    []string `arg:"remove_reviewers"`
	Milestone *string  `arg:"milestone"`
}

func (f *forge) updatePull() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "update_{pull}", Title: "Update {pull request}", Description: "Changes a {pull request}; what is not given stays. Says before and after.",
		Hints: updates, Output: written{}, Example: `{"repo":"acme/web","number":7,"draft":false,"reviewers":["ann"]}`,
	}), func(ctx context.Context, a updatePullArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		if err := refName("base", a.Base); err != nil {
			return nil, err
		}
		before, err := f.pull(ctx, b, repo, a.Number)
		if err != nil {
			return nil, err
		}
		after, err := b.UpdatePull(ctx, repo, a.Number, PullChange{
			Title: given(a.Title), Body: a.Body, Base: given(a.Base), State: given(a.State), Draft: a.Draft, Labels: names(a.Labels),
			Assignees: names(a.Assignees), Reviewers: a.Reviewers, RemoveReviewers: a.Remove, Milestone: noneIsEmpty(a.Milestone),
		})
		if err != nil {
			return nil, err
		}
		w := written{Number: after.Number, State: after.State, URL: after.URL}
		w.Before, w.After = difference(pullFields(before), pullFields(after))
		w.Changed = w.After != nil
		w.Hints = append(missing("label", without(a.Labels, "none"), after.Labels), missing("reviewer", a.Reviewers, after.Reviewers)...)
		return kit.Record(w).Untrusted(), nil
	})
}

func pullFields(p Pull) map[string]any {
	return map[string]any{
		"title": short(p.Title, titleRunes), "state": p.State, "draft": p.Draft, "base": p.Base, "labels": sorted(p.Labels),
		"assignees": sorted(p.Assignees), "reviewers": sorted(p.Reviewers), "milestone": p.Milestone, "body": short(p.Body, bodyRunes),
	}
}

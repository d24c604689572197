package forge

import (
	"context"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

type pullRow struct {
	Number    int      `json:"number"`
	Title     string   `json:"title"`
	State     string   `json:"state"`
	Draft     bool     `json:"draft,omitempty"`
	Author    string   `json:"author,omitempty"`
	Head      string   `json:"head,omitempty"`
	Base      string   `json:"base,omitempty"`
	Labels    []string `json:"labels,omitempty"`
	Reviewers []string `json:"reviewers,omitempty"`
	Mergeable *bool    `json:"mergeable,omitempty"`
	Checks    string   `json:"checks,omitempty"`
	Review    string   `json:"review,omitempty"`
	Updated   string   `json:"updated,omitempty"`
}

func newPullRow(p Pull) pullRow {
	row := pullRow{
		Number: p.Number, Title: short(p.Title, titleRunes), State: p.State, Draft: p.Draft, Author: p.Author,
		Head: p.Head, Base: p.Base, Labels: p.Labels, Reviewers: p.Reviewers, Updated: when(p.Updated),
	}
	if p.State == "open" {
		row.Mergeable = p.Mergeable
	}
	return row
}

type listPullsArgs struct {
	Repo     string   `arg:"repo,required" doc:"{repo}"`
	State    string   `arg:"state" enum:"open,closed,merged,all" default:"open"`
	Author   string   `arg:"author"`
	Reviewer string   `arg:"reviewer"`
	Base     string   `arg:"base"`
	Head     string   `arg:"head"`
	Draft    *bool    `arg:"draft"`
	Labels   []string `arg:"labels"`
	Checks   string   `arg:"checks" enum:"failure,success,pending"`
	Sort     string   `arg:"sort" enum:"updated,created"`
	Include  []string `arg:"include" enum:"checks,review"`
	kit.Fields
	kit.Paging
}

type pullsHead struct {
	Warnings []string `json:"warnings,omitempty"`
}

func (f *forge) listPulls() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "list_{pull}s", Title: "List {pull request}s", Description: "{Pull request}s; include adds CI state and review decision of each.",
		Hints: kit.ReadWorld, Output: pullsHead{}, ListName: "pulls", Example: `{"repo":"acme/web","include":["checks"]}`,
	}), func(ctx context.Context, a listPullsArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		filter := PullFilter{
			State: a.State, Author: a.Author, Reviewer: a.Reviewer, Base: a.Base, Head: a.Head, Draft: a.Draft, Labels: a.Labels, Sort: a.Sort,
		}
		get := func(at At) (List[Pull], error) { return b.ListPulls(ctx, repo, filter, at) }
		var checks map[int]string
		var head pullsHead
		if a.Checks != "" {
			with := get
			checks = make(map[int]string)
			get = func(at At) (List[Pull], error) {
				list, err := with(at)
				if err == nil {
					head.Warnings, err = f.pullChecks(ctx, b, repo, list.Items, checks)
				}
				return list, err
			}
		}
		trusted := a.Checks == "" && applied(f.Features.PullFilters, filter.set())
		page, err := filtered(ctx, f, a.Paging, trusted, get, func(p Pull) bool {
			return filter.match(p) && (a.Checks == "" || checks[p.Number] == a.Checks)
		})
		if err != nil {
			return nil, err
		}
		if checks == nil && contains(a.Include, "checks") {
			checks = make(map[int]string)
			if head.Warnings, err = f.pullChecks(ctx, b, repo, page.Items, checks); err != nil {
				return nil, err
			}
		}
		var decisions map[int]string
		if contains(a.Include, "review") {
			if decisions, err = f.pullDecisions(ctx, b, repo, page.Items, &head.Warnings); err != nil {
				return nil, err
			}
		}
		rows := convert(page, func(p Pull) pullRow {
			row := newPullRow(p)
			row.Checks, row.Review = checks[p.Number], decisions[p.Number]
			return row
		})
		return kit.Records(head, rows).Untrusted().Narrow("narrow with author, base or labels"), nil
	})
}

// set are the filters that are, by their argument.
func (p PullFilter) set() map[string]bool {
	return map[string]bool{
		"author": p.Author != "", "reviewer": p.Reviewer != "", "base": p.Base != "", "head": p.Head != "",
		"draft": p.Draft != nil, "labels": p.Labels != nil, "merged": p.State == "merged" || p.State == "closed",
	}
}

// match applies what the forge may not have.
func (p PullFilter) match(one Pull) bool {
	switch {
	case p.State != "" && p.State != "all" && one.State != p.State,
		p.Author != "" && !strings.EqualFold(one.Author, p.Author),
		p.Reviewer != "" && !contains(one.Reviewers, p.Reviewer),
		p.Base != "" && one.Base != p.Base,
		p.Head != "" && one.Head != p.Head,
		p.Draft != nil && one.Draft != *p.Draft:
		return false
	}
	for _, label := range p.Labels {
		if !contains(one.Labels, label) {
			return false
		}
	}
	return true
}

// pullChecks asks what CI says of each.
func (f *forge) pullChecks(ctx context.Context, b Backend, repo string, pulls []Pull, into map[int]string) ([]string, error) {
	states := make([]string, len(pulls))
	var tasks []upstream.Task
	for i, p := range pulls {
		tasks = append(tasks, task("checks of "+itoa(p.Number), func(ctx context.Context) error {
			checks, err := b.Checks(ctx, repo, p.HeadSHA)
			states[i] = verdict(checks)
			return err
		}))
	}
	if tasks == nil {
		return nil, nil
	}
	warnings, err := upstream.Together(ctx, tasks...)
	for i, p := range pulls {
		into[p.Number] = states[i]
	}
	return warnings, err
}

func (f *forge) pullDecisions(ctx context.Context, b Backend, repo string, pulls []Pull, warnings *[]string) (map[int]string, error) {
	decisions := make([]string, len(pulls))
	var tasks []upstream.Task
	for i, p := range pulls {
		tasks = append(tasks, task("reviews of "+itoa(p.Number), func(ctx context.Context) error {
			reviews, err := b.ListReviews(ctx, repo, p.Number)
			decisions[i] = decision(reviews, p.Reviewers)
			return err
		}))
	}
	out := make(map[int]string)
	if tasks == nil {
		return out, nil
	}
	more, err := upstream.Together(ctx, tasks...)
	*warnings = append(*warnings, more...)
	for i, p := range pulls {
		out[p.Number] = decisions[i]
	}
	return out, err
}

// decision is what the reviews say together: the last word of each reviewer counts.
func decision(reviews []Review, asked []string) string {
	last := make(map[string]string)
	for _, r := range reviews {
		switch r.State {
		case "approved", "changes_requested":
			last[r.Author] = r.State
		case "dismissed":
			delete(last, r.Author)
		}
	}
	said := ""
	for _, state := range last {
		if state == "changes_requested" {
			return state
		}
		said = state
	}
	if said == "" && len(asked) > 0 {
		return "review_required"
	}
	return said
}

package forge

import (
	"context"
	"slices"
	"strings"
)

// pullState is what decides whether a pull request can be merged. A part that
// was not to be had is nil.
type pullState struct {
	rules     *Rules
	checks    []Check
	reviews   []Review
	threads   []Thread
	gotChecks bool
	gotReview bool
	gotThread bool
}

// askState adds the questions.
func (f *forge) askState(b Backend, repo string, p Pull, st *pullState, add func(string, func(context.Context) error)) {
	add("rules", func(ctx context.Context) error {
		rules, err := b.Rules(ctx, repo, p.Base)
		if err == nil {
			st.rules = &rules
		}
		return err
	})
	add("checks", func(ctx context.Context) (err error) {
		st.checks, err = b.Checks(ctx, repo, p.HeadSHA)
		st.gotChecks = err == nil
		return err
	})
	add("reviews", func(ctx context.Context) (err error) {
		st.reviews, err = b.ListReviews(ctx, repo, p.Number)
		st.gotReview = err == nil
		return err
	})
	add("threads", func(ctx context.Context) (err error) {
		st.threads, err = b.Threads(ctx, repo, p.Number)
		st.gotThread = err == nil
		return err
	})
}

// markRequired notes which checks the rules ask for, and adds those that did
// not say anything yet.
func (st *pullState) markRequired() {
	if st.rules == nil {
		return
	}
	for _, name := range st.rules.RequiredChecks {
		i := slices.IndexFunc(st.checks, func(c Check) bool { return c.Name == name })
		if i >= 0 {
			st.checks[i].Required = true
		} else if st.gotChecks && !strings.ContainsAny(name, "*?[") {
			st.checks = append(st.checks, Check{Name: name, State: "pending", Description: "has not reported", Required: true})
		}
	}
}

// blockers are why it cannot be merged now, in words.
func (st *pullState) blockers(p Pull) []string {
	var list []string
	if p.State != "open" {
		return []string{"it is " + p.State}
	}
	if p.Draft {
		list = append(list, "it is a draft")
	}
	list = append(list, p.Blocked...)
	if p.Mergeable != nil && !*p.Mergeable && len(list) == 0 {
		list = append(list, "the forge says that it cannot be merged: conflicts with "+p.Base+", rules of the branch, or it is still looking")
	}
	for _, c := range st.checks {
		if c.Required && c.State != "success" && c.State != "skipped" {
			list = append(list, "required check "+c.Name+" is "+c.State)
		}
	}
	if st.rules != nil && st.rules.Approvals > 0 && st.gotReview {
		if n := approvals(st.reviews); n < st.rules.Approvals {
			list = append(list, "has "+count(n, "approval")+" of "+itoa(st.rules.Approvals))
		}
	}
	if st.gotReview && decision(st.reviews, nil) == "changes_requested" {
		list = append(list, "changes are requested")
	}
	return list
}

func approvals(reviews []Review) int {
	last := make(map[string]string)
	for _, r := range reviews {
		switch r.State {
		case "approved", "changes_requested", "dismissed":
			last[r.Author] = r.State
		}
	}
	n := 0
	for _, state := range last {
		if state == "approved" {
			n++
		}
	}
	return n
}

func (st *pullState) unresolved() int {
	n := 0
	for _, t := range st.threads {
		if !t.Resolved {
			n++
		}
	}
	return n
}

// show writes what was found into the screen.
func (st *pullState) show(p Pull, include []string, s *pullScreen) {
	st.markRequired()
	if p.State == "open" {
		s.Blockers = st.blockers(p)
	}
	if st.gotChecks {
		s.ChecksSay = verdict(st.checks)
	}
	if st.gotReview {
		s.ReviewSays = decision(st.reviews, p.Reviewers)
	}
	if st.gotThread {
		n := st.unresolved()
		s.Unresolved = &n
	}
	if contains(include, "checks") {
		for _, c := range st.checks {
			s.Checks = append(s.Checks, checkRow{c.Name, c.State, c.Required, short(c.Description, titleRunes)})
		}
	}
	if contains(include, "reviews") {
		for _, r := range st.reviews {
			s.Reviews = append(s.Reviews, reviewRow{r.Author, r.State, r.Stale, when(r.Date), r.Comments, short(r.Body, bodyRunes)})
		}
	}
	if contains(include, "threads") {
		for _, t := range st.threads {
			s.Threads = append(s.Threads, newThreadRow(t))
		}
	}
}

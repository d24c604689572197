package github

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// change is what a body says an issue is to be. Members that are not there stay.
type change struct {
	Title, Body, State *string
	StateReason        *string `json:"state_reason"`
	Milestone          json.RawMessage
	Labels             *[]any
	Assignees          *[]string
	Assignee           *string
}

// check says what GitHub does not take.
func (c *call) check(in change) *reply {
	if in.Milestone != nil && string(in.Milestone) != "null" {
		n, err := strconv.Atoi(strings.Trim(string(in.Milestone), `"`))
		if err != nil || n < 1 || n > len(c.repo.milestones) {
			r := invalid("Issue", "milestone", "invalid", "")
			return &r
		}
	}
	if in.Assignees != nil {
		for _, login := range *in.Assignees {
			if !slices.Contains(c.h.users, login) {
				r := invalid("Issue", "assignees", "invalid", "")
				return &r
			}
		}
	}
	if in.Title != nil && strings.TrimSpace(*in.Title) == "" {
		r := invalid("Issue", "title", "missing_field", "")
		return &r
	}
	return nil
}

// apply makes the changes, and the events of them.
func (c *call) apply(it *item, in change, silent bool) {
	event := func(kind string, more obj) {
		if !silent {
			it.event(c, kind, more)
		}
	}
	if in.Title != nil && *in.Title != it.title {
		event("renamed", obj{"rename": obj{"from": it.title, "to": *in.Title}})
		it.title = *in.Title
	}
	if in.Body != nil {
		it.body = *in.Body
	}
	if in.Labels != nil {
		c.setLabels(it, labelNames(*in.Labels))
	}
	if in.Assignees != nil {
		for _, login := range *in.Assignees {
			if !slices.Contains(it.assignees, login) {
				event("assigned", obj{"assignee": c.h.user(login), "assigner": c.h.user(c.me)})
			}
		}
		it.assignees = slices.Clone(*in.Assignees)
	}
	if in.Milestone != nil {
		n, _ := strconv.Atoi(strings.Trim(string(in.Milestone), `"`))
		if n > 0 && n != it.milestone {
			event("milestoned", obj{"milestone": obj{"title": c.repo.milestones[n-1].title}})
		}
		it.milestone = n
	}
	if in.State != nil && *in.State != it.state {
		if *in.State == "closed" {
			c.repo.close(it, c.me)
			it.reason = "completed"
			event("closed", nil)
		} else {
			it.state, it.closed, it.closedBy, it.reason = "open", time.Time{}, "", "reopened"
			event("reopened", nil)
		}
	}
	if in.StateReason != nil && *in.StateReason != "" {
		it.reason = *in.StateReason
	}
	it.updated = c.h.tick()
}

func (r *repo) close(it *item, by string) {
	it.state, it.closed, it.closedBy = "closed", r.h.tick(), by
	it.updated = it.closed
}

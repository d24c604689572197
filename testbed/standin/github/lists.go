package github

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// listIssues has pull requests among issues, as GitHub has.
func (c *call) listIssues() reply {
	q := c.query
	since, _ := time.Parse(time.RFC3339, q.Get("since"))
	var all []*item
	for _, it := range c.repo.items {
		switch milestone := q.Get("milestone"); {
		case !inState(it.state, q.Get("state")),
			it.updated.Before(since),
			q.Get("creator") != "" && !strings.EqualFold(it.user, q.Get("creator")),
			!fitsOne(it.assignees, q.Get("assignee")),
			milestone == "none" && it.milestone > 0, milestone == "*" && it.milestone == 0,
			milestone != "" && milestone != "none" && milestone != "*" && strconv.Itoa(it.milestone) != milestone:
			continue
		}
		if labels := q.Get("labels"); labels != "" && slices.ContainsFunc(strings.Split(labels, ","), func(want string) bool {
			return !slices.ContainsFunc(it.labels, func(have string) bool { return strings.EqualFold(have, strings.TrimSpace(want)) })
		}) {
			continue
		}
		all = append(all, it)
	}
	c.sort(all, q.Get("sort"), q.Get("direction"))
	return list(c, all, func(it *item) any { return c.issue(it) })
}

func inState(state, want string) bool {
	return want == "all" || state == want || want == "" && state == "open"
}

func fitsOne(have []string, want string) bool {
	switch want {
	case "":
		return true
	case "none":
		return len(have) == 0
	case "*":
		return len(have) > 0
	}
	return slices.ContainsFunc(have, func(one string) bool { return strings.EqualFold(one, want) })
}

// sort orders items; the newest come first unless something else is asked for.
func (c *call) sort(all []*item, by, direction string) {
	slices.SortStableFunc(all, func(a, b *item) int {
		n := 0
		switch by {
		case "updated":
			n = a.updated.Compare(b.updated)
		case "comments":
			n = cmp.Compare(a.comments, b.comments)
		}
		if n == 0 {
			n = cmp.Compare(a.number, b.number)
		}
		if direction == "asc" {
			return n
		}
		return -n
	})
}

func (c *call) listLabels() reply {
	return list(c, c.repo.labels, func(l *label) any { return c.label(l) })
}

func (c *call) listMilestones() reply {
	all := slices.DeleteFunc(slices.Clone(c.repo.milestones), func(m *milestone) bool { return !inState(m.state, c.query.Get("state")) })
	return list(c, all, func(m *milestone) any { return c.milestone(m.number) })
}

// listAssignees has everybody: rights are not modelled.
func (c *call) listAssignees() reply { return list(c, c.h.users, c.h.user) }

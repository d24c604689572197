package github

import (
	"strconv"
	"strings"
	"time"
)

// item is an issue, and a pull request if pull is not nil.
type item struct {
	id                         int64
	number                     int
	title, body, state, reason string
	user, closedBy             string
	labels, assignees          []string
	milestone                  int
	locked                     bool
	created, updated, closed   time.Time
	events                     []obj
	comments                   int
	pull                       *pull
}

type label struct {
	id                       int64
	name, color, description string
}

type milestone struct {
	id           int64
	number       int
	title, state string
	created      time.Time
	due          time.Time
}

func (r *repo) item(number int) *item {
	if number < 1 || number > len(r.items) {
		return nil
	}
	return r.items[number-1]
}

func (c *call) item() *item { return c.repo.item(c.number("issue_number")) }

func (r *repo) label(name string) *label {
	for _, l := range r.labels {
		if strings.EqualFold(l.name, name) {
			return l
		}
	}
	return nil
}

func (c *call) createIssue() reply {
	var in change
	c.decode(&in)
	if in.Title == nil {
		return invalid("Issue", "title", "missing_field", "")
	}
	if r := c.check(in); r != nil {
		return *r
	}
	return created(c.issue(c.newItem(in)))
}

func (c *call) newItem(in change) *item {
	at := c.h.tick()
	it := &item{id: c.h.id(), number: len(c.repo.items) + 1, state: "open", user: c.me, created: at, updated: at}
	c.repo.items = append(c.repo.items, it)
	c.apply(it, in, true)
	it.updated = at
	return it
}

func (c *call) getIssue() reply {
	if it := c.item(); it != nil {
		return ok(c.issue(it))
	}
	return notFound()
}

func (c *call) updateIssue() reply {
	it := c.item()
	if it == nil {
		return notFound()
	}
	var in change
	c.decode(&in)
	if r := c.check(in); r != nil {
		return *r
	}
	c.apply(it, in, false)
	return ok(c.issue(it))
}

func (c *call) label(l *label) obj {
	return obj{"id": l.id, "node_id": "LA_" + l.name, "url": c.at("/labels/" + l.name), "name": l.name, "color": l.color, "description": text(l.description), "default": false}
}

func (c *call) milestone(n int) any {
	if n == 0 {
		return nil
	}
	m := c.repo.milestones[n-1]
	open, closed := 0, 0
	for _, it := range c.repo.items {
		switch {
		case it.milestone != n:
		case it.state == "open":
			open++
		default:
			closed++
		}
	}
	return obj{"id": m.id, "node_id": "MI", "number": m.number, "title": m.title, "state": m.state, "open_issues": open, "closed_issues": closed,
		"created_at": stamp(m.created), "updated_at": stamp(m.created), "closed_at": nil, "due_on": stamp(m.due), "description": nil, "creator": c.h.user(c.repo.owner),
		"url": c.at("/milestones/" + strconv.Itoa(n)), "html_url": c.html + "/" + c.repo.full() + "/milestone/" + strconv.Itoa(n)}
}

func (c *call) issue(it *item) obj {
	n := strconv.Itoa(it.number)
	kind := "issues"
	if it.pull != nil {
		kind = "pull"
	}
	users := each(it.assignees, c.h.user)
	out := obj{
		"id": it.id, "node_id": "I_" + n, "number": it.number, "title": it.title, "body": text(it.body), "state": it.state, "state_reason": text(it.reason), "locked": it.locked,
		"user": c.h.user(it.user), "labels": c.labelsOf(it), "assignees": users, "assignee": nil, "milestone": c.milestone(it.milestone), "comments": it.comments,
		"created_at": stamp(it.created), "updated_at": stamp(it.updated), "closed_at": stamp(it.closed), "author_association": c.association(it.user),
		"url": c.at("/issues/" + n), "repository_url": c.base + "/repos/" + c.repo.full(), "html_url": c.html + "/" + c.repo.full() + "/" + kind + "/" + n,
		"comments_url": c.at("/issues/" + n + "/comments"), "events_url": c.at("/issues/" + n + "/events"), "labels_url": c.at("/issues/" + n + "/labels{/name}"),
	}
	if len(users) > 0 {
		out["assignee"] = users[0]
	}
	if it.pull != nil {
		out["pull_request"] = obj{"url": c.at("/pulls/" + n), "html_url": out["html_url"], "diff_url": "https://github.test/d", "patch_url": "https://github.test/p", "merged_at": stamp(it.pull.merged)}
		out["draft"] = it.pull.draft
	}
	return out
}

func (c *call) association(login string) string {
	if login == c.repo.owner {
		return "OWNER"
	}
	return "COLLABORATOR"
}

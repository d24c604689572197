package github

import (
	"encoding/json"
	"net/http"
	"slices"
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

func labelNames(list []any) (names []string) {
	for _, one := range list {
		switch one := one.(type) {
		case string:
			names = append(names, one)
		case obj:
			name, _ := one["name"].(string)
			names = append(names, name)
		}
	}
	return names
}

// setLabels makes those that do not exist, as GitHub does.
func (c *call) setLabels(it *item, names []string) {
	var list []string
	for _, name := range names {
		l := c.repo.label(name)
		if l == nil {
			l = &label{id: c.h.id(), name: name, color: "ededed"}
			c.repo.labels = append(c.repo.labels, l)
		}
		if !slices.Contains(list, l.name) {
			list = append(list, l.name)
		}
		if !slices.Contains(it.labels, l.name) && it.labels != nil {
			it.event(c, "labeled", obj{"label": obj{"name": l.name, "color": l.color}})
		}
	}
	for _, name := range it.labels {
		if !slices.Contains(list, name) {
			it.event(c, "unlabeled", obj{"label": obj{"name": name, "color": "ededed"}})
		}
	}
	it.labels = list
}

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

func (c *call) addLabels() reply {
	it := c.item()
	if it == nil {
		return notFound()
	}
	var in struct{ Labels []any }
	c.decode(&in)
	c.setLabels(it, append(slices.Clone(it.labels), labelNames(in.Labels)...))
	return ok(c.labelsOf(it))
}

func (c *call) removeLabel() reply {
	it := c.item()
	if it == nil {
		return notFound()
	}
	i := slices.IndexFunc(it.labels, func(name string) bool { return strings.EqualFold(name, c.args["name"]) })
	if i < 0 {
		return failed(http.StatusNotFound, "Label does not exist")
	}
	c.setLabels(it, slices.Delete(slices.Clone(it.labels), i, i+1))
	return ok(c.labelsOf(it))
}

func (c *call) labelsOf(it *item) []any {
	return each(it.labels, func(name string) any { return c.label(c.repo.label(name)) })
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

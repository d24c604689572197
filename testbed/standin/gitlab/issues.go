package gitlab

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// thing is what issues and merge requests have in common.
type thing struct {
	id, iid                  int
	of                       *project
	title, body, state       string
	author, closedBy         *user
	assignees                []*user
	labels                   []string
	milestone                *milestone
	locked                   bool
	created, updated, closed time.Time
	discussions              []*discussion
	events                   []*event
}

type issue struct {
	thing
	kind string
}

func (g *GitLab) issueURL(i *issue) string {
	return g.URL + "/" + i.of.path + "/-/issues/" + strconv.Itoa(i.iid)
}

// view is what both have in an answer.
func (g *GitLab) view(t *thing, sign string) obj {
	done := 0
	for _, d := range t.discussions {
		for _, n := range d.notes {
			if !n.system {
				done++
			}
		}
	}
	out := obj{
		"id": t.id, "iid": t.iid, "project_id": t.of.id, "title": t.title, "description": t.body, "state": t.state, "created_at": stamp(t.created), "updated_at": stamp(t.updated),
		"closed_at": stamp(t.closed), "closed_by": g.brief(t.closedBy), "author": g.brief(t.author), "assignees": g.people(t.assignees), "assignee": nil, "labels": append([]string{}, t.labels...),
		"milestone": nil, "user_notes_count": done, "upvotes": 0, "downvotes": 0, "discussion_locked": nil,
		"references": obj{"short": sign + strconv.Itoa(t.iid), "relative": sign + strconv.Itoa(t.iid), "full": t.of.path + sign + strconv.Itoa(t.iid)},
		"time_stats": obj{"time_estimate": 0, "total_time_spent": 0, "human_time_estimate": nil, "human_total_time_spent": nil}, "task_completion_status": obj{"count": 0, "completed_count": 0},
	}
	if t.locked {
		out["discussion_locked"] = true
	}
	if len(t.assignees) > 0 {
		out["assignee"] = g.account(t.assignees[0])
	}
	if t.milestone != nil {
		out["milestone"] = g.milestoneView(t.milestone)
	}
	return out
}

func (g *GitLab) issueView(i *issue) obj {
	out := g.view(&i.thing, "#")
	for name, value := range (obj{"type": "ISSUE", "issue_type": i.kind, "confidential": false, "due_date": nil, "has_tasks": false, "merge_requests_count": 0, "weight": nil, "severity": "UNKNOWN",
		"moved_to_id": nil, "web_url": g.issueURL(i), "_links": obj{"self": g.URL + "/api/v4/projects/" + strconv.Itoa(i.of.id) + "/issues/" + strconv.Itoa(i.iid)}}) {
		out[name] = value
	}
	return out
}

// wanted are the filters that lists of issues and of merge requests share.
func (c *call) wanted(t *thing) bool {
	in := t.title + "\n" + t.body
	switch c.str("in") {
	case "title":
		in = t.title
	case "description":
		in = t.body
	}
	same := func(name string, of ...*user) bool {
		want := c.str(name)
		if v, ok := c.params[name].([]any); ok && len(v) > 0 {
			want = text(v[0])
		}
		switch {
		case want == "" || want == "Any" && len(of) > 0 || want == "None" && len(of) == 0:
			return true
		}
		return slices.ContainsFunc(of, func(u *user) bool {
			return u != nil && (u.username == want || strings.HasSuffix(name, "_id") && strconv.Itoa(u.id) == want)
		})
	}
	for _, name := range c.strs("labels") {
		switch {
		case name == "None" && len(t.labels) > 0, name == "Any" && len(t.labels) == 0:
			return false
		case name != "None" && name != "Any" && !slices.Contains(t.labels, name):
			return false
		}
	}
	if want := c.str("milestone"); want != "" {
		switch {
		case want == "None" && t.milestone != nil, want == "Any" && t.milestone == nil:
			return false
		case want != "None" && want != "Any" && (t.milestone == nil || t.milestone.title != want):
			return false
		}
	}
	if iids := c.ints("iids"); len(iids) > 0 && !slices.Contains(iids, t.iid) {
		return false
	}
	after := func(name string, t time.Time) bool { v := c.time(name); return v.IsZero() || !t.Before(v) }
	return inState(c, t.state) && strings.Contains(strings.ToLower(in), strings.ToLower(c.str("search"))) && after("updated_after", t.updated) && after("created_after", t.created) &&
		same("author_username", t.author) && same("author_id", t.author) && same("assignee_username", t.assignees...) && same("assignee_id", t.assignees...)
}

// order sorts a list as it is asked for.
func order[T any](c *call, list []T, of func(T) *thing) {
	slices.SortStableFunc(list, func(x, y T) int {
		a, b := of(x), of(y)
		if c.str("sort") != "asc" {
			a, b = b, a
		}
		switch c.str("order_by") {
		case "updated_at":
			return a.updated.Compare(b.updated)
		case "title":
			return strings.Compare(a.title, b.title)
		}
		return a.created.Compare(b.created)
	})
}

func listIssues(c *call, within []*project) (any, error) {
	if err := c.oneOf("state", "opened", "closed", "all"); err != nil {
		return nil, err
	}
	if err := c.oneOf("sort", "asc", "desc"); err != nil {
		return nil, err
	}
	var list []*issue
	for _, p := range within {
		for _, i := range p.issues {
			if c.wanted(&i.thing) {
				list = append(list, i)
			}
		}
	}
	order(c, list, func(i *issue) *thing { return &i.thing })
	return paged(c, list, c.issueView)
}

// ofIssue is a handler of one issue.
func ofIssue(h func(*call, *project, *issue) (any, error)) handler {
	return of(func(c *call, p *project) (any, error) {
		for _, i := range p.issues {
			if i.iid == c.int("iid") {
				return h(c, p, i)
			}
		}
		return nil, missing("Issue")
	})
}

func createIssue(c *call, p *project) (any, error) {
	if err := c.need("title"); err != nil {
		return nil, err
	}
	if c.str("title") == "" {
		return nil, invalid("title", "can't be blank")
	}
	i := &issue{kind: "issue", thing: thing{id: c.id(), iid: len(p.issues) + 1, of: p, state: "opened", author: c.me, created: c.tick()}}
	if err := c.edit(&i.thing); err != nil {
		return nil, err
	}
	i.events = nil // what it began with is no change
	p.issues = append(p.issues, i)
	return c.issueView(i), nil
}

// edit changes what parameters name.
func (c *call) edit(t *thing) error {
	t.updated = c.tick()
	if c.has("title") {
		if c.str("title") == "" {
			return invalid("title", "can't be blank")
		}
		if t.title != "" && t.title != c.str("title") {
			c.system(t, "changed title from **{-"+t.title+"-}** to **{+"+c.str("title")+"+}**")
		}
		t.title = c.str("title")
	}
	if c.has("description") {
		t.body = c.str("description")
	}
	if c.has("discussion_locked") {
		t.locked = c.bool("discussion_locked")
	}
	if c.has("assignee_ids") || c.has("assignee_id") {
		t.assignees = c.named(append(c.ints("assignee_ids"), c.ints("assignee_id")...))
	}
	if c.has("milestone_id") {
		t.milestone = nil
		if n := c.int("milestone_id"); n != 0 {
			k := slices.IndexFunc(t.of.milestones, func(m *milestone) bool { return m.id == n })
			if k < 0 {
				return invalid("milestone_id", "is invalid")
			}
			t.milestone = t.of.milestones[k]
			t.events = append(t.events, &event{id: c.id(), by: c.me, at: t.updated, action: "add", milestone: t.milestone})
		}
	}
	if c.has("labels") {
		c.relabel(t, c.strs("labels"))
	}
	more := slices.DeleteFunc(slices.Clone(t.labels), func(name string) bool { return slices.Contains(c.strs("remove_labels"), name) })
	for _, name := range c.strs("add_labels") {
		if !slices.Contains(more, name) {
			more = append(more, name)
		}
	}
	c.relabel(t, more)
	return nil
}

// named are the users of ids. Those that are nobody's are left out, as GitLab does.
func (c *call) named(ids []int) []*user {
	var out []*user
	for _, id := range ids {
		if u := c.person(id); u != nil && !slices.Contains(out, u) {
			out = append(out, u)
		}
	}
	return out
}

func updateIssue(c *call, _ *project, i *issue) (any, error) {
	if err := c.oneOf("state_event", "close", "reopen"); err != nil {
		return nil, err
	}
	if err := c.edit(&i.thing); err != nil {
		return nil, err
	}
	switch c.str("state_event") {
	case "close":
		i.state, i.closed, i.closedBy = "closed", i.updated, c.me
	case "reopen":
		i.state, i.closed, i.closedBy = "opened", time.Time{}, nil
	}
	if c.has("state_event") {
		i.events = append(i.events, &event{id: c.id(), by: c.me, at: i.updated, state: map[string]string{"opened": "reopened", "closed": "closed"}[i.state]})
	}
	return c.issueView(i), nil
}

// link is between two issues.
type link struct {
	id   int
	kind string
	a, b *issue
}

func issueLinks(c *call, p *project, i *issue) (any, error) {
	out := []obj{}
	for _, l := range p.links {
		other, kind := l.b, l.kind
		if l.b == i {
			other, kind = l.a, map[string]string{"relates_to": "relates_to", "blocks": "is_blocked_by", "is_blocked_by": "blocks"}[l.kind]
		} else if l.a != i {
			continue
		}
		v := c.issueView(other)
		v["issue_link_id"], v["link_type"], v["link_created_at"] = l.id, kind, stamp(c.now)
		out = append(out, v)
	}
	return out, nil
}

func linkIssues(c *call, p *project, i *issue) (any, error) {
	if err := c.need("target_project_id", "target_issue_iid"); err != nil {
		return nil, err
	}
	q := c.find(c.str("target_project_id"))
	n := c.int("target_issue_iid")
	if q == nil || n < 1 || n > len(q.issues) {
		return nil, missing("Issue")
	}
	l := &link{id: c.id(), kind: "relates_to", a: i, b: q.issues[n-1]}
	if v := c.str("link_type"); v != "" {
		l.kind = v
	}
	p.links = append(p.links, l)
	return obj{"id": l.id, "source_issue": c.issueView(l.a), "target_issue": c.issueView(l.b), "link_type": l.kind}, nil
}

func noIssues(c *call, _ *project, _ *issue) (any, error) {
	return paged(c, []*merge(nil), c.mergeView)
}

var issueRoutes = routes{
	"GET /issues": func(c *call) (any, error) {
		list := c.visible()
		if scope := c.str("scope"); scope == "" || scope == "created_by_me" {
			c.params["author_username"] = c.me.username
		} else if scope == "assigned_to_me" {
			c.params["assignee_username"] = c.me.username
		}
		return listIssues(c, list)
	},
	"GET /projects/{id}/issues":                              of(func(c *call, p *project) (any, error) { return listIssues(c, []*project{p}) }),
	"POST /projects/{id}/issues":                             of(createIssue),
	"GET /projects/{id}/issues/{iid}":                        ofIssue(func(c *call, _ *project, i *issue) (any, error) { return c.issueView(i), nil }),
	"PUT /projects/{id}/issues/{iid}":                        ofIssue(updateIssue),
	"GET /projects/{id}/issues/{iid}/links":                  ofIssue(issueLinks),
	"POST /projects/{id}/issues/{iid}/links":                 ofIssue(linkIssues),
	"GET /projects/{id}/issues/{iid}/related_merge_requests": ofIssue(noIssues),
	"GET /projects/{id}/issues/{iid}/closed_by":              ofIssue(noIssues),
	"GET /projects/{id}/issues/{iid}/participants": ofIssue(func(c *call, _ *project, i *issue) (any, error) {
		return paged(c, []*user{i.author}, c.account)
	}),
	"DELETE /projects/{id}/issues/{iid}": ofIssue(func(*call, *project, *issue) (any, error) {
		return nil, &problem{http.StatusForbidden, obj{"message": "403 Forbidden"}} // only owners may
	}),
}

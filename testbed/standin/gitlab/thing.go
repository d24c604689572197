package gitlab

import (
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

package gitlab

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

type label struct {
	id                       int
	name, color, description string
}

type milestone struct {
	id, iid                   int
	of                        *project
	title, description, state string
	due                       string
	created                   time.Time
}

// event is a change of state, of a label or of a milestone: one of them.
type event struct {
	id        int
	by        *user
	at        time.Time
	state     string
	action    string // add or remove
	label     *label
	milestone *milestone
}

// label is one by name, which is made if there is none: GitLab does so when an
// issue is labelled.
func (c *call) label(p *project, name string) *label {
	if i := slices.IndexFunc(p.labels, func(l *label) bool { return l.name == name }); i >= 0 {
		return p.labels[i]
	}
	l := &label{id: c.id(), name: name, color: "#6699cc"}
	p.labels = append(p.labels, l)
	return l
}

// relabel sets the labels of a thing, with an event for each that changes.
func (c *call) relabel(t *thing, want []string) {
	note := func(action, name string) {
		t.events = append(t.events, &event{id: c.id(), by: c.me, at: t.updated, action: action, label: c.label(t.of, name)})
	}
	for _, name := range t.labels {
		if !slices.Contains(want, name) {
			note("remove", name)
		}
	}
	for _, name := range want {
		if !slices.Contains(t.labels, name) {
			note("add", name)
		}
	}
	slices.Sort(want)
	t.labels = slices.Compact(want)
}

func labelView(l *label) obj {
	out := obj{"id": l.id, "name": l.name, "color": l.color, "text_color": "#FFFFFF", "description": nil, "description_html": "", "subscribed": false, "priority": nil, "is_project_label": true, "archived": false}
	if l.description != "" {
		out["description"] = l.description
	}
	return out
}

func (g *GitLab) milestoneView(m *milestone) obj {
	out := obj{"id": m.id, "iid": m.iid, "project_id": m.of.id, "title": m.title, "description": m.description, "state": m.state, "created_at": stamp(m.created), "updated_at": stamp(m.created),
		"due_date": nil, "start_date": nil, "expired": false, "web_url": g.URL + "/" + m.of.path + "/-/milestones/" + strconv.Itoa(m.iid)}
	if m.due != "" {
		out["due_date"] = m.due
	}
	return out
}

func (g *GitLab) eventView(t *thing, kind string, e *event) obj {
	out := obj{"id": e.id, "user": g.brief(e.by), "created_at": stamp(e.at), "resource_type": kind, "resource_id": t.id}
	switch {
	case e.label != nil:
		out["label"], out["action"] = obj{"id": e.label.id, "name": e.label.name, "color": e.label.color, "description": nil}, e.action
	case e.milestone != nil:
		out["milestone"], out["action"], out["state"] = g.milestoneView(e.milestone), e.action, t.state
	default:
		out["state"], out["source_commit"], out["source_merge_request"] = e.state, nil, nil
	}
	return out
}

// events lists those that are of a kind.
func events(of string, is func(*event) bool) handler {
	return ofThing(of, func(c *call, t *thing) (any, error) {
		list := slices.DeleteFunc(slices.Clone(t.events), func(e *event) bool { return !is(e) })
		kind := map[string]string{"issues": "Issue", "merge_requests": "MergeRequest"}[of]
		return paged(c, list, func(e *event) obj { return c.eventView(t, kind, e) })
	})
}

func isState(e *event) bool     { return e.state != "" }
func isLabel(e *event) bool     { return e.label != nil }
func isMilestone(e *event) bool { return e.milestone != nil }

// ofThing is a handler of an issue or a merge request.
func ofThing(kind string, h func(*call, *thing) (any, error)) handler {
	if kind == "issues" {
		return ofIssue(func(c *call, _ *project, i *issue) (any, error) { return h(c, &i.thing) })
	}
	return ofMerge(func(c *call, _ *project, m *merge) (any, error) { return h(c, &m.thing) })
}

func createLabel(c *call, p *project) (any, error) {
	if err := c.need("name", "color"); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(p.labels, func(l *label) bool { return l.name == c.str("name") }) {
		return nil, conflict("Label already exists")
	}
	l := c.label(p, c.str("name"))
	l.color, l.description = c.str("color"), c.str("description")
	return labelView(l), nil
}

func createMilestone(c *call, p *project) (any, error) {
	if err := c.need("title"); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(p.milestones, func(m *milestone) bool { return m.title == c.str("title") }) {
		return nil, invalid("title", "already being used for another group or project milestone.")
	}
	m := &milestone{id: c.id(), iid: len(p.milestones) + 1, of: p, title: c.str("title"), description: c.str("description"), state: "active", due: c.str("due_date"), created: c.tick()}
	p.milestones = append(p.milestones, m)
	return c.milestoneView(m), nil
}

var planRoutes = routes{
	"GET /projects/{id}/labels": of(func(c *call, p *project) (any, error) {
		list := slices.DeleteFunc(slices.Clone(p.labels), func(l *label) bool {
			return !strings.Contains(strings.ToLower(l.name), strings.ToLower(c.str("search")))
		})
		slices.SortFunc(list, func(a, b *label) int { return strings.Compare(a.name, b.name) })
		return paged(c, list, labelView)
	}),
	"POST /projects/{id}/labels": of(createLabel),
	"GET /projects/{id}/milestones": of(func(c *call, p *project) (any, error) {
		list := slices.DeleteFunc(slices.Clone(p.milestones), func(m *milestone) bool {
			return c.has("title") && m.title != c.str("title") || c.has("state") && m.state != c.str("state") || !strings.Contains(strings.ToLower(m.title), strings.ToLower(c.str("search")))
		})
		slices.Reverse(list)
		return paged(c, list, c.milestoneView)
	}),
	"POST /projects/{id}/milestones": of(createMilestone),

	"GET /projects/{id}/issues/{iid}/resource_state_events":             events("issues", isState),
	"GET /projects/{id}/issues/{iid}/resource_label_events":             events("issues", isLabel),
	"GET /projects/{id}/issues/{iid}/resource_milestone_events":         events("issues", isMilestone),
	"GET /projects/{id}/merge_requests/{iid}/resource_state_events":     events("merge_requests", isState),
	"GET /projects/{id}/merge_requests/{iid}/resource_label_events":     events("merge_requests", isLabel),
	"GET /projects/{id}/merge_requests/{iid}/resource_milestone_events": events("merge_requests", isMilestone),
}

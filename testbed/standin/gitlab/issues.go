package gitlab

import (
	"net/http"
	"strconv"
	"time"
)

type issue struct {
	thing
	kind string
}

func (g *GitLab) issueURL(i *issue) string {
	return g.URL + "/" + i.of.path + "/-/issues/" + strconv.Itoa(i.iid)
}

func (g *GitLab) issueView(i *issue) obj {
	out := g.view(&i.thing, "#")
	for name, value := range (obj{"type": "ISSUE", "issue_type": i.kind, "confidential": false, "due_date": nil, "has_tasks": false, "merge_requests_count": 0, "weight": nil, "severity": "UNKNOWN",
		"moved_to_id": nil, "web_url": g.issueURL(i), "_links": obj{"self": g.URL + "/api/v4/projects/" + strconv.Itoa(i.of.id) + "/issues/" + strconv.Itoa(i.iid)}}) {
		out[name] = value
	}
	return out
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

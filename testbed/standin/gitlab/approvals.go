package gitlab

import (
	"net/http"
	"slices"
	"time"
)

// reviewing is somebody who is to look at a merge request.
type reviewing struct {
	of    *user
	state string // unreviewed, reviewed, requested_changes, approved, unapproved
	at    time.Time
}

type approval struct {
	by *user
	at time.Time
}

// review sets what the caller says of a merge request. Who reviews is a reviewer
// from then on, but for the author: GitLab takes his state only if he was asked.
func (c *call) review(t *thing, state string) {
	i := slices.IndexFunc(t.of.merges, func(m *merge) bool { return &m.thing == t })
	m := t.of.merges[i]
	at := c.tick()
	k := slices.IndexFunc(m.reviewers, func(r *reviewing) bool { return r.of == c.me })
	switch {
	case k >= 0:
		m.reviewers[k].state, m.reviewers[k].at = state, at
	case c.me != m.author:
		m.reviewers = append(m.reviewers, &reviewing{of: c.me, state: state, at: at})
	default:
		return
	}
	if state == "requested_changes" {
		m.approvals = slices.DeleteFunc(m.approvals, func(a *approval) bool { return a.by == c.me })
		c.system(t, "requested changes")
	}
}

func (m *merge) reviewedBy(u *user) bool {
	return slices.ContainsFunc(m.reviewers, func(r *reviewing) bool { return r.of == u })
}

// reviewed is after a comment at a line: a reviewer who did not say more has reviewed.
func (c *call) reviewed(m *merge) {
	for _, r := range m.reviewers {
		if r.of == c.me && r.state == "unreviewed" {
			r.state, r.at = "reviewed", c.now
		}
	}
}

func (c *call) approvalsView(m *merge) obj {
	by := []obj{}
	mine := false
	for _, a := range m.approvals {
		by = append(by, obj{"user": c.account(a.by), "approved_at": stamp(a.at)})
		mine = mine || a.by == c.me
	}
	out := obj{"user_has_approved": mine, "user_can_approve": !mine, "approved": len(by) > 0, "approved_by": by}
	if c.switches.Premium {
		left := max(m.of.needed-len(by), 0)
		for name, value := range (obj{"id": m.id, "iid": m.iid, "project_id": m.of.id, "title": m.title, "state": m.state, "merge_status": "can_be_merged", "approved": left == 0, "approvals_required": m.of.needed,
			"approvals_left": left, "suggested_approvers": []any{}, "approvers": []any{}, "approver_groups": []any{}, "has_approval_rules": true, "approval_rules_left": []any{}, "merge_request_approvers_available": true}) {
			out[name] = value
		}
	}
	return out
}

func approve(c *call, _ *project, m *merge) (any, error) {
	if sha := c.str("sha"); sha != "" && sha != m.head() {
		return nil, conflict("SHA does not match HEAD of source branch: " + m.head())
	}
	if m.state != "opened" || slices.ContainsFunc(m.approvals, func(a *approval) bool { return a.by == c.me }) {
		return nil, &problem{http.StatusUnauthorized, obj{"message": "401 Unauthorized"}}
	}
	m.approvals = append(m.approvals, &approval{by: c.me, at: c.tick()})
	c.review(&m.thing, "approved")
	c.system(&m.thing, "approved this merge request")
	return c.approvalsView(m), nil
}

func unapprove(c *call, _ *project, m *merge) (any, error) {
	n := len(m.approvals)
	m.approvals = slices.DeleteFunc(m.approvals, func(a *approval) bool { return a.by == c.me })
	if len(m.approvals) == n {
		return nil, &problem{http.StatusNotFound, obj{"message": "404 Not Found"}}
	}
	c.review(&m.thing, "unapproved")
	return c.approvalsView(m), nil
}

// premium is a handler of what only paid editions have.
func premium(h handler) handler {
	return func(c *call) (any, error) {
		if !c.switches.Premium {
			return nil, forbidden()
		}
		return h(c)
	}
}

func rule(n int) obj {
	return obj{"id": 1, "name": "All Members", "rule_type": "any_approver", "approvals_required": n, "eligible_approvers": []any{}, "users": []any{}, "groups": []any{}, "contains_hidden_groups": false, "applies_to_all_protected_branches": false, "protected_branches": []any{}}
}

var approvalRoutes = routes{
	"GET /projects/{id}/merge_requests/{iid}/approvals":  ofMerge(func(c *call, _ *project, m *merge) (any, error) { return c.approvalsView(m), nil }),
	"POST /projects/{id}/merge_requests/{iid}/approve":   ofMerge(approve),
	"POST /projects/{id}/merge_requests/{iid}/unapprove": ofMerge(unapprove),
	"GET /projects/{id}/merge_requests/{iid}/reviewers": ofMerge(func(c *call, _ *project, m *merge) (any, error) {
		if !c.switches.since(15, 11) {
			return nil, &problem{http.StatusNotFound, obj{"error": "404 Not Found"}}
		}
		return paged(c, m.reviewers, func(r *reviewing) obj {
			return obj{"user": c.account(r.of), "state": r.state, "created_at": stamp(r.at)}
		})
	}),
	"GET /projects/{id}/merge_requests/{iid}/approval_state": premium(ofMerge(func(c *call, _ *project, m *merge) (any, error) {
		r := rule(m.of.needed)
		r["approved"], r["approved_by"], r["overridden"] = len(m.approvals) >= m.of.needed, []any{}, false
		return obj{"approval_rules_overwritten": false, "rules": []obj{r}}, nil
	})),
	"GET /projects/{id}/merge_requests/{iid}/approval_rules": premium(ofMerge(func(c *call, _ *project, m *merge) (any, error) {
		return paged(c, []int{m.of.needed}, rule)
	})),
	"GET /projects/{id}/approval_rules": premium(of(func(c *call, p *project) (any, error) { return paged(c, []int{p.needed}, rule) })),
	"GET /projects/{id}/approvals": premium(of(func(c *call, p *project) (any, error) {
		return obj{"approvals_before_merge": p.needed, "reset_approvals_on_push": p.resets, "disable_overriding_approvers_per_merge_request": false, "merge_requests_author_approval": true}, nil
	})),
}

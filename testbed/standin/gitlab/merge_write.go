package gitlab

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// createMerge takes a source branch that does not exist, before 19: GitLab then
// checks its name and not that it is there, and the merge request has no commits.
// Clients report the refusal from 2026 on; which version began with it is not
// documented.
func createMerge(c *call, p *project) (any, error) {
	if err := c.need("title", "source_branch", "target_branch"); err != nil {
		return nil, err
	}
	into := p
	if id := c.str("target_project_id"); id != "" {
		if into = c.find(id); into == nil {
			return nil, missing("Project")
		}
	}
	m := &merge{source: p, from: c.str("source_branch"), into: c.str("target_branch"), looks: c.switches.Looks,
		thing: thing{id: c.id(), iid: len(into.merges) + 1, of: into, state: "opened", author: c.me, created: c.tick()}}
	if into == p && m.from == m.into {
		return nil, &problem{http.StatusUnprocessableEntity, obj{"message": []string{"You can't use same project/branch for source and target"}}}
	}
	for _, o := range into.merges {
		if o.state == "opened" && o.source == p && o.from == m.from && o.into == m.into {
			return nil, &problem{http.StatusConflict, obj{"message": []string{"Another open merge request already exists for this source branch: !" + strconv.Itoa(o.iid)}}}
		}
	}
	if p.branches[m.from] == "" && c.switches.since(19, 0) {
		return nil, invalid("source_branch", "does not exist")
	}
	into.merges = append(into.merges, m)
	if err := c.editMerge(m); err != nil {
		into.merges = into.merges[:len(into.merges)-1]
		return nil, err
	}
	m.events = nil
	return c.fullMerge(m), nil
}

func (c *call) editMerge(m *merge) error {
	if err := c.edit(&m.thing); err != nil {
		return err
	}
	if c.has("target_branch") {
		m.into = c.str("target_branch")
	}
	if c.has("squash") {
		m.squash = c.bool("squash")
	}
	if c.has("remove_source_branch") {
		m.removeSource = c.bool("remove_source_branch")
	}
	if c.has("reviewer_ids") {
		was := m.reviewers
		m.reviewers = nil
		for _, u := range c.named(c.ints("reviewer_ids")) {
			i := slices.IndexFunc(was, func(r *reviewing) bool { return r.of == u })
			if i >= 0 {
				m.reviewers = append(m.reviewers, was[i])
				continue
			}
			m.reviewers = append(m.reviewers, &reviewing{of: u, state: "unreviewed", at: m.updated})
			u.todos = append(u.todos, &todo{id: c.id(), action: "review_requested", state: "pending", of: m.of, merge: m, by: c.me, at: m.updated})
			c.system(&m.thing, "requested review from @"+u.username)
		}
	}
	return nil
}

func updateMerge(c *call, _ *project, m *merge) (any, error) {
	if err := c.oneOf("state_event", "close", "reopen"); err != nil {
		return nil, err
	}
	if m.state == "merged" && c.has("state_event") {
		return nil, bad("400 Bad request - merge request is merged")
	}
	if err := c.editMerge(m); err != nil {
		return nil, err
	}
	switch c.str("state_event") {
	case "close":
		m.refs(c.GitLab)
		m.state, m.closed, m.closedBy = "closed", m.updated, c.me
	case "reopen":
		m.state, m.closed, m.closedBy = "opened", time.Time{}, nil
	}
	if c.has("state_event") {
		m.events = append(m.events, &event{id: c.id(), by: c.me, at: m.updated, state: map[string]string{"opened": "reopened", "closed": "closed"}[m.state]})
	}
	return c.fullMerge(m), nil
}

package gitlab

import (
	"net/http"
	"slices"
)

// draft is a note that only its author sees until it is published.
type draft struct {
	id      int
	by      *user
	body    string
	at      *position
	reply   string // the discussion it answers
	resolve bool
}

func draftView(m *merge, d *draft) obj {
	out := obj{"id": d.id, "author_id": d.by.id, "merge_request_id": m.id, "resolve_discussion": d.resolve, "discussion_id": nil, "note": d.body, "commit_id": nil, "line_code": nil,
		"position": obj{"base_sha": nil, "start_sha": nil, "head_sha": nil, "old_path": nil, "new_path": nil, "position_type": "text", "old_line": nil, "new_line": nil, "line_range": nil}}
	if d.at != nil {
		out["position"] = d.at.view()
	}
	if d.reply != "" {
		out["discussion_id"] = d.reply
	}
	return out
}

// Draft adds a draft note of somebody.
func (g *GitLab) Draft(path string, iid int, username, body string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	m := g.find(path).merges[iid-1]
	m.drafts = append(m.drafts, &draft{id: g.id(), by: g.user(username), body: body})
}

// Drafts are the texts of all drafts.
func (g *GitLab) Drafts(path string, iid int) (bodies []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, d := range g.find(path).merges[iid-1].drafts {
		bodies = append(bodies, d.body)
	}
	return bodies
}

// drafting is a handler of draft notes, which older versions do not have.
func drafting(h func(*call, *merge) (any, error)) handler {
	return ofMerge(func(c *call, _ *project, m *merge) (any, error) {
		if !c.switches.since(15, 10) {
			return nil, &problem{http.StatusNotFound, obj{"error": "404 Not Found"}}
		}
		return h(c, m)
	})
}

func (c *call) mine(m *merge) []*draft {
	return slices.DeleteFunc(slices.Clone(m.drafts), func(d *draft) bool { return d.by != c.me })
}

func createDraft(c *call, m *merge) (any, error) {
	if err := c.need("note"); err != nil {
		return nil, err
	}
	at, err := c.position(m, "Draft note")
	if err != nil {
		return nil, err
	}
	d := &draft{id: c.id(), by: c.me, body: c.str("note"), at: at, reply: c.str("in_reply_to_discussion_id"), resolve: c.bool("resolve_discussion")}
	if d.reply != "" && !slices.ContainsFunc(m.discussions, func(one *discussion) bool { return one.id == d.reply }) {
		return nil, missing("Discussion")
	}
	m.drafts = append(m.drafts, d)
	return draftView(m, d), nil
}

// ofDraft is a handler of one draft of the caller.
func ofDraft(h func(*call, *merge, *draft) (any, error)) handler {
	return drafting(func(c *call, m *merge) (any, error) {
		for _, d := range c.mine(m) {
			if d.id == c.int("draft_note_id") {
				return h(c, m, d)
			}
		}
		return nil, missing("Draft Note")
	})
}

// publish makes a note of a draft.
func (c *call) publish(m *merge, d *draft) {
	m.drafts = slices.DeleteFunc(m.drafts, func(o *draft) bool { return o == d })
	if i := slices.IndexFunc(m.discussions, func(one *discussion) bool { return one.id == d.reply }); i >= 0 {
		to := m.discussions[i]
		c.params["body"] = d.body
		replyDiscussion(c, &m.thing, to)
		if d.resolve {
			c.resolveAll(to, true)
		}
		return
	}
	one := c.say(&m.thing, c.me, d.body, d.at == nil)
	one.notes[0].at = d.at
}

// bulkPublish publishes all drafts of the caller. Since 19.2 it also takes the
// summary of the review and its state.
func bulkPublish(c *call, m *merge) (any, error) {
	state := "reviewed"
	if c.switches.since(19, 2) {
		if err := c.oneOf("reviewer_state", "reviewed", "requested_changes"); err != nil {
			return nil, err
		}
		if v := c.str("reviewer_state"); v != "" {
			state = v
		}
		if body := c.str("note"); body != "" {
			c.say(&m.thing, c.me, body, true)
		}
	}
	for _, d := range c.mine(m) {
		c.publish(m, d)
	}
	m.updated = c.tick()
	c.review(&m.thing, state)
	return nil, nil
}

var draftRoutes = routes{
	"GET /projects/{id}/merge_requests/{iid}/draft_notes": drafting(func(c *call, m *merge) (any, error) {
		return paged(c, c.mine(m), func(d *draft) obj { return draftView(m, d) })
	}),
	"POST /projects/{id}/merge_requests/{iid}/draft_notes":              drafting(createDraft),
	"POST /projects/{id}/merge_requests/{iid}/draft_notes/bulk_publish": drafting(bulkPublish),
	"GET /projects/{id}/merge_requests/{iid}/draft_notes/{draft_note_id}": ofDraft(func(_ *call, m *merge, d *draft) (any, error) {
		return draftView(m, d), nil
	}),
	"PUT /projects/{id}/merge_requests/{iid}/draft_notes/{draft_note_id}": ofDraft(func(c *call, m *merge, d *draft) (any, error) {
		if c.has("note") {
			d.body = c.str("note")
		}
		return draftView(m, d), nil
	}),
	"PUT /projects/{id}/merge_requests/{iid}/draft_notes/{draft_note_id}/publish": ofDraft(func(c *call, m *merge, d *draft) (any, error) {
		c.publish(m, d)
		c.reviewed(m)
		return nil, nil
	}),
	"DELETE /projects/{id}/merge_requests/{iid}/draft_notes/{draft_note_id}": ofDraft(func(c *call, m *merge, d *draft) (any, error) {
		m.drafts = slices.DeleteFunc(m.drafts, func(o *draft) bool { return o == d })
		return nil, nil
	}),
}

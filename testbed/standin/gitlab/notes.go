package gitlab

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// discussion is a thread of notes, or one note alone.
type discussion struct {
	id    string
	alone bool
	notes []*note
}

type note struct {
	id               int
	body             string
	author           *user
	created, updated time.Time
	system           bool
	at               *position // at a line
	thread           bool      // part of a discussion
	resolvable       bool
	resolvedBy       *user
	resolved         time.Time
}

func (g *GitLab) noteView(t *thing, n *note) obj {
	kind, word := "Issue", any(nil)
	if t.isMerge() {
		kind = "MergeRequest"
	}
	switch {
	case n.at != nil:
		word = "DiffNote"
	case n.thread:
		word = "DiscussionNote"
	}
	out := obj{
		"id": n.id, "type": word, "body": n.body, "attachment": nil, "author": g.brief(n.author), "created_at": stamp(n.created), "updated_at": stamp(n.updated), "system": n.system,
		"noteable_id": t.id, "noteable_type": kind, "project_id": t.of.id, "resolvable": n.resolvable, "confidential": false, "internal": false, "imported": false, "imported_from": "none", "noteable_iid": t.iid, "commands_changes": obj{},
	}
	if n.resolvable {
		out["resolved"], out["resolved_by"], out["resolved_at"] = !n.resolved.IsZero(), g.brief(n.resolvedBy), stamp(n.resolved)
	}
	if n.at != nil {
		out["position"], out["commit_id"], out["suggestions"] = n.at.view(), nil, []any{}
	}
	return out
}

func (g *GitLab) discussionView(t *thing, d *discussion) obj {
	notes := []obj{}
	for _, n := range d.notes {
		notes = append(notes, g.noteView(t, n))
	}
	return obj{"id": d.id, "individual_note": d.alone, "notes": notes}
}

// isMerge reports whether it is a merge request's.
func (t *thing) isMerge() bool {
	return slices.ContainsFunc(t.of.merges, func(m *merge) bool { return &m.thing == t })
}

// say adds a discussion of one note.
func (c *call) say(t *thing, by *user, body string, alone bool) *discussion {
	at := c.tick()
	n := &note{id: c.id(), body: body, author: by, created: at, updated: at, thread: !alone, resolvable: !alone && t.isMerge()}
	d := &discussion{id: discussionID(n.id), alone: alone, notes: []*note{n}}
	t.discussions = append(t.discussions, d)
	return d
}

func discussionID(n int) string {
	text := strconv.FormatInt(int64(n)*7919, 16)
	return strings.Repeat("d15c", 10)[:40-len(text)] + text
}

// system is a note that GitLab itself writes.
func (c *call) system(t *thing, body string) {
	d := c.say(t, c.me, body, true)
	d.notes[0].system = true
}

// all are the notes of a thing as a list, the oldest first.
func (t *thing) all() (list []*note) {
	for _, d := range t.discussions {
		list = append(list, d.notes...)
	}
	slices.SortStableFunc(list, func(a, b *note) int { return a.id - b.id })
	return list
}

func listNotes(c *call, t *thing) (any, error) {
	list := slices.DeleteFunc(t.all(), func(n *note) bool {
		return c.str("activity_filter") == "only_comments" && n.system || c.str("activity_filter") == "only_activity" && !n.system
	})
	if c.str("sort") != "asc" {
		slices.Reverse(list)
	}
	return paged(c, list, func(n *note) obj { return c.noteView(t, n) })
}

func createNote(c *call, t *thing) (any, error) {
	if err := c.need("body"); err != nil {
		return nil, err
	}
	body := c.str("body")
	if t.isMerge() {
		done, rest := c.commands(t, body)
		if body = rest; body == "" && done {
			c.status = http.StatusAccepted
			return obj{"commands_changes": obj{}, "summary": []string{"Commands applied"}}, nil
		}
	}
	if body == "" {
		return nil, bad("400 Bad request - Note {:note=>[\"can't be blank\"]}")
	}
	t.updated = c.tick()
	return c.noteView(t, c.say(t, c.me, body, true).notes[0]), nil
}

// commands does the quick actions that set the state of a review, and is the text
// without them. Only reviewers have these actions; for others they are nothing.
func (c *call) commands(t *thing, body string) (done bool, rest string) {
	i := slices.IndexFunc(t.of.merges, func(m *merge) bool { return &m.thing == t })
	var lines []string
	for line := range strings.Lines(body) {
		state := ""
		switch strings.TrimSpace(line) {
		case "/request_changes", "/submit_review requested_changes":
			state = "requested_changes"
		case "/submit_review", "/submit_review reviewed":
			state = "reviewed"
		}
		if state == "" || !c.switches.since(17, 0) {
			lines = append(lines, line)
			continue
		}
		if t.of.merges[i].reviewedBy(c.me) {
			c.review(t, state)
		}
		done = true
	}
	return done, strings.TrimSpace(strings.Join(lines, ""))
}

// ofNote is a handler of one note.
func ofNote(kind string, h func(*call, *thing, *note) (any, error)) handler {
	return ofThing(kind, func(c *call, t *thing) (any, error) {
		for _, n := range t.all() {
			if n.id == c.int("note_id") {
				return h(c, t, n)
			}
		}
		return nil, missing("Note")
	})
}

func updateNote(c *call, t *thing, n *note) (any, error) {
	if n.author != c.me {
		return nil, forbidden()
	}
	n.body, n.updated = c.str("body"), c.tick()
	return c.noteView(t, n), nil
}

func deleteNote(c *call, t *thing, n *note) (any, error) {
	for _, d := range t.discussions {
		d.notes = slices.DeleteFunc(d.notes, func(o *note) bool { return o == n })
	}
	t.discussions = slices.DeleteFunc(t.discussions, func(d *discussion) bool { return len(d.notes) == 0 })
	return nil, nil
}

var noteRoutes = func() routes {
	out := routes{}
	for _, kind := range []string{"issues", "merge_requests"} {
		at := "/projects/{id}/" + kind + "/{iid}/notes"
		out["GET "+at] = ofThing(kind, listNotes)
		out["POST "+at] = ofThing(kind, createNote)
		out["GET "+at+"/{note_id}"] = ofNote(kind, func(c *call, t *thing, n *note) (any, error) { return c.noteView(t, n), nil })
		out["PUT "+at+"/{note_id}"] = ofNote(kind, updateNote)
		out["DELETE "+at+"/{note_id}"] = ofNote(kind, deleteNote)
	}
	return out
}()

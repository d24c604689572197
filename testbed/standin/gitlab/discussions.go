package gitlab

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// position is a line of a diff. Lines are 0 where they are not: one that was added
// has no old one, one that stayed has both.
type position struct {
	base, start, head string
	oldPath, newPath  string
	oldLine, newLine  int
	lines             any // line_range, as it came
}

func (p *position) view() obj {
	line := func(n int) any {
		if n == 0 {
			return nil
		}
		return n
	}
	return obj{"base_sha": p.base, "start_sha": p.start, "head_sha": p.head, "old_path": p.oldPath, "new_path": p.newPath, "position_type": "text", "old_line": line(p.oldLine), "new_line": line(p.newLine), "line_range": p.lines}
}

// noLine is what GitLab says to a position that is in no diff.
func noLine(what string) error {
	return bad(`400 Bad request - ` + what + ` {:line_code=>["can't be blank", "must be a valid line code"]}`)
}

// position reads where a note is to be. A line has to be one that the diff shows,
// with its numbers of both sides.
func (c *call) position(m *merge, what string) (*position, error) {
	v, _ := c.params["position"].(map[string]any)
	if v == nil {
		if !c.has("position[position_type]") {
			return nil, nil
		}
		v = map[string]any{}
		for _, name := range []string{"base_sha", "start_sha", "head_sha", "position_type", "old_path", "new_path", "old_line", "new_line"} {
			v[name] = c.params["position["+name+"]"]
		}
	}
	for _, name := range []string{"base_sha", "start_sha", "head_sha", "position_type"} {
		if text(v[name]) == "" {
			return nil, &problem{http.StatusBadRequest, obj{"error": "position[" + name + "] is missing"}}
		}
	}
	p := &position{base: text(v["base_sha"]), start: text(v["start_sha"]), head: text(v["head_sha"]), oldPath: text(v["old_path"]), newPath: text(v["new_path"]), lines: v["line_range"]}
	p.oldLine, _ = strconv.Atoi(text(v["old_line"]))
	p.newLine, _ = strconv.Atoi(text(v["new_line"]))
	if text(v["position_type"]) == "file" {
		return p, nil
	}
	if base, start, head := m.refs(c.GitLab); p.base != base || p.start != start || p.head != head {
		known := c.store.base(p.head, p.base)
		if known == nothing {
			return nil, noLine(what)
		}
	}
	if p.spot(c.GitLab) == nil {
		return nil, noLine(what)
	}
	return p, nil
}

// spot is the line of the diff that a position is at.
func (p *position) spot(g *GitLab) *spot {
	patch, err := g.store.patch(p.base, p.head)
	if err != nil {
		return nil
	}
	for _, one := range changes(patch) {
		if one.new != p.newPath && one.old != p.oldPath {
			continue
		}
		for _, s := range one.spots() {
			if s.old == p.oldLine && s.new == p.newLine {
				return &s
			}
		}
	}
	return nil
}

// follow moves a position to the diff of today, if its line is still there under
// the same number. GitLab also finds lines that moved.
func (p *position) follow(g *GitLab, m *merge) {
	was := p.spot(g)
	base, start, head := m.refs(g)
	next := *p
	next.base, next.start, next.head = base, start, head
	if now := next.spot(g); was != nil && now != nil && now.text == was.text {
		*p = next
	}
}

func listDiscussions(c *call, t *thing) (any, error) {
	return paged(c, t.discussions, func(d *discussion) obj { return c.discussionView(t, d) })
}

func createDiscussion(c *call, _ *project, m *merge) (any, error) {
	if err := c.need("body"); err != nil {
		return nil, err
	}
	at, err := c.position(m, "Note")
	if err != nil {
		return nil, err
	}
	d := c.say(&m.thing, c.me, c.str("body"), false)
	d.notes[0].at = at
	c.reviewed(m)
	return c.discussionView(&m.thing, d), nil
}

// ofDiscussion is a handler of one discussion.
func ofDiscussion(kind string, h func(*call, *thing, *discussion) (any, error)) handler {
	return ofThing(kind, func(c *call, t *thing) (any, error) {
		for _, d := range t.discussions {
			if d.id == c.str("discussion_id") {
				return h(c, t, d)
			}
		}
		return nil, missing("Discussion")
	})
}

func replyDiscussion(c *call, t *thing, d *discussion) (any, error) {
	if err := c.need("body"); err != nil {
		return nil, err
	}
	at := c.tick()
	first := d.notes[0]
	n := &note{id: c.id(), body: c.str("body"), author: c.me, created: at, updated: at, thread: true, resolvable: first.resolvable, at: first.at, resolved: first.resolved, resolvedBy: first.resolvedBy}
	d.alone, first.thread = false, true
	d.notes = append(d.notes, n)
	return c.noteView(t, n), nil
}

func resolveDiscussion(c *call, t *thing, d *discussion) (any, error) {
	if err := c.need("resolved"); err != nil {
		return nil, err
	}
	if !d.notes[0].resolvable {
		return nil, bad("400 Bad request - Discussion is not resolvable")
	}
	c.resolveAll(d, c.bool("resolved"))
	return c.discussionView(t, d), nil
}

func (c *call) resolveAll(d *discussion, yes bool) {
	for _, n := range d.notes {
		n.resolved, n.resolvedBy = time.Time{}, nil
		if yes {
			n.resolved, n.resolvedBy = c.tick(), c.me
		}
	}
}

// open reports whether a discussion waits for somebody to resolve it.
func (d *discussion) open() bool {
	return slices.ContainsFunc(d.notes, func(n *note) bool { return n.resolvable && n.resolved.IsZero() })
}

func oneDiscussion(c *call, t *thing, d *discussion) (any, error) { return c.discussionView(t, d), nil }

var discussionRoutes = func() routes {
	out := routes{}
	for _, kind := range []string{"issues", "merge_requests"} {
		at := fmt.Sprintf("/projects/{id}/%s/{iid}/discussions", kind)
		out["GET "+at] = ofThing(kind, listDiscussions)
		out["GET "+at+"/{discussion_id}"] = ofDiscussion(kind, oneDiscussion)
		out["POST "+at+"/{discussion_id}/notes"] = ofDiscussion(kind, replyDiscussion)
	}
	out["POST /projects/{id}/merge_requests/{iid}/discussions"] = ofMerge(createDiscussion)
	out["PUT /projects/{id}/merge_requests/{iid}/discussions/{discussion_id}"] = ofDiscussion("merge_requests", resolveDiscussion)
	return out
}()

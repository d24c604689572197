package github

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// comment is one on an issue or a pull request as a whole.
type comment struct {
	id               int64
	number           int
	user, body       string
	created, updated time.Time
}

func (c *call) comment(one *comment) any {
	id, n := strconv.FormatInt(one.id, 10), strconv.Itoa(one.number)
	return obj{
		"id": one.id, "node_id": "IC_" + id, "url": c.at("/issues/comments/" + id), "html_url": c.html + "/" + c.repo.full() + "/issues/" + n + "#issuecomment-" + id,
		"issue_url": c.at("/issues/" + n), "body": one.body, "user": c.h.user(one.user), "created_at": stamp(one.created), "updated_at": stamp(one.updated),
		"author_association": c.association(one.user),
	}
}

func (c *call) addComment() reply {
	it := c.item()
	if it == nil {
		return notFound()
	}
	var in struct{ Body string }
	c.decode(&in)
	if strings.TrimSpace(in.Body) == "" {
		return invalid("IssueComment", "data", "unprocessable", "Body cannot be blank")
	}
	return created(c.comment(c.repo.comment(it, c.me, in.Body)))
}

func (r *repo) comment(it *item, login, body string) *comment {
	at := r.h.tick()
	one := &comment{id: r.h.id(), number: it.number, user: login, body: body, created: at, updated: at}
	r.comments = append(r.comments, one)
	it.comments++
	it.updated = at
	return one
}

func (r *repo) commentsOf(it *item) (list []*comment) {
	for _, one := range r.comments {
		if one.number == it.number {
			list = append(list, one)
		}
	}
	return list
}

func (c *call) listComments() reply {
	it := c.item()
	if it == nil {
		return notFound()
	}
	since, _ := time.Parse(time.RFC3339, c.query.Get("since"))
	all := slices.DeleteFunc(c.repo.commentsOf(it), func(one *comment) bool { return one.updated.Before(since) })
	return list(c, all, c.comment)
}

func (c *call) findComment() (*comment, int) {
	i := slices.IndexFunc(c.repo.comments, func(one *comment) bool { return strconv.FormatInt(one.id, 10) == c.args["comment_id"] })
	if i < 0 {
		return nil, -1
	}
	return c.repo.comments[i], i
}

func (c *call) getComment() reply {
	if one, _ := c.findComment(); one != nil {
		return ok(c.comment(one))
	}
	return notFound()
}

func (c *call) deleteComment() reply {
	one, i := c.findComment()
	if one == nil {
		return notFound()
	}
	c.repo.comments = slices.Delete(c.repo.comments, i, i+1)
	c.repo.item(one.number).comments--
	return done()
}

// event notes what happened to an item.
func (it *item) event(c *call, kind string, more obj) {
	e := obj{"id": c.h.id(), "node_id": "E", "event": kind, "actor": c.h.user(c.me), "created_at": stamp(c.h.tick()), "commit_id": nil, "commit_url": nil,
		"url": c.at("/issues/events/1"), "performed_via_github_app": nil}
	for name, v := range more {
		e[name] = v
	}
	it.events = append(it.events, e)
}

// timeline has both, in order of time.
func (c *call) timeline() reply {
	it := c.item()
	if it == nil {
		return notFound()
	}
	all := slices.Clone(it.events)
	for _, one := range c.repo.commentsOf(it) {
		e := c.comment(one).(obj)
		e["event"], e["actor"] = "commented", e["user"]
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b obj) int { return strings.Compare(a["created_at"].(string), b["created_at"].(string)) })
	return list(c, all, func(e obj) any { return e })
}

package github

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// review is what somebody says of the whole.
type review struct {
	id                        int64
	user, body, state, commit string
	at                        time.Time
}

// thread is a conversation at a line; the review of its first comment made it.
type thread struct {
	id           int64
	path, side   string
	line, start  int
	hunk, commit string
	resolvedBy   string
	comments     []*note
}

// note is a comment of a thread.
type note struct {
	id     int64
	user   string
	body   string
	review int64
	at     time.Time
}

// line is a comment as a client sends it.
type line struct {
	Path, Side, Body string
	Line             int
	StartLine        int    `json:"start_line"`
	StartSide        string `json:"start_side"`
	Position         int
}

var states = map[string]string{"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED", "": "PENDING"}

func (c *call) createReview() reply {
	it := c.pullItem()
	if it == nil {
		return notFound()
	}
	var in struct {
		CommitID    string `json:"commit_id"`
		Body, Event string
		Comments    []line
	}
	c.decode(&in)
	_, from, head := c.repo.ends(it)
	switch {
	case it.user == c.me && in.Event == "APPROVE":
		return unprocessable("Unprocessable Entity", "Review Can not approve your own pull request")
	case it.user == c.me && in.Event == "REQUEST_CHANGES":
		return unprocessable("Unprocessable Entity", "Review Can not request changes on your own pull request")
	case in.Body == "" && in.Event == "REQUEST_CHANGES", in.Body == "" && in.Event == "COMMENT" && len(in.Comments) == 0:
		return unprocessable("Unprocessable Entity", "Review Body can't be blank")
	case in.CommitID != "" && c.repo.git.kind(in.CommitID) != "commit":
		return unprocessable("Unprocessable Entity", "Commit is not part of the pull request")
	}
	files := c.repo.files(from, head)
	var made []*thread
	for _, l := range in.Comments { // all of them, or none
		th, problem := place(files, l)
		if problem != "" {
			return unprocessable("Unprocessable Entity", problem)
		}
		made = append(made, th)
	}
	at := c.h.tick()
	r := &review{id: c.h.id(), user: c.me, body: in.Body, state: states[in.Event], commit: head, at: at}
	it.pull.reviews = append(it.pull.reviews, r)
	it.pull.reviewers = slices.DeleteFunc(it.pull.reviewers, func(login string) bool { return login == c.me })
	for i, th := range made {
		th.id, th.commit = c.h.id(), head
		th.comments = []*note{{id: c.h.id(), user: c.me, body: in.Comments[i].Body, review: r.id, at: at}}
		it.pull.threads = append(it.pull.threads, th)
	}
	it.updated = at
	return ok(c.review(it, r))
}

// place finds the line of a comment in a diff.
func place(files []file, l line) (*thread, string) {
	th := &thread{path: l.Path, side: l.Side, line: l.Line, start: l.StartLine}
	if th.side == "" {
		th.side = "RIGHT"
	}
	i := slices.IndexFunc(files, func(f file) bool { return f.path == l.Path })
	switch {
	case i < 0:
		return nil, "Path could not be resolved"
	case l.Line == 0:
		return nil, "Line could not be resolved"
	case l.StartLine >= l.Line && l.StartLine > 0:
		return nil, "Pull request review thread start line must precede the end line."
	}
	for _, hunk := range hunks(files[i].patch) {
		if hunk.has(th.side, l.Line) && (l.StartLine == 0 || hunk.has(th.side, l.StartLine)) {
			th.hunk = hunk.text
			return th, ""
		}
	}
	return nil, "Line could not be resolved"
}

// hunk is a part of a patch, and the numbers of its lines on both sides.
type hunk struct {
	text        string
	left, right map[int]bool
}

func (h hunk) has(side string, n int) bool {
	return side == "LEFT" && h.left[n] || side == "RIGHT" && h.right[n]
}

func hunks(patch string) (list []hunk) {
	var left, right int
	for text := range strings.SplitSeq(patch, "\n") {
		if strings.HasPrefix(text, "@@ ") {
			f := strings.Fields(text)
			left, right = number(f[1]), number(f[2])
			list = append(list, hunk{text: text, left: map[int]bool{}, right: map[int]bool{}})
			continue
		}
		h := &list[len(list)-1]
		h.text += "\n" + text
		if !strings.HasPrefix(text, "+") && !strings.HasPrefix(text, `\`) {
			h.left[left] = true
			left++
		}
		if !strings.HasPrefix(text, "-") && !strings.HasPrefix(text, `\`) {
			h.right[right] = true
			right++
		}
	}
	return list
}

// number is that of -7,3 or +7.
func number(s string) int {
	s, _, _ = strings.Cut(s[1:], ",")
	n, _ := strconv.Atoi(s)
	return n
}

func (c *call) review(it *item, r *review) any {
	id, n := strconv.FormatInt(r.id, 10), strconv.Itoa(it.number)
	html := c.html + "/" + c.repo.full() + "/pull/" + n
	out := obj{"id": r.id, "node_id": "PRR_" + id, "user": c.h.user(r.user), "body": r.body, "state": r.state, "html_url": html + "#pullrequestreview-" + id, "pull_request_url": c.at("/pulls/" + n),
		"author_association": c.association(r.user), "commit_id": r.commit, "_links": links(map[string]string{"html": html, "pull_request": c.at("/pulls/" + n)})}
	if r.state != "PENDING" {
		out["submitted_at"] = stamp(r.at)
	}
	return out
}

func (c *call) listReviews() reply {
	it := c.pullItem()
	if it == nil {
		return notFound()
	}
	return list(c, it.pull.reviews, func(r *review) any { return c.review(it, r) })
}

// note is a comment in REST's form.
func (c *call) note(it *item, th *thread, one *note) any {
	id, n := strconv.FormatInt(one.id, 10), strconv.Itoa(it.number)
	url, html := c.at("/pulls/comments/"+id), c.html+"/"+c.repo.full()+"/pull/"+n+"#discussion_r"+id
	out := obj{
		"id": one.id, "node_id": "PRRC_" + id, "url": url, "html_url": html, "pull_request_url": c.at("/pulls/" + n), "pull_request_review_id": one.review, "body": one.body, "path": th.path, "side": th.side,
		"line": th.line, "original_line": th.line, "start_line": nil, "original_start_line": nil, "start_side": nil, "diff_hunk": th.hunk, "commit_id": th.commit, "original_commit_id": th.commit, "user": c.h.user(one.user),
		"created_at": stamp(one.at), "updated_at": stamp(one.at), "author_association": c.association(one.user), "subject_type": "line",
		"_links": links(map[string]string{"self": url, "html": html, "pull_request": c.at("/pulls/" + n)}),
	}
	if th.start > 0 {
		out["start_line"], out["original_start_line"], out["start_side"] = th.start, th.start, th.side
	}
	if one != th.comments[0] {
		out["in_reply_to_id"] = th.comments[0].id
	}
	return out
}

func (c *call) replyToNote() reply {
	it := c.pullItem()
	if it == nil {
		return notFound()
	}
	var in struct{ Body string }
	c.decode(&in)
	for _, th := range it.pull.threads {
		if strconv.FormatInt(th.comments[0].id, 10) == c.args["comment_id"] {
			return created(c.note(it, th, c.h.reply(it, th, c.me, in.Body)))
		}
	}
	return notFound()
}

// reply makes a comment, which is a review of its own.
func (h *Hub) reply(it *item, th *thread, login, body string) *note {
	at := h.tick()
	r := &review{id: h.id(), user: login, state: "COMMENTED", commit: th.commit, at: at}
	it.pull.reviews = append(it.pull.reviews, r)
	one := &note{id: h.id(), user: login, body: body, review: r.id, at: at}
	th.comments = append(th.comments, one)
	it.updated = at
	return one
}

package github

import (
	"strconv"
	"strings"
	"time"
)

// pull is what a pull request has beside an issue.
type pull struct {
	head, base       string // branches
	headSHA, baseSHA string // of one that is no longer open
	draft            bool
	looked           bool // whether it can be merged was found out since it changed
	merged           time.Time
	mergedBy, merge  string
	reviewers        []string
	reviews          []*review
	threads          []*thread
}

// pullItem is the pull request of the path.
func (c *call) pullItem() *item {
	if it := c.repo.item(c.number("pull_number")); it != nil && it.pull != nil {
		return it
	}
	return nil
}

// ends are the commits at both ends: the base's, where the head left it, and the head's.
func (r *repo) ends(it *item) (base, from, head string) {
	base, head = it.pull.baseSHA, it.pull.headSHA
	if it.state == "open" {
		base, head = r.git.ref("refs/heads/"+it.pull.base), r.git.ref("refs/heads/"+it.pull.head)
		it.pull.baseSHA, it.pull.headSHA = base, head
	}
	from, _ = r.git.run("merge-base", base, head)
	return base, from, head
}

func (c *call) listPulls() reply {
	q := c.query
	var all []*item
	for _, it := range c.repo.items {
		head := q.Get("head") // owner:branch; without an owner GitHub does not look at it
		owner, branch, owned := strings.Cut(head, ":")
		if it.pull == nil || !inState(it.state, q.Get("state")) || q.Get("base") != "" && it.pull.base != q.Get("base") ||
			owned && (branch != it.pull.head || !strings.EqualFold(owner, c.repo.owner)) {
			continue
		}
		all = append(all, it)
	}
	direction := q.Get("direction")
	if direction == "" && q.Get("sort") != "" && q.Get("sort") != "created" {
		direction = "asc"
	}
	c.sort(all, q.Get("sort"), direction)
	return list(c, all, func(it *item) any { return c.pull(it) })
}

func (c *call) getPull() reply {
	it := c.pullItem()
	if it == nil {
		return notFound()
	}
	if kind := c.asDiff(); kind != "" {
		_, from, head := c.repo.ends(it)
		return c.diff(kind, from, head)
	}
	out := c.wholePull(it)
	it.pull.looked = true
	return ok(out)
}

// pull as it is in lists.
func (c *call) pull(it *item) obj {
	base, _, head := c.repo.ends(it)
	n := strconv.Itoa(it.number)
	end := func(name, sha string) obj {
		return obj{"label": c.repo.owner + ":" + name, "ref": name, "sha": sha, "user": c.h.user(c.repo.owner), "repo": c.repo.json(c)}
	}
	out := c.issue(it)
	for _, name := range []string{"repository_url", "labels_url", "events_url", "pull_request", "state_reason"} {
		delete(out, name)
	}
	url := c.at("/pulls/" + n)
	for name, v := range (obj{
		"node_id": "PR_" + c.repo.full() + "_" + n, "url": url, "issue_url": c.at("/issues/" + n), "head": end(it.pull.head, head), "base": end(it.pull.base, base),
		"draft": it.pull.draft, "merged_at": stamp(it.pull.merged), "merge_commit_sha": text(it.pull.merge), "requested_reviewers": each(it.pull.reviewers, c.h.user), "requested_teams": []any{},
		"diff_url": c.html + "/" + c.repo.full() + "/pull/" + n + ".diff", "patch_url": c.html + "/" + c.repo.full() + "/pull/" + n + ".patch", "auto_merge": nil,
		"commits_url": url + "/commits", "review_comments_url": url + "/comments", "review_comment_url": url + "/comments{/number}", "statuses_url": c.at("/statuses/" + head),
		"_links": links(map[string]string{"self": url, "html": out["html_url"].(string), "issue": c.at("/issues/" + n), "comments": c.at("/issues/" + n + "/comments"), "review_comments": url + "/comments",
			"review_comment": url + "/comments{/number}", "commits": url + "/commits", "statuses": c.at("/statuses/" + head)}),
	}) {
		out[name] = v
	}
	delete(out, "comments")
	return out
}

func links(list map[string]string) obj {
	out := obj{}
	for name, href := range list {
		out[name] = obj{"href": href}
	}
	return out
}

// wholePull has what lists have not. Whether it can be merged GitHub finds out
// after it was asked for the first time.
func (c *call) wholePull(it *item) obj {
	out := c.pull(it)
	base, from, head := c.repo.ends(it)
	files := c.repo.files(from, head)
	added, deleted := totals(files)
	comments := 0
	for _, th := range it.pull.threads {
		comments += len(th.comments)
	}
	for name, v := range (obj{
		"merged": !it.pull.merged.IsZero(), "mergeable": nil, "mergeable_state": "unknown", "rebaseable": nil, "merged_by": c.h.user(it.pull.mergedBy), "comments": it.comments, "review_comments": comments,
		"maintainer_can_modify": false, "commits": len(c.repo.git.list("rev-list", base+".."+head)), "additions": added, "deletions": deleted, "changed_files": len(files),
	}) {
		out[name] = v
	}
	if it.state == "open" && it.pull.looked {
		_, clean := c.repo.clean(it)
		state := "clean"
		switch {
		case !clean:
			state = "dirty"
		case it.pull.draft:
			state = "draft"
		}
		out["mergeable"], out["rebaseable"], out["mergeable_state"] = clean, clean, state
	}
	return out
}

func (c *call) listFiles() reply {
	it := c.pullItem()
	if it == nil {
		return notFound()
	}
	_, from, head := c.repo.ends(it)
	return list(c, c.repo.files(from, head), func(f file) any { return c.file(f, head) })
}

func (c *call) listPullCommits() reply {
	it := c.pullItem()
	if it == nil {
		return notFound()
	}
	_, from, head := c.repo.ends(it)
	return list(c, c.repo.log("--reverse", from+".."+head), func(one commit) any { return c.commit(one) })
}

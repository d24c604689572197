package github

import (
	"net/http"
	"strconv"
	"strings"
)

// clean reports whether there are no conflicts, and the tree of the merge.
func (r *repo) clean(it *item) (tree string, ok bool) {
	base, _, head := r.ends(it)
	out, err := r.git.run("merge-tree", "--write-tree", base, head)
	tree, _, _ = strings.Cut(out, "\n")
	return tree, err == nil
}

func (c *call) mergePull() reply {
	it := c.pullItem()
	if it == nil {
		return notFound()
	}
	var in struct {
		Title   string `json:"commit_title"`
		Message string `json:"commit_message"`
		SHA     string
		Method  string `json:"merge_method"`
	}
	c.decode(&in)
	base, from, head := c.repo.ends(it)
	tree, clean := c.repo.clean(it)
	switch {
	case it.state != "open", !clean, it.pull.draft:
		return failed(http.StatusMethodNotAllowed, "Pull Request is not mergeable")
	case in.SHA != "" && in.SHA != head:
		return failed(http.StatusConflict, "Head branch was modified. Review and try the merge again.")
	}
	title, message, parents := in.Title, in.Message, []string{base}
	n := strconv.Itoa(it.number)
	switch in.Method {
	case "", "merge":
		parents = append(parents, head)
		if title == "" {
			title = "Merge pull request #" + n + " from " + c.repo.owner + "/" + it.pull.head
		}
	case "squash":
		if title == "" {
			title = it.title + " (#" + n + ")"
		}
	case "rebase":
		list := c.repo.log("--reverse", from+".."+head)
		title, message, _ = strings.Cut(list[len(list)-1].message, "\n\n") // one commit: a rebase of several is not modelled
	}
	if message != "" {
		title += "\n\n" + message
	}
	sha, err := c.repo.git.commit(tree, title, parents, c.h.author(c.me), c.h.tick())
	if err != nil {
		return failed(http.StatusMethodNotAllowed, err.Error())
	}
	it.pull.merged, it.pull.mergedBy, it.pull.merge = c.h.tick(), c.me, sha
	c.repo.close(it, c.me)
	it.event(c, "merged", obj{"commit_id": sha, "commit_url": c.at("/commits/" + sha)})
	c.repo.set("refs/heads/"+it.pull.base, sha)
	return ok(obj{"sha": sha, "merged": true, "message": "Pull Request successfully merged"})
}

package github

import (
	"slices"
	"strings"
)

func (c *call) createPull() reply {
	var in struct {
		change
		Head, Base string
		Draft      bool
	}
	c.decode(&in)
	head := in.Head
	if owner, branch, ok := strings.Cut(head, ":"); ok && strings.EqualFold(owner, c.repo.owner) {
		head = branch
	}
	from, to := c.repo.git.ref("refs/heads/"+head), c.repo.git.ref("refs/heads/"+in.Base)
	switch {
	case in.Title == nil || *in.Title == "":
		return invalid("PullRequest", "title", "missing_field", "")
	case from == "":
		return invalid("PullRequest", "head", "invalid", "")
	case to == "":
		return invalid("PullRequest", "base", "invalid", "")
	case len(c.repo.git.list("rev-list", to+".."+from)) == 0:
		return invalid("PullRequest", "", "custom", "No commits between "+in.Base+" and "+head)
	}
	for _, it := range c.repo.items {
		if it.pull != nil && it.state == "open" && it.pull.head == head && it.pull.base == in.Base {
			return invalid("PullRequest", "", "custom", "A pull request already exists for "+c.repo.owner+":"+head+".")
		}
	}
	it := c.newItem(change{Title: in.Title, Body: in.Body})
	it.pull = &pull{head: head, base: in.Base, draft: in.Draft}
	return created(c.wholePull(it))
}

func (c *call) updatePull() reply {
	it := c.pullItem()
	if it == nil {
		return notFound()
	}
	var in struct {
		Title, Body, State, Base *string
	}
	c.decode(&in)
	if in.Base != nil {
		if c.repo.git.ref("refs/heads/"+*in.Base) == "" {
			return invalid("PullRequest", "base", "invalid", "")
		}
		it.pull.base, it.pull.looked = *in.Base, false
	}
	if in.State != nil && *in.State == "open" && it.state == "closed" && (!it.pull.merged.IsZero() || c.repo.git.ref("refs/heads/"+it.pull.head) == "") {
		return invalid("PullRequest", "state", "custom", "state cannot be changed. The "+it.pull.head+" branch has been deleted.")
	}
	c.repo.ends(it) // what they are when it is closed
	c.apply(it, change{Title: in.Title, Body: in.Body, State: in.State}, false)
	it.reason = ""
	return ok(c.wholePull(it))
}

func (c *call) requestReviewers() reply {
	it := c.pullItem()
	if it == nil {
		return notFound()
	}
	var in struct{ Reviewers []string }
	c.decode(&in)
	for _, login := range in.Reviewers {
		switch {
		case login == it.user:
			return unprocessable("Review cannot be requested from pull request author.")
		case !slices.Contains(c.h.users, login):
			return unprocessable("Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the " + c.repo.full() + " repository.")
		case !slices.Contains(it.pull.reviewers, login):
			it.pull.reviewers = append(it.pull.reviewers, login)
		}
	}
	return created(c.pull(it))
}

func (c *call) removeReviewers() reply {
	it := c.pullItem()
	if it == nil {
		return notFound()
	}
	var in struct{ Reviewers []string }
	c.decode(&in)
	it.pull.reviewers = slices.DeleteFunc(it.pull.reviewers, func(login string) bool { return slices.Contains(in.Reviewers, login) })
	return ok(c.pull(it))
}

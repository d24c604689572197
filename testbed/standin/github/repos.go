package github

import (
	"net/http"
	"slices"
)

func (c *call) languages() reply {
	if lang := c.repo.language(); lang != nil {
		return ok(obj{lang.(string): 1000})
	}
	return ok(obj{})
}

func (c *call) getRepo() reply {
	out := c.repo.json(c)
	for _, name := range []string{"allow_merge_commit", "allow_squash_merge", "allow_rebase_merge"} {
		out[name] = true
	}
	if p := c.repo.parent; p != nil {
		out["parent"], out["source"] = p.json(c), p.json(c)
	}
	return ok(out)
}

func (c *call) createRepo() reply {
	var in struct {
		Name, Description string
		Private           bool
		AutoInit          bool `json:"auto_init"`
	}
	c.decode(&in)
	owner := c.me
	if org := c.args["org"]; org != "" {
		if !slices.Contains(c.h.orgs, org) {
			return notFound()
		}
		owner = org
	}
	if c.h.repo(owner+"/"+in.Name) != nil {
		r := invalid("Repository", "name", "custom", "name already exists on this account")
		r.value.(obj)["message"] = "Repository creation failed."
		return r
	}
	r := c.h.newRepo(owner, in.Name, in.AutoInit)
	r.description, r.private = in.Description, in.Private
	c.repo = r
	return created(c.getRepo().value)
}

func (c *call) ownRepos() reply {
	var all []*repo
	for _, r := range c.searchable(parse("")) {
		if r.owner == c.me || slices.Contains(c.h.orgs, r.owner) {
			all = append(all, r)
		}
	}
	return list(c, all, func(r *repo) any { return r.json(c) })
}

func (c *call) fork() reply {
	var in struct{ Organization, Name string }
	c.decode(&in)
	name := in.Name
	if name == "" {
		name = c.repo.name
	}
	from := c.repo
	c.repo = c.h.repo(c.me + "/" + name)
	if c.repo == nil {
		c.repo = c.h.newRepo(c.me, name, false)
		if _, err := c.repo.git.run("fetch", "-q", from.git.dir, "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*"); err != nil {
			panic(err) // both are here
		}
		c.repo.parent = from
	}
	r := c.getRepo()
	r.status = http.StatusAccepted
	return r
}

package github

import (
	"slices"
	"strings"
)

func (c *call) ref(name, sha string) obj {
	return obj{"ref": name, "node_id": "REF_" + name, "url": c.at("/git/" + name), "object": obj{"sha": sha, "type": c.repo.git.kind(sha), "url": c.at("/git/commits/" + sha)}}
}

func (c *call) createRef() reply {
	var in struct{ Ref, SHA string }
	c.decode(&in)
	switch _, err := c.repo.git.run("check-ref-format", in.Ref); {
	case err != nil || !strings.HasPrefix(in.Ref, "refs/"):
		return unprocessable(in.Ref + " is not a valid ref name.")
	case c.repo.git.kind(in.SHA) == "":
		return unprocessable("Object does not exist")
	case c.repo.git.ref(in.Ref) != "":
		return unprocessable("Reference already exists")
	}
	if c.repo.push(in.Ref, in.SHA) != nil {
		return unprocessable("Reference update failed") // GitHub does not say why
	}
	return created(c.ref(in.Ref, in.SHA))
}

func (c *call) updateRef() reply {
	var in struct {
		SHA   string
		Force bool
	}
	c.decode(&in)
	name := "refs/" + c.args["ref"]
	old := c.repo.git.ref(name)
	if old == "" {
		return unprocessable("Reference does not exist")
	}
	if c.repo.git.kind(in.SHA) == "" {
		return unprocessable("Object does not exist")
	}
	if _, err := c.repo.git.run("merge-base", "--is-ancestor", old, in.SHA); err != nil && !in.Force {
		return unprocessable("Update is not a fast forward")
	}
	c.repo.set(name, in.SHA)
	return ok(c.ref(name, in.SHA))
}

func (c *call) deleteRef() reply {
	name := "refs/" + c.args["ref"]
	if c.repo.git.ref(name) == "" {
		return unprocessable("Reference does not exist")
	}
	c.repo.remove(name)
	return done()
}

func (r *repo) remove(ref string) {
	if _, err := r.git.run("update-ref", "-d", ref); err != nil {
		panic(err) // it is there
	}
	branch := strings.TrimPrefix(ref, "refs/heads/")
	for _, it := range r.items {
		if it.pull != nil && it.state == "open" && it.pull.head == branch {
			r.close(it, it.user)
		}
	}
}

// names are the branches or the tags.
func (r *repo) names(of string) []string {
	return r.git.list("for-each-ref", "--format=%(refname:lstrip=2)", "refs/"+of)
}

func (c *call) listBranches() reply {
	names := slices.DeleteFunc(c.repo.names("heads"), func(name string) bool {
		return c.query.Has("protected") && (c.query.Get("protected") == "true") != c.repo.protected(name)
	})
	return list(c, names, func(name string) any {
		sha := c.repo.git.ref("refs/heads/" + name)
		return obj{"name": name, "commit": obj{"sha": sha, "url": c.at("/commits/" + sha)}, "protected": c.repo.protected(name)}
	})
}

func (c *call) getBranch() reply {
	name := c.args["branch"]
	sha := c.repo.git.ref("refs/heads/" + name)
	if sha == "" {
		return failed(404, "Branch not found")
	}
	on := c.repo.protected(name)
	return ok(obj{
		"name": name, "commit": c.commit(c.repo.read(sha)), "protected": on, "protection": obj{"enabled": on}, "protection_url": c.at("/branches/" + name + "/protection"),
		"_links": obj{"self": c.at("/branches/" + name), "html": c.html + "/" + c.repo.full() + "/tree/" + name},
	})
}

// protected reports whether a branch is protected: the default one is, if any.
func (r *repo) protected(branch string) bool { return branch == r.branch && r.approvals > 0 }

// Protect has the default branch want approvals and checks: the approvals by a
// ruleset, the checks by the older protection.
func (h *Hub) Protect(repo string, approvals int, checks ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.repo(repo)
	r.approvals, r.checks = approvals, checks
}

func (c *call) branchRules() reply {
	var rules []obj
	if c.repo.protected(c.args["branch"]) {
		rules = []obj{{"type": "pull_request", "ruleset_id": 1, "ruleset_source": c.repo.full(), "ruleset_source_type": "Repository", "parameters": obj{
			"required_approving_review_count": c.repo.approvals, "dismiss_stale_reviews_on_push": false, "require_code_owner_review": true,
			"require_last_push_approval": false, "required_review_thread_resolution": false,
		}}}
	}
	return list(c, rules, func(o obj) any { return o })
}

// branchProtection is for who owns the repository.
func (c *call) branchProtection() reply {
	switch branch := c.args["branch"]; {
	case c.repo.git.ref("refs/heads/"+branch) == "":
		return failed(404, "Branch not found")
	case c.repo.owner != c.me:
		return notFound()
	case !c.repo.protected(branch):
		return failed(404, "Branch not protected")
	default:
		url := c.at("/branches/" + branch + "/protection")
		checks := each(c.repo.checks, func(name string) any { return obj{"context": name, "app_id": nil} })
		return ok(obj{"url": url, "enforce_admins": obj{"url": url + "/enforce_admins", "enabled": true},
			"required_status_checks": obj{"url": url + "/required_status_checks", "strict": false, "contexts": c.repo.checks, "contexts_url": url + "/contexts", "checks": checks}})
	}
}

func (c *call) renameBranch() reply {
	var in struct {
		To string `json:"new_name"`
	}
	c.decode(&in)
	from := c.args["branch"]
	sha := c.repo.git.ref("refs/heads/" + from)
	switch {
	case sha == "":
		return notFound()
	case c.repo.git.ref("refs/heads/"+in.To) != "":
		return unprocessable("New branch already exists")
	}
	if c.repo.push("refs/heads/"+in.To, sha) != nil {
		return unprocessable("Reference update failed")
	}
	c.repo.remove("refs/heads/" + from)
	if c.repo.branch == from {
		c.repo.branch = in.To
	}
	c.args["branch"] = in.To
	return created(c.getBranch().value)
}

func (c *call) listTags() reply {
	return list(c, c.repo.names("tags"), func(name string) any {
		sha := c.repo.git.resolve("refs/tags/" + name)
		if sha == "" {
			sha = c.repo.git.resolve(name)
		}
		return obj{
			"name": name, "node_id": "REF_" + name, "commit": obj{"sha": sha, "url": c.at("/commits/" + sha)},
			"zipball_url": c.at("/zipball/refs/tags/" + name), "tarball_url": c.at("/tarball/refs/tags/" + name),
		}
	})
}

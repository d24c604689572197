package gitlab

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

var hexID = regexp.MustCompile(`^[0-9a-f]{7,40}$`)

// resolve is the commit of a branch, a tag or an id, empty if there is none.
func (g *GitLab) resolve(p *project, ref string) string {
	ref = strings.TrimPrefix(strings.TrimPrefix(ref, "refs/heads/"), "refs/tags/")
	if sha := p.branches[ref]; sha != "" {
		return sha
	}
	if sha := p.tags[ref]; sha != "" {
		return sha
	}
	if !hexID.MatchString(ref) {
		return ""
	}
	sha, err := g.store.id("rev-parse", "--verify", "--quiet", ref+"^{commit}")
	if err != nil {
		return ""
	}
	return sha
}

func (g *GitLab) branchView(p *project, name string) obj {
	head := name == p.head
	return obj{"name": name, "commit": g.commitView(p, p.branches[name]), "merged": !head && g.store.base(p.branches[name], p.branches[p.head]) == p.branches[name], "protected": head,
		"developers_can_push": false, "developers_can_merge": false, "can_push": true, "default": head, "web_url": g.URL + "/" + p.path + "/-/tree/" + name}
}

func (g *GitLab) tagView(p *project, name string) obj {
	out := obj{"name": name, "target": p.tags[name], "message": p.tagNotes[name], "commit": g.commitView(p, p.tags[name]), "protected": false, "release": nil, "created_at": nil}
	if r := p.release(name); r != nil {
		out["release"] = obj{"tag_name": name, "description": r.description}
	}
	return out
}

// named reports whether a name is found by a search, in which ^ and $ anchor.
func named(name, search string) bool {
	low := strings.ToLower(search)
	from, atStart := strings.CutPrefix(low, "^")
	to, atEnd := strings.CutSuffix(from, "$")
	name = strings.ToLower(name)
	return strings.Contains(name, to) && (!atStart || strings.HasPrefix(name, to)) && (!atEnd || strings.HasSuffix(name, to))
}

func listRefs(refs func(*project) map[string]string, show func(*GitLab, *project, string) obj) handler {
	return of(func(c *call, p *project) (any, error) {
		list := slices.DeleteFunc(slices.Sorted(maps.Keys(refs(p))), func(name string) bool { return !named(name, c.str("search")) })
		if by := c.str("sort"); by == "updated_desc" || by == "" && c.str("order_by") == "updated" {
			slices.SortStableFunc(list, func(a, b string) int {
				return strings.Compare(c.commitInfo(refs(p)[b]).date, c.commitInfo(refs(p)[a]).date)
			})
		}
		return paged(c, list, func(name string) obj { return show(c.GitLab, p, name) })
	})
}

func branches(p *project) map[string]string { return p.branches }
func tags(p *project) map[string]string     { return p.tags }

func getRef(what string, refs func(*project) map[string]string, show func(*GitLab, *project, string) obj) handler {
	return of(func(c *call, p *project) (any, error) {
		if name := c.str("name"); refs(p)[name] != "" {
			return show(c.GitLab, p, name), nil
		}
		return nil, missing(what)
	})
}

func createBranch(c *call, p *project) (any, error) {
	if err := c.need("branch", "ref"); err != nil {
		return nil, err
	}
	name, sha := c.str("branch"), c.resolve(p, c.str("ref"))
	switch {
	case p.branches[name] != "":
		return nil, bad("Branch already exists")
	case strings.ContainsAny(name, " ~^:?*[\\") || strings.Contains(name, "..") || strings.HasPrefix(name, "-") || name == "":
		return nil, bad("Branch name is invalid")
	case sha == "":
		return nil, bad("Invalid reference name: " + c.str("ref"))
	}
	c.push(p, name, sha, c.me)
	return c.branchView(p, name), nil
}

func deleteBranch(c *call, p *project) (any, error) {
	name := c.str("name")
	switch {
	case p.branches[name] == "":
		return nil, missing("Branch")
	case name == p.head:
		return nil, &problem{http.StatusForbidden, obj{"message": "Cannot remove HEAD branch"}}
	}
	delete(p.branches, name)
	return nil, nil
}

func createTag(c *call, p *project) (any, error) {
	if err := c.need("tag_name", "ref"); err != nil {
		return nil, err
	}
	name, sha := c.str("tag_name"), c.resolve(p, c.str("ref"))
	switch {
	case p.tags[name] != "":
		return nil, bad("Tag " + name + " already exists")
	case sha == "":
		return nil, bad("Target " + c.str("ref") + " is invalid")
	}
	p.tags[name], p.tagNotes[name] = sha, c.str("message")
	return c.tagView(p, name), nil
}

func protection(c *call, p *project, name string) obj {
	levels := []obj{{"id": p.id, "access_level": 40, "access_level_description": "Maintainers", "user_id": nil, "group_id": nil}}
	out := obj{"id": p.id, "name": name, "push_access_levels": levels, "merge_access_levels": levels, "allow_force_push": false}
	if c.switches.Premium {
		out["code_owner_approval_required"], out["unprotect_access_levels"], out["inherited"] = false, []any{}, false
	}
	return out
}

var refRoutes = routes{
	"GET /projects/{id}/repository/branches":           listRefs(branches, (*GitLab).branchView),
	"POST /projects/{id}/repository/branches":          of(createBranch),
	"GET /projects/{id}/repository/branches/{name}":    getRef("Branch", branches, (*GitLab).branchView),
	"DELETE /projects/{id}/repository/branches/{name}": of(deleteBranch),
	"GET /projects/{id}/repository/tags":               listRefs(tags, (*GitLab).tagView),
	"POST /projects/{id}/repository/tags":              of(createTag),
	"GET /projects/{id}/repository/tags/{name}":        getRef("Tag", tags, (*GitLab).tagView),
	"GET /projects/{id}/protected_branches": of(func(c *call, p *project) (any, error) {
		return paged(c, []string{p.head}, func(name string) obj { return protection(c, p, name) })
	}),
	"GET /projects/{id}/protected_branches/{name}": of(func(c *call, p *project) (any, error) {
		if c.str("name") != p.head {
			return nil, &problem{http.StatusNotFound, obj{"message": "404 Not found"}}
		}
		return protection(c, p, p.head), nil
	}),
}

package gitlab

import (
	"slices"
	"strconv"
	"strings"
)

type group struct {
	id   int
	path string
}

// namespace is the id of a user's or a group's, which is made if there is none.
func (g *GitLab) namespace(path string) int {
	for _, u := range g.users {
		if u.username == path {
			return u.id
		}
	}
	for _, one := range g.groups {
		if one.path == path {
			return one.id
		}
	}
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		g.namespace(path[:i]) // what it is in
	}
	one := &group{id: g.id(), path: path}
	g.groups = append(g.groups, one)
	return one.id
}

// ownerPath is the path of a user or a group, by either of its names.
func (c *call) ownerPath(id string) string {
	for _, one := range c.groups {
		if one.path == id || strconv.Itoa(one.id) == id {
			return one.path
		}
	}
	for _, u := range c.users {
		if u.username == id || strconv.Itoa(u.id) == id {
			return u.username
		}
	}
	return ""
}

func (g *GitLab) groupView(path string) obj {
	return obj{"id": g.namespace(path), "name": path[strings.LastIndexByte(path, '/')+1:], "path": path[strings.LastIndexByte(path, '/')+1:], "full_path": path, "full_name": strings.ReplaceAll(path, "/", " / "),
		"kind": "group", "visibility": "private", "web_url": g.URL + "/groups/" + path, "parent_id": nil}
}

var namespaceRoutes = routes{
	"GET /groups": func(c *call) (any, error) {
		return paged(c, c.groups, func(one *group) obj { return c.groupView(one.path) })
	},
	"GET /groups/{id}": func(c *call) (any, error) {
		if path := c.ownerPath(c.str("id")); path != "" && !slices.ContainsFunc(c.users, func(u *user) bool { return u.username == path }) {
			return c.groupView(path), nil
		}
		return nil, missing("Group")
	},
	"GET /namespaces/{id}": func(c *call) (any, error) {
		path := c.ownerPath(c.str("id"))
		if path == "" {
			return nil, missing("Namespace")
		}
		out := c.groupView(path)
		if slices.ContainsFunc(c.users, func(u *user) bool { return u.username == path }) {
			out["kind"] = "user"
		}
		return out, nil
	},
}

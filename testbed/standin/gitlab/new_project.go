package gitlab

import (
	"net/http"
	"regexp"
	"strings"
)

var slug = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

func createProject(c *call) (any, error) {
	path := c.str("path")
	if path == "" {
		path = strings.ToLower(strings.ReplaceAll(c.str("name"), " ", "-"))
	}
	if path == "" {
		return nil, &problem{http.StatusBadRequest, obj{"error": "name, path are missing, at least one parameter must be provided"}}
	}
	owner := c.me.username
	if c.has("namespace_id") {
		if owner = c.ownerPath(c.str("namespace_id")); owner == "" {
			return nil, &problem{http.StatusNotFound, obj{"message": "404 Namespace Not Found"}}
		}
	}
	if !slug.MatchString(path) {
		return nil, invalid("path", "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', end in '.git' or end in '.atom'")
	}
	if c.find(owner+"/"+path) != nil {
		return nil, &problem{http.StatusBadRequest, obj{"message": obj{"project_namespace.name": []string{"has already been taken"}, "name": []string{"has already been taken"}, "path": []string{"has already been taken"}}}}
	}
	p := c.newProject(owner + "/" + path)
	if name := c.str("name"); name != "" {
		p.title = name
	}
	p.description = c.str("description")
	if v := c.str("visibility"); v != "" {
		p.visibility = v
	}
	if b := c.str("default_branch"); b != "" {
		p.head = b
	}
	if c.bool("initialize_with_readme") {
		readme := "# " + p.title + "\n"
		if _, err := c.save(p, p.head, "Initial commit", c.me, []entry{{path: "README.md", mode: "100644", content: &readme}}); err != nil {
			return nil, err
		}
	}
	return c.projectView(p), nil
}

func fork(c *call, from *project) (any, error) {
	owner, path := c.me.username, from.name()
	for _, name := range []string{"namespace_path", "namespace_id", "namespace"} {
		if c.has(name) {
			if owner = c.ownerPath(c.str(name)); owner == "" {
				return nil, missing("Target Namespace")
			}
		}
	}
	if v := c.str("path"); v != "" {
		path = v
	}
	if c.find(owner+"/"+path) != nil {
		return nil, &problem{http.StatusConflict, obj{"message": []string{"Project namespace name has already been taken", "Name has already been taken", "Path has already been taken"}}}
	}
	p := c.newProject(owner + "/" + path)
	p.parent, p.description, p.head = from, from.description, from.head
	for name, sha := range from.branches {
		p.branches[name] = sha
	}
	for name, sha := range from.tags {
		p.tags[name] = sha
	}
	out := c.projectView(p)
	out["import_status"] = "scheduled" // it goes on when the answer is there
	return out, nil
}

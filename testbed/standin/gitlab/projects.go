package gitlab

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

type group struct {
	id   int
	path string
}

type project struct {
	id, owner                int // owner: the id of its namespace
	path, title, description string
	head                     string // the default branch
	visibility               string
	archived                 bool
	created, active          time.Time
	parent                   *project        // of a fork
	hidden                   map[string]bool // from whom
	discussed, green, resets bool            // discussions are to be resolved, the pipeline to pass; a push takes approvals away
	needed                   int             // approvals
	method                   string          // of merges: merge, rebase_merge, ff

	branches, tags map[string]string
	tagNotes       map[string]string // messages of annotated tags
	issues         []*issue
	merges         []*merge
	labels         []*label
	milestones     []*milestone
	pipelines      []*pipeline
	children       []*pipeline // those that others started
	releases       []*release
	variables      []obj
	statuses       []obj
	links          []*link
}

func (p *project) name() string { return p.path[strings.LastIndexByte(p.path, '/')+1:] }

func (p *project) namespace() string { return p.path[:strings.LastIndexByte(p.path, '/')] }

// Project makes a project with a README.md on main, and the groups it is in.
func (g *GitLab) Project(path string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.newProject(path)
	readme := "# " + p.name() + "\n"
	if _, err := g.save(p, "main", "Initial commit", g.users[0], []entry{{path: "README.md", mode: "100644", content: &readme}}); err != nil {
		panic(err) // git does not work at all
	}
}

// ID is the number of a project.
func (g *GitLab) ID(path string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.find(path).id
}

// Hide has a project not be there for somebody, as one that is private and not his.
func (g *GitLab) Hide(path, username string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.find(path).hidden[username] = true
}

func (g *GitLab) newProject(path string) *project {
	p := &project{
		id: g.id(), path: path, title: path[strings.LastIndexByte(path, '/')+1:], head: "main", visibility: "private", created: g.tick(), hidden: make(map[string]bool), method: "merge",
		branches: make(map[string]string), tags: make(map[string]string), tagNotes: make(map[string]string),
	}
	p.active = p.created
	p.owner = g.namespace(p.namespace())
	g.projects = append(g.projects, p)
	return p
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

// find is a project by path, whatever its case, or by id.
func (g *GitLab) find(id string) *project {
	for _, p := range g.projects {
		if strings.EqualFold(p.path, id) || strconv.Itoa(p.id) == id {
			return p
		}
	}
	return nil
}

// of is a handler of a project that the caller may see.
func of(h func(*call, *project) (any, error)) handler {
	return func(c *call) (any, error) {
		p := c.find(c.str("id"))
		if p == nil || p.hidden[c.me.username] {
			return nil, missing("Project")
		}
		if p.archived && c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
			return nil, forbidden()
		}
		if c.r.Method != http.MethodGet {
			p.active = c.tick()
		}
		return h(c, p)
	}
}

func (g *GitLab) projectView(p *project) obj {
	kind := "group"
	if g.person(p.owner) != nil {
		kind = "user"
	}
	open := 0
	for _, i := range p.issues {
		if i.state == "opened" {
			open++
		}
	}
	out := obj{
		"id": p.id, "description": p.description, "name": p.title, "name_with_namespace": strings.ReplaceAll(p.path, "/", " / "), "path": p.name(), "path_with_namespace": p.path,
		"created_at": stamp(p.created), "default_branch": p.head, "tag_list": []string{}, "topics": []string{}, "web_url": g.URL + "/" + p.path, "readme_url": nil, "forks_count": 0,
		"avatar_url": nil, "star_count": 0, "last_activity_at": stamp(p.active), "updated_at": stamp(p.active), "visibility": p.visibility, "archived": p.archived, "empty_repo": len(p.branches) == 0,
		"namespace":      obj{"id": p.owner, "name": p.namespace(), "path": p.namespace(), "kind": kind, "full_path": p.namespace(), "parent_id": nil},
		"issues_enabled": true, "merge_requests_enabled": true, "jobs_enabled": true, "open_issues_count": open, "merge_method": p.method, "squash_option": "default_off",
		"only_allow_merge_if_pipeline_succeeds": p.green, "only_allow_merge_if_all_discussions_are_resolved": p.discussed, "approvals_before_merge": 0,
		"permissions": obj{"project_access": obj{"access_level": 40, "notification_level": 3}, "group_access": nil}, "ci_config_path": "", "import_status": "none",
	}
	if p.parent != nil {
		out["forked_from_project"] = obj{"id": p.parent.id, "name": p.parent.title, "path": p.parent.name(), "path_with_namespace": p.parent.path, "web_url": g.URL + "/" + p.parent.path}
	}
	return out
}

func listProjects(below string) handler {
	return func(c *call) (any, error) {
		if err := c.offset(); err != nil {
			return nil, err
		}
		within := ""
		if below != "" {
			within = c.ownerPath(c.str(below))
			isUser := slices.ContainsFunc(c.users, func(u *user) bool { return u.username == within })
			if within == "" || isUser != (below == "user_id") {
				return nil, missing(map[string]string{"id": "Group", "user_id": "User"}[below])
			}
		}
		list := slices.DeleteFunc(slices.Clone(c.projects), func(p *project) bool {
			text := p.name() + "\n" + p.title + "\n" + p.description
			if c.bool("search_namespaces") {
				text += "\n" + p.path
			}
			return p.hidden[c.me.username] || !strings.Contains(strings.ToLower(text), strings.ToLower(c.str("search"))) ||
				within != "" && p.namespace() != within && !(c.bool("include_subgroups") && strings.HasPrefix(p.path, within+"/")) ||
				c.has("archived") && p.archived != c.bool("archived") ||
				c.bool("owned") && p.owner != c.me.id
		})
		slices.SortStableFunc(list, func(a, b *project) int {
			switch c.str("order_by") {
			case "name", "path":
				return strings.Compare(a.name(), b.name())
			case "updated_at", "last_activity_at":
				return a.active.Compare(b.active)
			}
			return a.id - b.id
		})
		if c.str("sort") != "asc" {
			slices.Reverse(list)
		}
		return paged(c, list, c.projectView)
	}
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

var projectRoutes = routes{
	"GET /projects":                 listProjects(""),
	"GET /groups/{id}/projects":     listProjects("id"),
	"GET /users/{user_id}/projects": listProjects("user_id"),
	"POST /projects":                createProject,
	"POST /projects/{id}/fork":      of(fork),
	"GET /projects/{id}":            of(func(c *call, p *project) (any, error) { return c.projectView(p), nil }),
	"GET /projects/{id}/languages":  of(func(*call, *project) (any, error) { return obj{"Go": 91.5, "Shell": 8.5}, nil }),
	"GET /projects/{id}/users":      of(func(c *call, _ *project) (any, error) { return paged(c, c.users, c.account) }),
	"GET /projects/{id}/members/all": of(func(c *call, _ *project) (any, error) {
		return paged(c, c.users, func(u *user) obj {
			out := c.account(u)
			out["access_level"], out["expires_at"] = 40, nil
			return out
		})
	}),
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

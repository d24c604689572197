package gitlab

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

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
}

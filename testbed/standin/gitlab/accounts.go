package gitlab

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

type user struct {
	id             int
	username, name string
	token          string
	created        time.Time
	todos          []*todo
}

func (u *user) email() string { return u.username + "@example.test" }

// User is somebody with a token for everything. Who is there has the same token
// as before.
func (g *GitLab) User(username string) (token string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.user(username).token
}

func (g *GitLab) user(username string) *user {
	if i := slices.IndexFunc(g.users, func(u *user) bool { return u.username == username }); i >= 0 {
		return g.users[i]
	}
	u := &user{id: g.id(), username: username, name: strings.ToUpper(username[:1]) + username[1:], created: g.tick()}
	u.token = fmt.Sprintf("standin-%s-%d", username, u.id)
	g.users = append(g.users, u)
	return u
}

// who asks: by PRIVATE-TOKEN, or by Authorization: Bearer.
func (g *GitLab) who(r *http.Request) *user {
	token := r.Header.Get("Private-Token")
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		token = bearer
	}
	i := slices.IndexFunc(g.users, func(u *user) bool { return token != "" && u.token == token })
	if i < 0 {
		return nil
	}
	return g.users[i]
}

func (g *GitLab) person(id int) *user {
	if i := slices.IndexFunc(g.users, func(u *user) bool { return u.id == id }); i >= 0 {
		return g.users[i]
	}
	return nil
}

// brief is a user inside of other things.
func (g *GitLab) brief(u *user) any {
	if u == nil {
		return nil
	}
	return g.account(u)
}

func (g *GitLab) account(u *user) obj {
	return obj{"id": u.id, "username": u.username, "public_email": nil, "name": u.name, "state": "active", "locked": false, "avatar_url": nil, "web_url": g.URL + "/" + u.username}
}

func (g *GitLab) people(list []*user) []obj {
	out := make([]obj, 0, len(list))
	for _, u := range list {
		out = append(out, g.account(u))
	}
	return out
}

// todo is something that somebody is asked to look at.
type todo struct {
	id            int
	action, state string
	of            *project
	merge         *merge
	issue         *issue
	by            *user
	at            time.Time
}

func (g *GitLab) todo(c *todo) obj {
	out := obj{"id": c.id, "action_name": c.action, "state": c.state, "author": g.brief(c.by), "created_at": stamp(c.at), "updated_at": stamp(c.at),
		"project": obj{"id": c.of.id, "name": c.of.name(), "path": c.of.name(), "path_with_namespace": c.of.path}}
	if c.merge != nil {
		out["target_type"], out["target"], out["body"], out["target_url"] = "MergeRequest", g.mergeView(c.merge), c.merge.title, g.mergeURL(c.merge)
	} else {
		out["target_type"], out["target"], out["body"], out["target_url"] = "Issue", g.issueView(c.issue), c.issue.title, g.issueURL(c.issue)
	}
	return out
}

var accountRoutes = routes{
	"GET /user": func(c *call) (any, error) {
		out := c.account(c.me)
		for name, value := range (obj{"created_at": stamp(c.me.created), "bio": "", "email": c.me.email(), "commit_email": c.me.email(), "can_create_project": true,
			"can_create_group": true, "two_factor_enabled": false, "external": false, "is_admin": nil, "namespace_id": c.me.id, "scim_identities": []any{}}) {
			if name != "is_admin" { // only administrators see it
				out[name] = value
			}
		}
		return out, nil
	},
	"GET /version": func(c *call) (any, error) { return obj{"version": c.switches.Version, "revision": "57f9f66d219"}, nil },
	"GET /metadata": func(c *call) (any, error) {
		if !c.switches.since(15, 2) {
			return nil, &problem{http.StatusNotFound, obj{"error": "404 Not Found"}}
		}
		return obj{"version": c.switches.Version, "revision": "57f9f66d219", "kas": obj{"enabled": false, "externalUrl": nil, "version": nil}, "enterprise": strings.HasSuffix(c.switches.Version, "-ee")}, nil
	},
	"GET /personal_access_tokens/self": func(c *call) (any, error) {
		return obj{"id": c.me.id, "name": "suite", "revoked": false, "active": true, "created_at": stamp(c.me.created), "description": nil, "scopes": []string{"api"},
			"user_id": c.me.id, "last_used_at": nil, "expires_at": "2027-01-31"}, nil
	},
	"GET /users": func(c *call) (any, error) {
		list := slices.DeleteFunc(slices.Clone(c.users), func(u *user) bool {
			return c.has("username") && !strings.EqualFold(u.username, c.str("username")) || !strings.Contains(u.username, c.str("search"))
		})
		return paged(c, list, c.account)
	},
	"GET /users/{user_id}": func(c *call) (any, error) {
		if u := c.person(c.int("user_id")); u != nil {
			return c.account(u), nil
		}
		return nil, missing("User")
	},
	"GET /todos": func(c *call) (any, error) {
		want := c.str("state")
		if want == "" {
			want = "pending"
		}
		list := slices.DeleteFunc(slices.Clone(c.me.todos), func(t *todo) bool { return t.state != want })
		slices.Reverse(list)
		return paged(c, list, c.todo)
	},
	"POST /todos/{todo_id}/mark_as_done": func(c *call) (any, error) {
		for _, t := range c.me.todos {
			if strconv.Itoa(t.id) == c.str("todo_id") {
				t.state, c.status = "done", http.StatusOK
				return c.todo(t), nil
			}
		}
		return nil, missing("Todo")
	},
}

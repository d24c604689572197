package github

import (
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// repo is a repository.
type repo struct {
	h           *Hub
	id          int64
	owner, name string
	description string
	private     bool
	branch      string // the default one
	parent      *repo
	git         git
	created     time.Time
	pushed      time.Time

	items      []*item // issues and pull requests by number less one
	labels     []*label
	milestones []*milestone
	comments   []*comment
	releases   []*release
	runs       []*run
	statuses   map[string][]obj // by sha
	variables  []obj
	secrets    []obj
	approvals  int // that the default branch wants
	checks     []string
}

func (r *repo) full() string { return r.owner + "/" + r.name }

// newRepo makes a repository, with a README.md if it is to have a commit.
func (h *Hub) newRepo(owner, name string, init bool) *repo {
	id := h.id()
	r := &repo{h: h, id: id, owner: owner, name: name, branch: "main", created: h.tick(), statuses: map[string][]obj{},
		git: git{filepath.Join(h.dir, strconv.FormatInt(id, 10))}}
	r.pushed = r.created
	if _, err := (git{h.dir}).run("init", "-q", "--bare", "-b", "main", r.git.dir); err != nil {
		panic(err) // there is no git
	}
	r.labels = []*label{{id: h.id(), name: "help wanted", color: "008672", description: "Extra attention is needed"}}
	h.repos[strings.ToLower(r.full())] = r
	if init {
		tree, err := r.git.tree("", []leaf{{"README.md", "100644", r.git.blob("# " + name + "\n")}})
		if err != nil {
			panic(err) // the disk is full
		}
		sha, err := r.git.commit(tree, "Initial commit", nil, h.author(owner), h.tick())
		if err != nil {
			panic(err)
		}
		r.set("refs/heads/main", sha)
	}
	return r
}

func (h *Hub) author(login string) person { return person{login, login + "@github.test"} }

// set moves a ref that is there, or the first one.
func (r *repo) set(ref, sha string) {
	if err := r.push(ref, sha); err != nil {
		panic(err) // both are there
	}
}

// push moves a ref or makes one, and does what follows from it. There may be no room
// for a new one: to git main/x is a file in a folder main, which cannot be beside a
// file main.
func (r *repo) push(ref, sha string) error {
	if _, err := r.git.run("update-ref", ref, sha); err != nil {
		return err
	}
	r.pushed = r.h.tick()
	if branch, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
		for _, it := range r.items {
			if it.pull != nil && it.state == "open" && (it.pull.head == branch || it.pull.base == branch) {
				it.pull.looked = false
				it.updated = r.pushed
			}
		}
		r.trigger(branch, sha)
	}
	return nil
}

func (h *Hub) user(login string) any {
	if login == "" {
		return nil
	}
	id := 0
	for i, one := range h.users {
		if one == login {
			id = i + 1
		}
	}
	return obj{"login": login, "id": id, "node_id": "U_" + login, "type": "User", "site_admin": false,
		"html_url": "https://github.test/" + login, "avatar_url": "https://avatars.github.test/" + login, "url": "https://api.github.test/users/" + login}
}

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

// json of a repository, as it is in lists and in other things.
func (r *repo) json(c *call) obj {
	open := 0
	for _, it := range r.items {
		if it.state == "open" {
			open++
		}
	}
	return obj{
		"id": r.id, "node_id": "R_" + strconv.FormatInt(r.id, 10), "name": r.name, "full_name": r.full(), "owner": r.h.user(r.owner), "private": r.private,
		"html_url": c.html + "/" + r.full(), "url": c.base + "/repos/" + r.full(), "description": text(r.description), "fork": r.parent != nil,
		"default_branch": r.branch, "archived": false, "disabled": false, "visibility": map[bool]string{true: "private", false: "public"}[r.private],
		"open_issues_count": open, "open_issues": open, "stargazers_count": 0, "topics": []string{}, "language": r.language(),
		"created_at": stamp(r.created), "updated_at": stamp(r.pushed), "pushed_at": stamp(r.pushed),
		"permissions": obj{"admin": r.owner == c.me, "push": true, "pull": true}, "has_issues": true,
	}
}

// text is null when it is empty.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (r *repo) language() any {
	if r.git.resolve(r.branch) == "" {
		return nil
	}
	for _, name := range r.git.list("ls-tree", "-r", "--name-only", r.branch) {
		if strings.HasSuffix(name, ".go") {
			return "Go"
		}
	}
	return nil
}

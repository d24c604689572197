package gitlab

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

// save makes a commit on a branch, which may be new.
func (g *GitLab) save(p *project, branch, message string, by *user, entries []entry, parents ...string) (string, error) {
	from := nothing
	if len(parents) == 0 && p.branches[branch] != "" {
		parents = []string{p.branches[branch]}
	}
	if len(parents) > 0 {
		from = parents[0]
	}
	tree, err := g.store.tree(from, entries)
	if err != nil {
		return "", err
	}
	sha, err := g.store.commit(tree, message, by, g.tick(), parents...)
	if err == nil {
		g.push(p, branch, sha, by)
	}
	return sha, err
}

// push moves a branch, with what follows from that: a pipeline, and merge requests
// that have new commits.
func (g *GitLab) push(p *project, branch, sha string, by *user) {
	before := p.branches[branch]
	p.branches[branch] = sha
	for _, q := range g.projects {
		for _, m := range q.merges {
			if m.state == "opened" && m.source == p && m.from == branch {
				g.moved(m, before)
			}
		}
	}
	if before != sha {
		g.pipelineOf(p, branch, sha, "push", by)
	}
}

// action is one of a commit that is made.
type action struct{ kind, path, from, content, last string }

func (c *call) actions() ([]action, error) {
	list, _ := c.params["actions"].([]any)
	if list == nil {
		return nil, &problem{http.StatusBadRequest, obj{"error": "actions is missing"}}
	}
	var out []action
	for _, one := range list {
		m, _ := one.(map[string]any)
		a := action{kind: text(m["action"]), path: text(m["file_path"]), from: text(m["previous_path"]), content: text(m["content"]), last: text(m["last_commit_id"])}
		if !slices.Contains([]string{"create", "delete", "move", "update", "chmod"}, a.kind) {
			return nil, &problem{http.StatusBadRequest, obj{"error": "actions[0][action] does not have a valid value"}}
		}
		if text(m["encoding"]) == "base64" {
			b, err := base64.StdEncoding.DecodeString(a.content)
			if err != nil {
				return nil, bad("invalid base64")
			}
			a.content = string(b)
		}
		out = append(out, a)
	}
	return out, nil
}

func createCommit(c *call, p *project) (any, error) {
	if err := c.need("branch", "commit_message"); err != nil {
		return nil, err
	}
	list, err := c.actions()
	if err != nil {
		return nil, err
	}
	branch := c.str("branch")
	from := p.branches[branch]
	if start := c.str("start_branch"); start != "" || c.has("start_sha") {
		if from != "" && !c.bool("force") {
			return nil, bad("A branch called '" + branch + "' already exists. Switch to that branch in order to make changes")
		}
		if c.has("start_sha") {
			start = c.str("start_sha")
		}
		if from = c.resolve(p, start); from == "" {
			return nil, bad("Cannot find start_branch '" + start + "'")
		}
	}
	if from == "" && len(p.branches) > 0 {
		return nil, bad("You can only create or edit files when you are on a branch")
	}
	var entries []entry
	for _, a := range list {
		made, err := c.apply(from, a)
		if err != nil {
			return nil, err
		}
		entries = append(entries, made...)
	}
	var parents []string
	if from != "" {
		parents = []string{from}
	}
	sha, err := c.save(p, branch, c.str("commit_message"), c.me, entries, parents...)
	if err != nil {
		return nil, err
	}
	return c.fullCommit(p, sha), nil
}

// apply is what an action does to the files of a commit.
func (c *call) apply(from string, a action) ([]entry, error) {
	path := a.path
	if a.kind == "move" {
		path = a.from
	}
	_, blob, there := "", "", false
	if from != "" {
		_, blob, there = c.store.blob(from, path)
	}
	switch {
	case strings.HasPrefix(a.path, "/") || strings.Contains("/"+a.path+"/", "/../") || a.path == "":
		return nil, bad("Path cannot include directory traversal")
	case a.kind == "create" && there:
		return nil, bad("A file with this name already exists")
	case a.kind != "create" && !there:
		return nil, bad("A file with this name doesn't exist")
	}
	if a.last != "" {
		if last, _ := c.store.id("log", "-1", "--format=%H", from, "--", path); last != a.last {
			return nil, bad("You are attempting to update a file that has changed since you started editing it.")
		}
	}
	made := entry{path: a.path, mode: "100644", content: &a.content}
	switch {
	case a.kind == "delete":
		return []entry{{path: a.path}}, nil
	case a.kind == "move" && a.content == "":
		return []entry{{path: a.from}, {path: a.path, mode: "100644", blob: blob}}, nil
	case a.kind == "move":
		return []entry{{path: a.from}, made}, nil
	}
	return []entry{made}, nil
}

package gitlab

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/forge/forgetest"
)

// Forge prepares and reads an instance for the conformance suite of the forges.
// It does so without the API: what the tools say is compared with what is.
type Forge struct {
	Lab    *GitLab
	Author string // of what is made
	Group  string // of the projects, nested as deep as it likes
}

var (
	_ forgetest.Forge = Forge{}
	_ forgetest.CI    = Forge{}
)

func (f Forge) NewRepo(_ testing.TB, name string) string {
	f.Lab.User(f.Author)
	f.Lab.Project(f.Group + "/" + name)
	return f.Group + "/" + name
}

// do runs with the project, as the author.
func (f Forge) do(repo string, work func(*call, *project)) {
	g := f.Lab
	g.mu.Lock()
	defer g.mu.Unlock()
	if p := g.find(repo); p != nil {
		work(&call{GitLab: g, me: g.user(f.Author), params: map[string]any{}}, p)
	}
}

func (f Forge) Label(_ testing.TB, repo, name string) {
	f.do(repo, func(c *call, p *project) { c.label(p, name) })
}

func (f Forge) Milestone(_ testing.TB, repo, title string) {
	f.do(repo, func(c *call, p *project) {
		p.milestones = append(p.milestones, &milestone{id: c.id(), iid: len(p.milestones) + 1, of: p, title: title, state: "active", created: c.tick()})
	})
}

func (f Forge) Issue(_ testing.TB, repo, title, body string) (number int) {
	f.do(repo, func(c *call, p *project) {
		at := c.tick()
		i := &issue{kind: "issue", thing: thing{id: c.id(), iid: len(p.issues) + 1, of: p, title: title, body: body, state: "opened", author: c.me, created: at, updated: at}}
		p.issues = append(p.issues, i)
		number = i.iid
	})
	return number
}

func (f Forge) Comment(_ testing.TB, repo string, number int, body string) {
	f.do(repo, func(c *call, p *project) { c.say(&p.issues[number-1].thing, c.me, body, true) })
}

func (f Forge) File(_ testing.TB, repo, ref, path string) (content string) {
	f.do(repo, func(c *call, p *project) {
		if sha := c.resolve(p, ref); sha != "" {
			content, _, _ = c.store.blob(sha, path)
		}
	})
	return content
}

func (f Forge) Head(_ testing.TB, repo, ref string) (sha string) {
	f.do(repo, func(c *call, p *project) { sha = c.resolve(p, ref) })
	return sha
}

// stateOf is what the suite calls a state.
var stateOf = map[string]string{"opened": "open", "closed": "closed", "merged": "merged"}

func (f Forge) GetIssue(t testing.TB, repo string, number int) (out forgetest.IssueState) {
	t.Helper()
	f.do(repo, func(_ *call, p *project) {
		i := p.issues[number-1]
		out = forgetest.IssueState{Title: i.title, Body: i.body, State: stateOf[i.state], Labels: i.labels}
		if i.milestone != nil {
			out.Milestone = i.milestone.title
		}
		for _, u := range i.assignees {
			out.Assignees = append(out.Assignees, u.username)
		}
		for _, n := range i.all() {
			if !n.system {
				out.Comments = append(out.Comments, n.body)
			}
		}
	})
	return out
}

func (f Forge) GetPull(_ testing.TB, repo string, number int) (out forgetest.PullState) {
	f.do(repo, func(_ *call, p *project) {
		m := p.merges[number-1]
		out = forgetest.PullState{Title: m.title, State: stateOf[m.state], Head: m.from, Base: m.into, MergeSHA: m.mergeSHA}
	})
	return out
}

func (f Forge) Reviews(_ testing.TB, repo string, number int) (states []string) {
	f.do(repo, func(_ *call, p *project) {
		for _, r := range p.merges[number-1].reviewers {
			states = append(states, map[string]string{"requested_changes": "changes_requested", "approved": "approved", "reviewed": "commented"}[r.state])
		}
	})
	return states
}

func (f Forge) LineComments(_ testing.TB, repo string, number int) (out []forgetest.CommentState) {
	f.do(repo, func(_ *call, p *project) {
		for _, d := range p.merges[number-1].discussions {
			for _, n := range d.notes {
				if n.at == nil {
					continue
				}
				line := n.at.newLine
				if line == 0 {
					line = n.at.oldLine
				}
				out = append(out, forgetest.CommentState{Path: n.at.newPath, Line: line, Body: n.body, Resolved: !n.resolved.IsZero()})
			}
		}
	})
	return out
}

func (f Forge) GetRelease(_ testing.TB, repo, tag string) (out forgetest.ReleaseState) {
	f.do(repo, func(_ *call, p *project) {
		if r := p.release(tag); r != nil {
			out = forgetest.ReleaseState{Name: r.name, Body: r.description, SHA: p.tags[tag]}
		}
	})
	return out
}

// Workflow is a job whose script has a section for each step.
func (Forge) Workflow(steps ...string) (path, content string) {
	var b strings.Builder
	b.WriteString("test:\n  script:\n")
	for _, s := range steps {
		b.WriteString("    - ./step " + s + "\n")
	}
	return ".gitlab-ci.yml", b.String()
}

func (f Forge) Play(t testing.TB, repo, branch string, steps []forgetest.StepState) int64 {
	t.Helper()
	var list []Step
	for _, s := range steps {
		list = append(list, Step(s))
	}
	id, _ := f.Lab.Play(repo, branch, list)
	if id == 0 {
		t.Fatalf("no pipeline of %s in %s waits; its branches are %v", branch, repo, slices.Sorted(maps.Keys(f.Lab.find(repo).branches)))
	}
	return id
}

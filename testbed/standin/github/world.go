package github

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/forge/forgetest"
)

// World reads and prepares a Hub past its API, for the conformance suite of the
// forges. Owner is who makes things.
type World struct {
	*Hub
	Owner string
}

// as is a call of the owner that did not come over the wire.
func (w World) as(r *repo) *call { return &call{h: w.Hub, me: w.Owner, repo: r} }

// with locks the Hub and finds a repository.
func (w World) with(t testing.TB, name string, do func(c *call, r *repo)) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.repo(name)
	if r == nil {
		t.Fatalf("there is no repository %s", name)
	}
	do(w.as(r), r)
}

func (w World) NewRepo(_ testing.TB, name string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.newRepo(w.Owner, name, true).full()
}

func (w World) Label(t testing.TB, in, name string) {
	w.with(t, in, func(_ *call, r *repo) {
		r.labels = append(r.labels, &label{id: w.id(), name: name, color: "ff0000"})
	})
}

func (w World) Milestone(t testing.TB, in, title string) {
	w.with(t, in, func(_ *call, r *repo) {
		r.milestones = append(r.milestones, &milestone{id: w.id(), number: len(r.milestones) + 1, title: title, state: "open", created: w.tick()})
	})
}

func (w World) Issue(t testing.TB, in, title, body string) (number int) {
	w.with(t, in, func(c *call, _ *repo) { number = c.newItem(change{Title: &title, Body: &body}).number })
	return number
}

func (w World) Comment(t testing.TB, in string, number int, body string) {
	w.with(t, in, func(_ *call, r *repo) { r.comment(r.item(number), w.Owner, body) })
}

func (w World) File(t testing.TB, in, ref, path string) (content string) {
	w.with(t, in, func(_ *call, r *repo) {
		out, _ := r.git.raw("", nil, "cat-file", "blob", r.git.resolve(ref)+":"+path) // empty if there is none
		content = string(out)
	})
	return content
}

// Put makes a commit of one file on the default branch, whatever is in it.
func (w World) Put(t testing.TB, in, path, content string) {
	w.with(t, in, func(_ *call, r *repo) {
		head := r.git.resolve(r.branch)
		tree, err := r.git.tree(head, []leaf{{path, "100644", r.git.blob(content)}})
		if err != nil {
			t.Fatal(err)
		}
		sha, err := r.git.commit(tree, "put "+path, []string{head}, w.author(w.Owner), w.tick())
		if err != nil {
			t.Fatal(err)
		}
		r.set("refs/heads/"+r.branch, sha)
	})
}

func (w World) Head(t testing.TB, in, ref string) (sha string) {
	w.with(t, in, func(_ *call, r *repo) { sha = r.git.resolve(ref) })
	return sha
}

func (w World) GetIssue(t testing.TB, in string, number int) (out forgetest.IssueState) {
	w.with(t, in, func(_ *call, r *repo) {
		it := r.item(number)
		out = forgetest.IssueState{Title: it.title, Body: it.body, State: it.state, Labels: it.labels, Assignees: it.assignees}
		if it.milestone > 0 {
			out.Milestone = r.milestones[it.milestone-1].title
		}
		for _, one := range r.commentsOf(it) {
			out.Comments = append(out.Comments, one.body)
		}
	})
	return out
}

func (w World) GetPull(t testing.TB, in string, number int) (out forgetest.PullState) {
	w.with(t, in, func(_ *call, r *repo) {
		it := r.item(number)
		out = forgetest.PullState{Title: it.title, State: it.state, Head: it.pull.head, Base: it.pull.base, MergeSHA: it.pull.merge}
		if out.MergeSHA != "" {
			out.State = "merged"
		}
	})
	return out
}

func (w World) Reviews(t testing.TB, in string, number int) (list []string) {
	w.with(t, in, func(_ *call, r *repo) {
		for _, one := range r.item(number).pull.reviews {
			list = append(list, strings.ToLower(one.state))
		}
	})
	return list
}

func (w World) LineComments(t testing.TB, in string, number int) (list []forgetest.CommentState) {
	w.with(t, in, func(_ *call, r *repo) {
		for _, th := range r.item(number).pull.threads {
			for _, one := range th.comments {
				list = append(list, forgetest.CommentState{Path: th.path, Line: th.line, Body: one.body, Resolved: th.resolvedBy != ""})
			}
		}
	})
	return list
}

func (w World) GetRelease(t testing.TB, in, tag string) (out forgetest.ReleaseState) {
	w.with(t, in, func(_ *call, r *repo) {
		for _, one := range r.releases {
			if one.tag == tag {
				out = forgetest.ReleaseState{Name: one.name, Body: one.body, SHA: r.git.resolve(tag)}
			}
		}
	})
	return out
}

// Workflow is a file as GitHub's are.
func (World) Workflow(steps ...string) (path, content string) {
	var b strings.Builder
	b.WriteString("name: ci\non:\n  push:\n  workflow_dispatch:\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n")
	for _, s := range steps {
		fmt.Fprintf(&b, "      - name: %s\n        run: 'true'\n", s)
	}
	return workflows + "ci.yml", b.String()
}

// Play lets the oldest run go that has not begun.
func (w World) Play(t testing.TB, in, _ string, steps []forgetest.StepState) (id int64) {
	t.Helper()
	w.with(t, in, func(_ *call, r *repo) {
		for _, one := range r.runs {
			if one.status == "queued" {
				r.play(one, steps)
				id = one.id
				return
			}
		}
		t.Fatalf("no run of %s waits", in)
	})
	return id
}

// LastJob is the id of the youngest job.
func (w World) LastJob(t testing.TB, in string) (id int64) {
	w.with(t, in, func(_ *call, r *repo) {
		one := r.runs[len(r.runs)-1]
		id = one.jobs[len(one.jobs)-1].id
	})
	return id
}

// play writes the log of a job, with a time before each line.
func (r *repo) play(one *run, steps []forgetest.StepState) {
	j := one.jobs[len(one.jobs)-1]
	at, conclusion := r.h.tick(), "success"
	one.started, j.started = at, at
	var log strings.Builder
	steps = append([]forgetest.StepState{{Name: "Set up job", Log: []string{"Current runner version: '2.330.0'"}}}, steps...)
	for i, s := range steps {
		ended := at.Add(time.Second)
		how := "success"
		if s.Failed {
			how, conclusion = "failure", "failure"
		}
		for n, text := range s.Log {
			fmt.Fprintf(&log, "%s %s\n", at.Add(time.Duration(n)*time.Microsecond).Format("2006-01-02T15:04:05.0000000Z"), text)
		}
		j.steps = append(j.steps, obj{"name": s.Name, "number": i + 1, "status": "completed", "conclusion": how, "started_at": stamp(at), "completed_at": stamp(ended)})
		at = ended.Add(time.Second)
	}
	j.log = log.String()
	r.h.now = at
	r.finish(one, conclusion)
}

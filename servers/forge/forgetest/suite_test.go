package forgetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/mark3labs/mcp-go/mcp"
)

// fakeWorld is the suite's world over a forge in memory.
type fakeWorld struct{ *Fake }

func serve(t *testing.T, f *Fake, nouns forge.Nouns, sel kit.Selection) Caller {
	t.Helper()
	s, err := forge.New(forge.Options{Name: "mcp-fake", Title: "Fake", Nouns: nouns, Features: f.Features(), Backends: map[string]forge.Backend{"": f}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Select(sel); err != nil {
		t.Fatal(err)
	}
	c := kittest.Connect(t, s)
	return func(t testing.TB, tool string, args map[string]any) Result {
		r := c.Call(tool, args)
		return Result{Text: text(r), Structured: r.RawStructuredContent, IsError: r.IsError}
	}
}

func text(r *mcp.CallToolResult) string { return kittest.Text(r) }

// TestSuite with the nouns of either kind of forge.
func TestSuite(t *testing.T) {
	for name, nouns := range map[string]forge.Nouns{"github": forge.GitHub, "gitlab": forge.GitLab} {
		t.Run(name, func(t *testing.T) {
			f := NewFake("ann")
			Suite(t, World{
				Nouns: nouns, Call: serve(t, f, nouns, kit.Selection{Toolsets: []string{"all"}}),
				ReadOnly: serve(t, f, nouns, kit.Selection{Toolsets: []string{"all"}, ReadOnly: true}), Mutations: f.Writes,
				Forge: fakeWorld{f}, CI: fakeWorld{f},
			})
		})
	}
}

func (w fakeWorld) NewRepo(_ testing.TB, name string) string {
	w.AddRepo("ann/" + name)
	return "ann/" + name
}

func (w fakeWorld) Label(_ testing.TB, repo, name string) {
	w.repos[repo].meta.Labels = append(w.repos[repo].meta.Labels, forge.Label{Name: name})
}

func (w fakeWorld) Milestone(_ testing.TB, repo, title string) {
	w.repos[repo].meta.Milestones = append(w.repos[repo].meta.Milestones, forge.Milestone{Title: title, State: "open"})
}

func (w fakeWorld) Issue(t testing.TB, repo, title, body string) int {
	i, err := w.CreateIssue(t.Context(), repo, forge.IssueChange{Title: &title, Body: &body})
	if err != nil {
		t.Fatal(err)
	}
	return i.Number
}

func (w fakeWorld) Comment(t testing.TB, repo string, number int, body string) {
	if _, err := w.AddComment(t.Context(), repo, number, false, body); err != nil {
		t.Fatal(err)
	}
}

func (w fakeWorld) File(t testing.TB, repo, ref, path string) string {
	file, _ := w.GetFile(t.Context(), repo, ref, path)
	return string(file.Content)
}

func (w fakeWorld) Head(t testing.TB, repo, ref string) string {
	sha, _ := w.Resolve(t.Context(), repo, ref)
	return sha
}

func (w fakeWorld) GetIssue(t testing.TB, repo string, number int) IssueState {
	i, err := w.Fake.GetIssue(t.Context(), repo, number)
	if err != nil {
		t.Fatal(err)
	}
	out := IssueState{Title: i.Title, Body: i.Body, State: i.State, Milestone: i.Milestone, Labels: i.Labels, Assignees: i.Assignees}
	list, _ := w.Comments(t.Context(), repo, number, forge.At{Page: 1, Size: 100})
	for _, c := range list.Items {
		out.Comments = append(out.Comments, c.Body)
	}
	return out
}

func (w fakeWorld) GetPull(t testing.TB, repo string, number int) PullState {
	p, err := w.Fake.GetPull(t.Context(), repo, number)
	if err != nil {
		t.Fatal(err)
	}
	return PullState{p.Title, p.State, p.Head, p.Base, p.MergeID}
}

func (w fakeWorld) Reviews(t testing.TB, repo string, number int) (states []string) {
	list, _ := w.ListReviews(t.Context(), repo, number)
	for _, r := range list {
		states = append(states, r.State)
	}
	return states
}

func (w fakeWorld) LineComments(t testing.TB, repo string, number int) (out []CommentState) {
	threads, _ := w.Threads(t.Context(), repo, number)
	for _, th := range threads {
		for _, c := range th.Comments {
			out = append(out, CommentState{th.Path, th.Line, c.Body, th.Resolved})
		}
	}
	return out
}

func (w fakeWorld) GetRelease(t testing.TB, repo, tag string) ReleaseState {
	r, err := w.Fake.GetRelease(t.Context(), repo, tag)
	if err != nil {
		t.Fatal(err)
	}
	return ReleaseState{r.Name, r.Body, w.Head(t, repo, tag)}
}

func (fakeWorld) Workflow(steps ...string) (path, content string) {
	return ".ci/ci.yml", "steps: " + strings.Join(steps, ", ") + "\n"
}

// Play makes a run; the log has the times that real ones have.
func (w fakeWorld) Play(_ testing.TB, repo, branch string, steps []StepState) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.repos[repo]
	var run *fakeRun
	if i := slices.IndexFunc(r.runs, func(one *fakeRun) bool { return one.Status == "queued" }); i >= 0 {
		run = r.runs[i]
		run.Status = "success"
	} else {
		run = r.addRun(w.Fake, "ci.yml", branch, "success")
	}
	if slices.ContainsFunc(steps, func(s StepState) bool { return s.Failed }) {
		run.Status = "failure"
	}
	job := forge.Job{ID: 1000 * run.ID, RunID: run.ID, Name: "test", Status: run.Status, Started: run.Started, Finished: run.Finished}
	at := run.Started
	var log strings.Builder
	for i, s := range steps {
		step := forge.Step{Number: i + 1, Name: s.Name, Status: "success", Started: at}
		if s.Failed {
			step.Status = "failure"
		}
		for _, line := range s.Log {
			log.WriteString(at.Format("2006-01-02T15:04:05.0000000Z") + " " + line + "\n")
		}
		step.Finished = at
		at = at.Add(2 * time.Second)
		job.Steps = append(job.Steps, step)
	}
	run.jobs = []forge.Job{job}
	run.logs[job.ID] = log.String()
	return run.ID
}

package forgetest

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/loom-core/loom/servers/forge"
)

// Fill makes a repository with n of everything: issue 1 with n comments, pull
// request 2 with n threads, n issues and one more, n releases and n runs that
// failed. Whatever others can write has text in it.
func (f *Fake) Fill(repo string, n int, text string) {
	ctx := context.Background()
	f.AddRepo(repo)
	files := map[string]string{"README.md": text + "\n"}
	for i := range max(n, 1) {
		files[fmt.Sprintf("f%d.txt", i)] = fmt.Sprintf("said %d: %s\n", i, text)
	}
	f.mu.Lock()
	r := f.repos[repo]
	r.Description = text
	r.commit(f, "main", "begin\n\n"+text, files)
	r.branches["side"] = r.branches["main"]
	changed := map[string]string{"more.txt": text + "\n"}
	for name, content := range files {
		changed[name] = content
	}
	r.commit(f, "side", "more "+text, changed)
	r.meta.Labels, r.meta.Milestones = []forge.Label{{Name: "bug", Description: text}}, []forge.Milestone{{Title: "v1", State: "open"}}
	f.mu.Unlock()

	issue, pull, side, main := "issue "+text, "pull "+text, "side", "main"
	f.CreateIssue(ctx, repo, forge.IssueChange{Title: &issue, Body: &text})
	f.CreatePull(ctx, repo, forge.PullChange{Title: &pull, Body: &text, Head: side, Base: &main})
	for i := range n {
		title := fmt.Sprintf("issue number %d", i)
		if i > 0 {
			f.CreateIssue(ctx, repo, forge.IssueChange{Title: &title, Body: &text})
		}
		f.AddComment(ctx, repo, 1, false, fmt.Sprintf("comment %d: %s", i, text))
		f.CreateReview(ctx, repo, 2, forge.NewReview{Event: "comment", Body: text, Comments: []forge.LineComment{{Path: "more.txt", Side: "RIGHT", Line: 1, Body: fmt.Sprintf("note %d: %s", i, text)}}})
		f.CreateRelease(ctx, repo, forge.NewRelease{Tag: "v" + strconv.Itoa(i), Target: "main", Name: "release " + text, Body: text})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if n == 0 {
		r.items[0].issue.State = "closed"
	}
	for range n {
		run := r.addRun(f, "ci.yml", "main", "failure")
		at := run.Started
		run.Title = text
		run.jobs = []forge.Job{{ID: 1000 * run.ID, RunID: run.ID, Name: "test", Status: "failure", Started: at, Finished: at.Add(time.Second),
			Steps: []forge.Step{{Number: 1, Name: "test", Status: "failure", Started: at, Finished: at}}}}
		run.logs[1000*run.ID] = at.Format("2006-01-02T15:04:05.0000000Z") + " error: " + text + "\n"
	}
	f.writes = 0
}

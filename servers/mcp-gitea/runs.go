package main

import (
	"context"
	"strings"

	sdk "code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

func toRun(r *sdk.ActionWorkflowRun) forge.Run {
	if r == nil {
		return forge.Run{}
	}
	workflow, ref, _ := strings.Cut(r.Path, "@")
	branch := r.HeadBranch
	if branch == "" { // of a pull request: refs/pull/7/head
		branch = strings.TrimPrefix(strings.TrimPrefix(ref, "refs/heads/"), "refs/")
	}
	return forge.Run{
		ID: r.ID, Number: int(r.RunNumber), Attempt: int(r.RunAttempt), Workflow: workflow, Title: r.DisplayTitle, Event: r.Event,
		Actor: login(r.Actor), URL: r.HTMLURL, Branch: branch, SHA: r.HeadSha, Status: state(r.Status, r.Conclusion),
		Started: r.StartedAt, Finished: r.CompletedAt,
	}
}

var runStatus = map[string]string{
	"queued": "queued", "running": "in_progress", "success": "success", "failure": "failure", "cancelled": "cancelled", "skipped": "skipped",
}

func (g *gitea) ListRuns(ctx context.Context, repo string, f forge.RunFilter, at forge.At) (forge.List[forge.Run], error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.List[forge.Run]{}, err
	}
	o := sdk.ListRepoActionRunsOptions{ListOptions: listOptions(at), Event: f.Event, Status: runStatus[f.Status], Actor: f.Actor}
	if forge.IsSHA(f.SHA) {
		o.HeadSHA = f.SHA
	}
	if !strings.HasPrefix(f.Ref, "pull/") { // of a pull request's runs Gitea knows no branch
		o.Branch = f.Ref
	}
	owner, name := forge.OwnerName(repo)
	runs, r, err := c.ListRepoActionRuns(owner, name, o)
	if err != nil {
		return forge.List[forge.Run]{}, wrap(ctx, err)
	}
	list := listed(runs.WorkflowRuns, r, toRun)
	if list.Total == nil {
		total := int(runs.TotalCount)
		list.Total = &total
	}
	return list, nil
}

func (g *gitea) GetRun(ctx context.Context, repo string, run int64) (forge.Run, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Run{}, err
	}
	owner, name := forge.OwnerName(repo)
	r, _, err := c.GetRepoActionRun(owner, name, run)
	if err != nil {
		return forge.Run{}, wrap(ctx, err)
	}
	return toRun(r), nil
}

func toJob(j *sdk.ActionWorkflowJob) forge.Job {
	if j == nil {
		return forge.Job{}
	}
	out := forge.Job{
		ID: j.ID, RunID: j.RunID, Name: j.Name, URL: j.HTMLURL, Status: state(j.Status, j.Conclusion), Attempt: int(j.RunAttempt),
		Started: j.StartedAt, Finished: j.CompletedAt, Runner: j.RunnerName,
	}
	for _, s := range j.Steps {
		if s != nil {
			out.Steps = append(out.Steps, forge.Step{Number: int(s.Number) + 1, Name: s.Name, Status: state(s.Status, s.Conclusion), Started: s.StartedAt, Finished: s.CompletedAt})
		}
	}
	return out
}

func (g *gitea) Jobs(ctx context.Context, repo string, run int64) ([]forge.Job, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return nil, err
	}
	owner, name := forge.OwnerName(repo)
	jobs, err := everything(func(o sdk.ListOptions) ([]*sdk.ActionWorkflowJob, *sdk.Response, error) {
		answer, r, err := c.ListRepoActionRunJobs(owner, name, run, sdk.ListRepoActionJobsOptions{ListOptions: o})
		if err != nil {
			return nil, r, err
		}
		return answer.Jobs, r, nil
	})
	if err != nil {
		return nil, wrap(ctx, err)
	}
	var list []forge.Job
	for _, j := range jobs {
		list = append(list, toJob(j))
	}
	return list, nil
}

func (g *gitea) GetJob(ctx context.Context, repo string, job int64) (forge.Job, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Job{}, err
	}
	owner, name := forge.OwnerName(repo)
	j, _, err := c.GetRepoActionJob(owner, name, job)
	if err != nil {
		return forge.Job{}, wrap(ctx, err)
	}
	return toJob(j), nil
}

func (g *gitea) StartRun(ctx context.Context, repo, workflow, ref string, inputs map[string]string) (int64, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return 0, err
	}
	owner, name := forge.OwnerName(repo)
	d, _, err := c.DispatchRepoActionWorkflow(owner, name, workflow, sdk.CreateActionWorkflowDispatchOption{Ref: ref, Inputs: inputs}, true)
	if err != nil {
		return 0, wrap(ctx, err)
	}
	if d == nil {
		return 0, nil
	}
	return d.WorkflowRunID, nil
}

func (g *gitea) Retry(ctx context.Context, repo string, run int64, failedOnly bool) error {
	c, err := g.sdk(ctx)
	if err != nil {
		return err
	}
	owner, name := forge.OwnerName(repo)
	if failedOnly {
		_, err = c.RerunRepoActionRunFailedJobs(owner, name, run)
	} else {
		_, _, err = c.RerunRepoActionRun(owner, name, run)
	}
	return wrap(ctx, err)
}

func (g *gitea) RetryJob(ctx context.Context, repo string, run, job int64) error {
	c, err := g.sdk(ctx)
	if err != nil {
		return err
	}
	owner, name := forge.OwnerName(repo)
	_, _, err = c.RerunRepoActionJob(owner, name, run, job)
	return wrap(ctx, err)
}

// Cancel is not in the API of Gitea 1.26; features says so and no tool asks.
func (g *gitea) Cancel(context.Context, string, int64) error {
	return kit.Errorf(kit.Unsupported, "Gitea has no API to cancel a run").WithHint("cancel it on its page")
}

package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
)

func toRun(r *gh.WorkflowRun) forge.Run {
	workflow, _, _ := strings.Cut(r.GetPath(), "@")
	if workflow == "" {
		workflow = r.GetName()
	}
	out := forge.Run{
		ID: r.GetID(), Number: r.GetRunNumber(), Attempt: r.GetRunAttempt(), Workflow: workflow, Title: r.GetDisplayTitle(), Event: r.GetEvent(),
		Actor: r.GetActor().GetLogin(), URL: r.GetHTMLURL(), Branch: r.GetHeadBranch(), SHA: r.GetHeadSHA(),
		Status: state(r.GetStatus(), r.GetConclusion()), Created: at(r.CreatedAt), Started: at(r.RunStartedAt),
	}
	if r.GetStatus() == "completed" {
		out.Finished = at(r.UpdatedAt)
	}
	return out
}

// runStatus are GitHub's words for a status. Failures have several, so that all
// runs are read for them.
var runStatus = map[string]string{"queued": "queued", "running": "in_progress", "success": "success", "cancelled": "cancelled", "skipped": "skipped"}

func (g *github) ListRuns(ctx context.Context, repo string, f forge.RunFilter, at forge.At) (forge.List[forge.Run], error) {
	o := &gh.ListWorkflowRunsOptions{Branch: f.Ref, Event: f.Event, Status: runStatus[f.Status], Actor: f.Actor, ListOptions: page(at)}
	if forge.IsSHA(f.SHA) {
		o.HeadSHA = f.SHA
	}
	owner, name := forge.OwnerName(repo)
	var runs *gh.WorkflowRuns
	var r *gh.Response
	var err error
	if file := f.Workflow[strings.LastIndexByte(f.Workflow, '/')+1:]; strings.HasSuffix(file, ".yml") || strings.HasSuffix(file, ".yaml") {
		runs, r, err = g.api.Actions.ListWorkflowRunsByFileName(ctx, owner, name, url.PathEscape(file), o)
	} else {
		runs, r, err = g.api.Actions.ListRepositoryWorkflowRuns(ctx, owner, name, o)
	}
	if err != nil {
		return forge.List[forge.Run]{}, wrap(ctx, err)
	}
	list := listed(runs.WorkflowRuns, r, toRun)
	total := runs.GetTotalCount()
	list.Total = &total
	return list, nil
}

func (g *github) GetRun(ctx context.Context, repo string, run int64) (forge.Run, error) {
	owner, name := forge.OwnerName(repo)
	r, _, err := g.api.Actions.GetWorkflowRunByID(ctx, owner, name, run)
	if err != nil {
		return forge.Run{}, wrap(ctx, err)
	}
	return toRun(r), nil
}

func toJob(j *gh.WorkflowJob) forge.Job {
	out := forge.Job{
		ID: j.GetID(), RunID: j.GetRunID(), Name: j.GetName(), URL: j.GetHTMLURL(), Status: state(j.GetStatus(), j.GetConclusion()),
		Attempt: int(j.GetRunAttempt()), Started: at(j.StartedAt), Finished: at(j.CompletedAt), Runner: j.GetRunnerName(),
	}
	for _, s := range j.Steps {
		if s != nil {
			out.Steps = append(out.Steps, forge.Step{
				Number: int(s.GetNumber()), Name: s.GetName(), Status: state(s.GetStatus(), s.GetConclusion()), Started: at(s.StartedAt), Finished: at(s.CompletedAt),
			})
		}
	}
	return out
}

func (g *github) Jobs(ctx context.Context, repo string, run int64) ([]forge.Job, error) {
	owner, name := forge.OwnerName(repo)
	all, err := everything(func(o gh.ListOptions) ([]*gh.WorkflowJob, *gh.Response, error) {
		list, r, err := g.api.Actions.ListWorkflowJobs(ctx, owner, name, run, &gh.ListWorkflowJobsOptions{ListOptions: o})
		if err != nil {
			return nil, r, err
		}
		return list.Jobs, r, nil
	})
	if err != nil {
		return nil, wrap(ctx, err)
	}
	var list []forge.Job
	for _, j := range all {
		list = append(list, toJob(j))
	}
	return list, nil
}

func (g *github) GetJob(ctx context.Context, repo string, job int64) (forge.Job, error) {
	owner, name := forge.OwnerName(repo)
	j, _, err := g.api.Actions.GetWorkflowJobByID(ctx, owner, name, job)
	if err != nil {
		return forge.Job{}, wrap(ctx, err)
	}
	return toJob(j), nil
}

// JobLog follows the redirect to where the log is, without the token, and keeps
// its end.
func (g *github) JobLog(ctx context.Context, repo string, job int64, most int64) (forge.RawLog, error) {
	r := g.request(http.MethodGet, repoPath(repo, "actions/jobs/"+id(job)+"/logs"), nil, nil)
	r.Tail = most
	answer, err := g.http.Do(ctx, r)
	if err != nil {
		return forge.RawLog{}, wrap(ctx, err)
	}
	return forge.RawLog{Text: answer.Body, Skipped: answer.Skipped}, nil
}

// act steers a run or a job; the library takes some of the 202s for errors.
func (g *github) act(ctx context.Context, repo, what string, id64 int64, how string) error {
	return g.write(ctx, http.MethodPost, repoPath(repo, "actions/"+what+"/"+id(id64)+"/"+how), nil, nil)
}

func (g *github) Retry(ctx context.Context, repo string, run int64, failedOnly bool) error {
	if failedOnly {
		return g.act(ctx, repo, "runs", run, "rerun-failed-jobs")
	}
	return g.act(ctx, repo, "runs", run, "rerun")
}

func (g *github) RetryJob(ctx context.Context, repo string, _, job int64) error {
	return g.act(ctx, repo, "jobs", job, "rerun")
}

func (g *github) Cancel(ctx context.Context, repo string, run int64) error {
	return g.act(ctx, repo, "runs", run, "cancel")
}

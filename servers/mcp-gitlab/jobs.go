package main

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// jobPages bounds the jobs of a pipeline.
const jobPages = 20

// reason is why a job failed, if that says more than that its script did.
func reason(status, why string, allowed bool) string {
	switch {
	case status == "manual":
		return "manual: waits to be played"
	case why == "" || why == "script_failure":
		why = ""
	default:
		why = strings.ReplaceAll(why, "_", " ")
	}
	if status == "failed" && allowed {
		why = strings.TrimPrefix(why+", it is allowed to fail", ", ")
	}
	return why
}

func toJob(j *gl.Job) forge.Job {
	if j == nil {
		return forge.Job{}
	}
	out := forge.Job{
		ID: j.ID, RunID: j.Pipeline.ID, Name: j.Name, Stage: j.Stage, URL: j.WebURL, Status: runState(j.Status), Attempt: 1, AllowFailure: j.AllowFailure,
		Started: forge.Value(j.StartedAt), Finished: forge.Value(j.FinishedAt), Runner: cmp.Or(j.Runner.Description, j.Runner.Name), Reason: reason(j.Status, j.FailureReason, j.AllowFailure),
	}
	if j.Status == "manual" && j.AllowFailure {
		out.Status = "skipped" // nothing waits for it
	}
	return out
}

// ownJobs are the jobs of a pipeline itself. Of one that was retried it is the
// last try, with its number.
func (g *gitlab) ownJobs(ctx context.Context, repo string, run int64) ([]forge.Job, error) {
	all, _, err := everything(jobPages, func(o gl.ListOptions) ([]*gl.Job, *gl.Response, error) {
		return g.api.Jobs.ListPipelineJobs(repo, run, &gl.ListJobsOptions{ListOptions: o, IncludeRetried: gl.Ptr(true)}, in(ctx))
	})
	if err != nil {
		return nil, wrap(ctx, err)
	}
	slices.SortStableFunc(all, func(a, b *gl.Job) int { return cmp.Compare(a.ID, b.ID) })
	var list []forge.Job
	place := make(map[string]int)
	for _, j := range all {
		job := toJob(j)
		if i, again := place[j.Name]; again {
			job.Attempt = list[i].Attempt + 1
			list[i] = job
			continue
		}
		place[j.Name] = len(list)
		list = append(list, job)
	}
	return list, nil
}

// bridges are the jobs of a pipeline that start others, the last try of each.
func (g *gitlab) bridges(ctx context.Context, repo string, run int64) ([]*gl.Bridge, error) {
	all, _, err := everything(jobPages, func(o gl.ListOptions) ([]*gl.Bridge, *gl.Response, error) {
		return g.api.Jobs.ListPipelineBridges(repo, run, &gl.ListJobsOptions{ListOptions: o}, in(ctx))
	})
	if status(err) == http.StatusNotFound || status(err) == http.StatusForbidden {
		return nil, nil // before 12.2, or not for us: the pipeline itself says that
	}
	return all, wrap(ctx, err)
}

// childDepth is as deep as GitLab lets pipelines start others.
const childDepth = 2

// Jobs has those of the pipelines that this one started, too: what is red may be
// red there.
func (g *gitlab) Jobs(ctx context.Context, repo string, run int64) ([]forge.Job, error) {
	return g.jobs(ctx, repo, run, childDepth)
}

func (g *gitlab) jobs(ctx context.Context, repo string, run int64, depth int) ([]forge.Job, error) {
	var own []forge.Job
	var bridges []*gl.Bridge
	err := upstream.All(ctx,
		func(ctx context.Context) (err error) { own, err = g.ownJobs(ctx, repo, run); return err },
		func(ctx context.Context) (err error) { bridges, err = g.bridges(ctx, repo, run); return err })
	if err != nil {
		return nil, err
	}
	below := make([][]forge.Job, len(bridges))
	var ask []func(context.Context) error
	for i, b := range bridges {
		if depth == 0 || !sameProject(b) {
			below[i] = []forge.Job{bridgeJob(b, run)}
			continue
		}
		ask = append(ask, func(ctx context.Context) error {
			jobs, err := g.jobs(ctx, repo, b.DownstreamPipeline.ID, depth-1)
			for j := range jobs {
				jobs[j].Name = b.Name + ": " + jobs[j].Name
			}
			if below[i] = jobs; jobs == nil { // it did not come to jobs
				below[i] = []forge.Job{bridgeJob(b, run)}
			}
			return err
		})
	}
	if err := upstream.All(ctx, ask...); err != nil {
		return nil, err
	}
	return slices.Concat(append([][]forge.Job{own}, below...)...), nil
}

func bridgeJob(b *gl.Bridge, run int64) forge.Job {
	return forge.Job{
		ID: b.ID, RunID: run, Name: b.Name, Stage: b.Stage, URL: b.WebURL, Status: runState(b.Status), Attempt: 1, AllowFailure: b.AllowFailure,
		Started: forge.Value(b.StartedAt), Finished: forge.Value(b.FinishedAt), Reason: strings.TrimPrefix(reason(b.Status, b.FailureReason, b.AllowFailure)+"; "+downstream(b), "; "),
	}
}

func (g *gitlab) GetJob(ctx context.Context, repo string, job int64) (forge.Job, error) {
	j, _, err := g.api.Jobs.GetJob(repo, job, in(ctx))
	if err != nil {
		return forge.Job{}, wrap(ctx, err)
	}
	return toJob(j), nil
}

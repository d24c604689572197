package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// runState is a status of a pipeline or a job as the tools have it. What waits
// for somebody, or for its time, is queued.
func runState(status string) string {
	switch status {
	case "success", "running", "skipped":
		return status
	case "failed":
		return "failure"
	case "canceled":
		return "cancelled"
	case "canceling":
		return "running"
	}
	return "queued"
}

// runFilter is a status as GitLab has it. For queued it has several: those are
// found among all.
var runFilter = map[string]gl.BuildStateValue{
	"running": gl.Running, "success": gl.Success, "failure": gl.Failed, "cancelled": gl.Canceled, "skipped": gl.Skipped,
}

// infoRun is what lists have of a pipeline.
func infoRun(p *gl.PipelineInfo) forge.Run {
	if p == nil {
		return forge.Run{}
	}
	return forge.Run{
		ID: p.ID, Number: int(p.IID), Title: p.Name, Event: p.Source, URL: p.WebURL, Branch: p.Ref, SHA: p.SHA, Status: runState(p.Status), Created: forge.Value(p.CreatedAt),
	}
}

func (g *gitlab) ListRuns(ctx context.Context, repo string, f forge.RunFilter, at forge.At) (forge.List[forge.Run], error) {
	o := gl.ListProjectPipelinesOptions{
		ListOptions: options(at), Ref: ptr(f.Ref), Source: ptr(f.Event), Name: ptr(f.Workflow), Username: ptr(f.Actor),
	}
	if forge.IsSHA(f.SHA) {
		o.SHA = &f.SHA
	}
	if s := runFilter[f.Status]; s != "" {
		o.Status = &s
	}
	pipelines, r, err := g.api.Pipelines.ListProjectPipelines(repo, &o, in(ctx))
	if err != nil {
		return forge.List[forge.Run]{}, wrap(ctx, err)
	}
	return listed(pipelines, r, func(p *gl.PipelineInfo) forge.Run {
		run := infoRun(p)
		run.Actor = f.Actor // the list does not say it, and is of this one
		if f.Workflow != "" {
			run.Workflow = run.Title
		}
		return run
	}), nil
}

// PullRuns are the pipelines of a merge request, the newest first. Those that ran
// in a fork are another project's.
func (g *gitlab) PullRuns(ctx context.Context, repo string, number int) ([]forge.Run, error) {
	pipelines, _, err := g.api.MergeRequests.ListMergeRequestPipelines(repo, int64(number), in(ctx))
	if err != nil {
		return nil, wrap(ctx, err)
	}
	m, err := g.mergeRequest(ctx, repo, number)
	if err != nil {
		return nil, err
	}
	var runs []forge.Run
	elsewhere := int64(0)
	for _, p := range pipelines {
		switch {
		case p == nil:
		case p.ProjectID != 0 && m.TargetProjectID != 0 && p.ProjectID != m.TargetProjectID:
			elsewhere = p.ProjectID
		default:
			runs = append(runs, infoRun(p))
		}
	}
	if runs == nil && elsewhere != 0 {
		return nil, kit.Errorf(kit.NotFound, "the pipelines of merge request %d ran in the fork it comes from", number).WithHint("ask with repo=%d and ref=%s", elsewhere, m.SourceBranch)
	}
	slices.SortStableFunc(runs, func(a, b forge.Run) int { return cmp.Compare(b.ID, a.ID) })
	return runs, nil
}

// GetRun names the pipelines that it started in the same project.
func (g *gitlab) GetRun(ctx context.Context, repo string, run int64) (forge.Run, error) {
	var out forge.Run
	var bridges []*gl.Bridge
	err := upstream.All(ctx, func(ctx context.Context) error {
		p, _, err := g.api.Pipelines.GetPipeline(repo, run, in(ctx))
		if err != nil {
			return wrap(ctx, err)
		}
		out = forge.Run{
			ID: p.ID, Number: int(p.IID), Title: p.Name, Event: string(p.Source), Actor: login(p.User), URL: p.WebURL, Branch: p.Ref, SHA: p.SHA,
			Status: runState(p.Status), Created: forge.Value(p.CreatedAt), Started: forge.Value(p.StartedAt), Finished: forge.Value(p.FinishedAt),
		}
		if p.YamlErrors != "" {
			out.Title = strings.TrimSpace(out.Title + " (its configuration is wrong: " + p.YamlErrors + ")")
		}
		return nil
	}, func(ctx context.Context) (err error) {
		bridges, err = g.bridges(ctx, repo, run)
		return err
	})
	for _, b := range bridges {
		if down := b.DownstreamPipeline; down != nil && sameProject(b) {
			out.Children = append(out.Children, down.ID)
		}
	}
	return out, err
}

// StartRun takes the inputs for variables. GitLab has one pipeline for a project:
// a workflow can only be its configuration.
func (g *gitlab) StartRun(ctx context.Context, repo, workflow, ref string, inputs map[string]string) (int64, error) {
	if workflow != "" {
		p, err := g.project(ctx, repo)
		if err != nil {
			return 0, err
		}
		file := p.CIConfigPath
		if file == "" {
			file = ciFile
		}
		if path.Base(workflow) != path.Base(file) {
			return 0, kit.Errorf(kit.InvalidArgument, "workflow: the one of %s is %s, and not %s", repo, file, workflow).WithHint("leave workflow out; inputs are its variables")
		}
	}
	o := gl.CreatePipelineOptions{Ref: &ref}
	var variables []*gl.PipelineVariableOptions
	for _, key := range slices.Sorted(maps.Keys(inputs)) {
		variables = append(variables, &gl.PipelineVariableOptions{Key: gl.Ptr(key), Value: gl.Ptr(inputs[key])})
	}
	if variables != nil {
		o.Variables = &variables
	}
	p, _, err := g.api.Pipelines.CreatePipeline(repo, &o, in(ctx))
	if err != nil {
		return 0, wrap(ctx, err)
	}
	return p.ID, nil
}

// Retry is of jobs that failed or were cancelled: others GitLab does not run again.
func (g *gitlab) Retry(ctx context.Context, repo string, run int64, failedOnly bool) error {
	if !failedOnly {
		p, err := g.GetRun(ctx, repo, run)
		if err != nil {
			return err
		}
		if p.Status == "success" {
			return kit.Errorf(kit.FailedPrecondition, "the pipeline is green, and GitLab runs only jobs again that failed or were cancelled").
				WithHint("run_pipeline repo=%s ref=%s runs all; action=retry with job_id runs one job again", repo, p.Branch)
		}
	}
	_, _, err := g.api.Pipelines.RetryPipelineBuild(repo, run, in(ctx))
	return wrap(ctx, err)
}

func (g *gitlab) RetryJob(ctx context.Context, repo string, _, job int64) error {
	_, _, err := g.api.Jobs.RetryJob(repo, job, in(ctx))
	return wrap(ctx, err)
}

// PlayJob starts one that is manual.
func (g *gitlab) PlayJob(ctx context.Context, repo string, job int64) error {
	_, _, err := g.api.Jobs.PlayJob(repo, job, &gl.PlayJobOptions{}, in(ctx))
	return wrap(ctx, err)
}

func (g *gitlab) Cancel(ctx context.Context, repo string, run int64) error {
	_, _, err := g.api.Pipelines.CancelPipelineBuild(repo, run, in(ctx))
	return wrap(ctx, err)
}

// downstream says which pipeline a job started.
func downstream(b *gl.Bridge) string {
	if b.DownstreamPipeline == nil {
		return "starts another pipeline"
	}
	text := fmt.Sprintf("pipeline %d", b.DownstreamPipeline.ID)
	if !sameProject(b) {
		text += " of project " + strconv.FormatInt(b.DownstreamPipeline.ProjectID, 10)
	}
	return text + " is " + b.DownstreamPipeline.Status
}

func sameProject(b *gl.Bridge) bool {
	return b.DownstreamPipeline != nil && (b.DownstreamPipeline.ProjectID == 0 || b.Pipeline.ProjectID == 0 || b.DownstreamPipeline.ProjectID == b.Pipeline.ProjectID)
}

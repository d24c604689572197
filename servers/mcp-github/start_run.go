package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
)

const (
	startTries = 6
	startPause = time.Second
)

// StartRun says which run it made where the server can be asked: an Enterprise
// Server, up to 3.19 at least, refuses the question. There the run is the one
// that was not there before.
func (g *github) StartRun(ctx context.Context, repo, workflow, ref string, inputs map[string]string) (int64, error) {
	file := workflow[strings.LastIndexByte(workflow, '/')+1:]
	path := repoPath(repo, "actions/workflows/"+url.PathEscape(file)+"/dispatches")
	body := map[string]any{"ref": ref}
	if len(inputs) > 0 {
		body["inputs"] = inputs
	}
	if g.rest == "" {
		var made gh.WorkflowDispatchRunDetails
		body["return_run_details"] = true
		err := g.write(ctx, http.MethodPost, path, body, &made)
		return made.GetWorkflowRunID(), err
	}
	before, err := g.newestRun(ctx, repo, file)
	if err != nil {
		return 0, err
	}
	if err := g.write(ctx, http.MethodPost, path, body, nil); err != nil {
		return 0, err
	}
	for range startTries {
		if now, err := g.newestRun(ctx, repo, file); err == nil && now > before {
			return now, nil
		}
		timer := time.NewTimer(startPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return 0, nil // it was asked for all the same
		}
	}
	return 0, nil
}

// newestRun is the newest of a workflow that was started by hand, 0 for none.
func (g *github) newestRun(ctx context.Context, repo, file string) (int64, error) {
	owner, name := forge.OwnerName(repo)
	o := &gh.ListWorkflowRunsOptions{Event: "workflow_dispatch", ListOptions: gh.ListOptions{PerPage: 1}}
	runs, _, err := g.api.Actions.ListWorkflowRunsByFileName(ctx, owner, name, url.PathEscape(file), o)
	if err != nil || len(runs.WorkflowRuns) == 0 {
		return 0, wrap(ctx, err)
	}
	return runs.WorkflowRuns[0].GetID(), nil
}

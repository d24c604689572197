package github

import (
	"net/http"
	"strconv"
	"strings"
)

func (c *call) dispatch() reply {
	var in struct {
		Ref    string
		Return bool `json:"return_run_details"`
	}
	c.decode(&in)
	path := c.repo.workflowPath(c.args["workflow_id"])
	ref := strings.TrimPrefix(in.Ref, "refs/heads/")
	sha := c.repo.git.resolve(ref)
	if path == "" {
		return notFound()
	}
	if sha == "" {
		return unprocessable("No ref found for: " + in.Ref)
	}
	text, _ := c.repo.git.run("cat-file", "blob", sha+":"+path)
	if !strings.Contains(text, "workflow_dispatch") {
		return unprocessable("Workflow does not have 'workflow_dispatch' trigger")
	}
	one := c.repo.queue(path, text, ref, sha, "workflow_dispatch", c.me)
	if in.Return {
		id := strconv.FormatInt(one.id, 10)
		return ok(obj{"workflow_run_id": one.id, "run_url": c.at("/actions/runs/" + id), "html_url": c.html + "/" + c.repo.full() + "/actions/runs/" + id})
	}
	return done()
}

func (c *call) rerun() reply {
	one := c.repo.run(c.args["run_id"])
	switch {
	case one == nil:
		return notFound()
	case one.status != "completed":
		return failed(http.StatusForbidden, "This workflow is already running")
	}
	c.repo.begin(one)
	return created(obj{})
}

func (c *call) rerunJob() reply {
	one, j := c.findJob()
	switch {
	case j == nil:
		return notFound()
	case one.status != "completed":
		return failed(http.StatusForbidden, "The workflow run containing this job is already running")
	}
	c.repo.begin(one)
	return created(obj{})
}

func (c *call) cancel() reply {
	one := c.repo.run(c.args["run_id"])
	switch {
	case one == nil:
		return notFound()
	case one.status == "completed":
		return failed(http.StatusConflict, "Cannot cancel a workflow run that is completed.")
	}
	c.repo.finish(one, "cancelled")
	return reply{status: http.StatusAccepted, value: obj{}}
}

func (r *repo) finish(one *run, conclusion string) {
	j := one.jobs[len(one.jobs)-1]
	one.status, one.conclusion, one.completed = "completed", conclusion, r.h.tick()
	j.status, j.conclusion, j.finished = "completed", conclusion, one.completed
}

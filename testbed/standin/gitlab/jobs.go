package gitlab

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

type job struct {
	id                        int
	of                        *pipeline
	name, stage, status       string
	reason                    string // why it failed
	allowed, retried          bool
	created, started, stopped time.Time
	trace                     []byte
	cases                     []TestCase
}

// TestCase is one of a report. Status: success, failed, skipped, error.
type TestCase struct{ Class, Name, Status, Output string }

func (j *job) done() bool {
	return slices.Contains([]string{"success", "failed", "canceled", "skipped"}, j.status)
}

func (j *job) cancel(at time.Time) { j.status, j.stopped = "canceled", at }

func (g *GitLab) jobView(j *job) obj {
	out := obj{
		"id": j.id, "status": j.status, "stage": j.stage, "name": j.name, "ref": j.of.ref, "tag": j.of.tag, "coverage": nil, "allow_failure": j.allowed, "created_at": stamp(j.created), "started_at": stamp(j.started),
		"finished_at": stamp(j.stopped), "erased_at": nil, "duration": nil, "queued_duration": nil, "user": g.brief(j.of.by), "commit": g.commitView(j.of.of, j.of.sha), "pipeline": g.pipelineView(j.of),
		"web_url": g.URL + "/" + j.of.of.path + "/-/jobs/" + strconv.Itoa(j.id), "project": obj{"ci_job_token_scope_enabled": false}, "artifacts": []any{}, "runner": nil, "runner_manager": nil,
		"artifacts_expire_at": nil, "archived": false, "tag_list": []string{}, "source": j.of.source,
	}
	if j.status == "failed" {
		out["failure_reason"] = j.reason
	}
	if !j.started.IsZero() {
		out["runner"] = obj{"id": 1, "description": "stand-in", "ip_address": nil, "active": true, "paused": false, "is_shared": true, "runner_type": "instance_type", "name": nil, "online": true, "status": "online"}
		out["queued_duration"] = 1.5
	}
	if !j.stopped.IsZero() && !j.started.IsZero() {
		out["duration"] = j.stopped.Sub(j.started).Seconds()
	}
	return out
}

func (c *call) jobs(list []*job) (any, error) {
	if scope := c.strs("scope"); len(scope) > 0 {
		list = slices.DeleteFunc(list, func(j *job) bool { return !slices.Contains(scope, j.status) })
	}
	slices.SortStableFunc(list, func(a, b *job) int { return b.id - a.id })
	return paged(c, list, c.jobView)
}

// ofJob is a handler of one job.
func ofJob(h func(*call, *project, *job) (any, error)) handler {
	return of(func(c *call, p *project) (any, error) {
		for _, l := range p.every() {
			for _, j := range l.jobs {
				if j.id == c.int("job_id") {
					return h(c, p, j)
				}
			}
		}
		return nil, &problem{http.StatusNotFound, obj{"message": "404 Not found"}}
	})
}

// again makes a new job in place of one.
func (c *call) again(j *job) *job {
	next := &job{id: c.id(), of: j.of, name: j.name, stage: j.stage, status: "pending", allowed: j.allowed, created: c.tick()}
	j.retried = true
	j.of.jobs = append(j.of.jobs, next)
	j.of.updated, j.of.stopped = c.now, time.Time{}
	return next
}

func retryJob(c *call, _ *project, j *job) (any, error) {
	if !j.done() || j.retried {
		return nil, forbidden()
	}
	return c.jobView(c.again(j)), nil
}

func cancelJob(c *call, _ *project, j *job) (any, error) {
	if j.done() {
		return nil, forbidden()
	}
	j.cancel(c.tick())
	return c.jobView(j), nil
}

func playJob(c *call, _ *project, j *job) (any, error) {
	if j.status != "manual" {
		return nil, &problem{http.StatusBadRequest, obj{"message": "400 Bad request - Unplayable Job"}}
	}
	j.status, c.status = "pending", http.StatusOK
	return c.jobView(j), nil
}

var jobRoutes = routes{
	"GET /projects/{id}/jobs": of(func(c *call, p *project) (any, error) {
		var list []*job
		for _, l := range p.pipelines {
			list = append(list, l.current()...)
		}
		return c.jobs(list)
	}),
	"GET /projects/{id}/jobs/{job_id}": ofJob(func(c *call, _ *project, j *job) (any, error) { return c.jobView(j), nil }),
	"GET /projects/{id}/jobs/{job_id}/trace": ofJob(func(_ *call, _ *project, j *job) (any, error) {
		return raw{"text/plain", j.trace}, nil
	}),
	"POST /projects/{id}/jobs/{job_id}/retry":  ofJob(retryJob),
	"POST /projects/{id}/jobs/{job_id}/cancel": ofJob(cancelJob),
	"POST /projects/{id}/jobs/{job_id}/play":   ofJob(playJob),
}

package gitlab

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

type pipeline struct {
	id, iid                            int
	of                                 *project
	sha, ref, source, name             string
	tag                                bool
	by                                 *user
	created, updated, started, stopped time.Time
	jobs                               []*job // the newest of each name, and those it was tried again
	bridges                            []*bridge
	variables                          []obj
}

// bridge starts a pipeline of its own.
type bridge struct {
	*job
	child *pipeline
}

// status is what the jobs make of it.
func (l *pipeline) status() string {
	seen := map[string]bool{}
	for _, j := range l.current() {
		status := j.status
		if j.allowed && status == "failed" {
			status = "success"
		}
		seen[status] = true
	}
	for _, b := range l.bridges {
		seen[b.status] = true
	}
	switch {
	case seen["running"]:
		return "running"
	case seen["pending"], seen["created"]:
		return "pending"
	case seen["failed"]:
		return "failed"
	case seen["canceled"]:
		return "canceled"
	case seen["success"]:
		return "success"
	case seen["manual"]:
		return "manual"
	}
	return "skipped"
}

// every is a pipeline of the project, those that others started too.
func (p *project) every() []*pipeline { return slices.Concat(p.pipelines, p.children) }

// current are the jobs without those that were tried again.
func (l *pipeline) current() []*job {
	return slices.DeleteFunc(slices.Clone(l.jobs), func(j *job) bool { return j.retried })
}

func (g *GitLab) pipelineView(l *pipeline) obj {
	out := obj{"id": l.id, "iid": l.iid, "project_id": l.of.id, "sha": l.sha, "ref": l.ref, "status": l.status(), "source": l.source, "created_at": stamp(l.created), "updated_at": stamp(l.updated),
		"web_url": g.URL + "/" + l.of.path + "/-/pipelines/" + strconv.Itoa(l.id), "name": nil}
	if l.name != "" {
		out["name"] = l.name
	}
	return out
}

func (g *GitLab) fullPipeline(l *pipeline) obj {
	out := g.pipelineView(l)
	var took any
	if !l.stopped.IsZero() {
		took = int(l.stopped.Sub(l.started) / time.Second)
	}
	for name, value := range (obj{"before_sha": g.commitInfo(l.sha).parent(), "tag": l.tag, "yaml_errors": nil, "user": g.brief(l.by), "started_at": stamp(l.started), "finished_at": stamp(l.stopped), "committed_at": nil,
		"duration": took, "queued_duration": 1, "coverage": nil, "archived": false, "detailed_status": obj{"icon": "status_" + l.status(), "text": l.status(), "label": l.status(), "group": l.status()}}) {
		out[name] = value
	}
	return out
}

// pipelineOf makes one of a commit, if the commit has a configuration with jobs.
func (g *GitLab) pipelineOf(p *project, ref, sha, source string, by *user) *pipeline {
	content, _, ok := g.store.blob(sha, ".gitlab-ci.yml")
	if !ok {
		return nil
	}
	config, problems := parseConfig(content)
	if len(problems) > 0 || len(config.jobs) == 0 {
		return nil
	}
	at := g.tick()
	l := &pipeline{id: g.id(), iid: len(p.every()) + 1, of: p, sha: sha, ref: ref, tag: p.tags[ref] != "" && p.branches[ref] == "", source: source, by: by, created: at, updated: at, name: config.name}
	for _, one := range config.jobs {
		j := &job{id: g.id(), of: l, name: one.name, stage: one.stage, status: "pending", allowed: one.allowed, created: at}
		if one.manual {
			j.status, j.allowed = "manual", true
		}
		if one.child {
			j.status = "success"
			child := &pipeline{id: g.id(), iid: len(p.every()) + 2, of: p, sha: sha, ref: ref, source: "parent_pipeline", by: by, created: at, updated: at}
			child.jobs = []*job{{id: g.id(), of: child, name: one.name + "-child", stage: "test", status: "pending", created: at}}
			l.bridges = append(l.bridges, &bridge{j, child})
			p.children = append(p.children, child)
			continue
		}
		l.jobs = append(l.jobs, j)
	}
	p.pipelines = append(p.pipelines, l)
	return l
}

func listPipelines(c *call, p *project) (any, error) {
	if err := c.oneOf("status", "created", "waiting_for_resource", "preparing", "waiting_for_callback", "pending", "running", "success", "failed", "canceling", "canceled", "skipped", "manual", "scheduled"); err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(p.every(), func(l *pipeline) bool {
		not := func(name, value string) bool { return c.str(name) != "" && c.str(name) != value }
		scope := c.str("scope")
		return not("ref", l.ref) || not("sha", l.sha) || not("status", l.status()) || not("source", l.source) || not("username", l.by.username) || not("name", l.name) ||
			!c.has("source") && l.source == "parent_pipeline" ||
			scope == "running" && l.status() != "running" || scope == "pending" && l.status() != "pending" || scope == "finished" && l.stopped.IsZero() || scope == "tags" && !l.tag
	})
	slices.SortStableFunc(list, func(a, b *pipeline) int { return b.id - a.id })
	if c.str("sort") == "asc" {
		slices.Reverse(list)
	}
	return paged(c, list, c.pipelineView)
}

// ofPipeline is a handler of one pipeline.
func ofPipeline(h func(*call, *project, *pipeline) (any, error)) handler {
	return of(func(c *call, p *project) (any, error) {
		for _, l := range p.every() {
			if l.id == c.int("pipeline_id") {
				return h(c, p, l)
			}
		}
		return nil, &problem{http.StatusNotFound, obj{"message": "404 Not found"}}
	})
}

func latest(c *call, p *project) (any, error) {
	ref := c.str("ref")
	if ref == "" {
		ref = p.head
	}
	for _, l := range slices.Backward(p.pipelines) {
		if l.ref == ref && l.sha == c.resolve(p, ref) {
			return c.fullPipeline(l), nil
		}
	}
	return nil, forbidden() // and no 404: GitLab asks whether nothing may be read
}

func createPipeline(c *call, p *project) (any, error) {
	if err := c.need("ref"); err != nil {
		return nil, err
	}
	ref := c.str("ref")
	sha := c.resolve(p, ref)
	if sha == "" || p.branches[ref] == "" && p.tags[ref] == "" {
		return nil, &problem{http.StatusBadRequest, obj{"message": obj{"base": []string{"Reference not found"}}}}
	}
	if _, _, ok := c.store.blob(sha, ".gitlab-ci.yml"); !ok {
		return nil, &problem{http.StatusBadRequest, obj{"message": obj{"base": []string{"Missing CI config file"}}}}
	}
	l := c.pipelineOf(p, ref, sha, "api", c.me)
	if l == nil {
		return nil, &problem{http.StatusBadRequest, obj{"message": obj{"base": []string{"The resulting pipeline would have been empty. Review the rules configuration for the relevant jobs."}}}}
	}
	list, _ := c.params["variables"].([]any)
	for _, one := range list {
		v, _ := one.(map[string]any)
		l.variables = append(l.variables, obj{"key": text(v["key"]), "variable_type": "env_var", "value": text(v["value"]), "raw": false})
	}
	return c.fullPipeline(l), nil
}

// retryPipeline makes new jobs in place of those that did not pass.
func retryPipeline(c *call, _ *project, l *pipeline) (any, error) {
	for _, j := range l.current() {
		if j.status == "failed" || j.status == "canceled" {
			c.again(j)
		}
	}
	return c.fullPipeline(l), nil
}

func cancelPipeline(c *call, _ *project, l *pipeline) (any, error) {
	for _, j := range l.current() {
		if !j.done() {
			j.cancel(c.tick())
		}
	}
	c.status, l.updated = http.StatusOK, c.now
	return c.fullPipeline(l), nil
}

var pipelineRoutes = routes{
	"GET /projects/{id}/pipelines":                       of(listPipelines),
	"GET /projects/{id}/pipelines/latest":                of(latest),
	"POST /projects/{id}/pipeline":                       of(createPipeline),
	"GET /projects/{id}/pipelines/{pipeline_id}":         ofPipeline(func(c *call, _ *project, l *pipeline) (any, error) { return c.fullPipeline(l), nil }),
	"POST /projects/{id}/pipelines/{pipeline_id}/retry":  ofPipeline(retryPipeline),
	"POST /projects/{id}/pipelines/{pipeline_id}/cancel": ofPipeline(cancelPipeline),
	"GET /projects/{id}/pipelines/{pipeline_id}/variables": ofPipeline(func(_ *call, _ *project, l *pipeline) (any, error) {
		return append([]obj{}, l.variables...), nil
	}),
	"GET /projects/{id}/pipelines/{pipeline_id}/jobs": ofPipeline(func(c *call, _ *project, l *pipeline) (any, error) {
		list := l.current()
		if c.bool("include_retried") {
			list = slices.Clone(l.jobs)
		}
		return c.jobs(list)
	}),
	"GET /projects/{id}/pipelines/{pipeline_id}/bridges": ofPipeline(func(c *call, _ *project, l *pipeline) (any, error) {
		return paged(c, l.bridges, func(b *bridge) obj {
			out := c.jobView(b.job)
			out["downstream_pipeline"] = c.pipelineView(b.child)
			return out
		})
	}),
	"GET /projects/{id}/pipelines/{pipeline_id}/test_report": ofPipeline(testReport),
}

// Child is the pipeline that a bridge of another started, 0 if there is none.
func (g *GitLab) Child(path string, id int64) int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.find(path).pipelines {
		if int64(l.id) == id && len(l.bridges) > 0 {
			return int64(l.bridges[0].child.id)
		}
	}
	return 0
}

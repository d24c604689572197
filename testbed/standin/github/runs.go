package github

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// run is a run of a workflow, with one job for each attempt.
type run struct {
	id, workflow                int64
	number                      int
	path, name, branch, sha     string
	event, actor, title         string
	status, conclusion          string // queued, in_progress or completed; and how it went
	created, started, completed time.Time
	jobs                        []*job // the last is that of this attempt
}

type job struct {
	id                int64
	attempt           int
	status            string
	conclusion        string
	started, finished time.Time
	steps             []obj
	log               string
}

func (j *run) attempt() int { return max(1, len(j.jobs)) }

const workflows = ".github/workflows/"

// trigger queues a run for each workflow that a push to a branch starts.
func (r *repo) trigger(branch, sha string) {
	for _, path := range r.git.list("ls-tree", "--name-only", sha, workflows) {
		text, _ := r.git.run("cat-file", "blob", sha+":"+path)
		if strings.Contains(text, "push") {
			r.queue(path, text, branch, sha, "push", r.read(sha).name)
		}
	}
}

func (r *repo) queue(path, text, branch, sha, event, actor string) *run {
	name := path
	for line := range strings.SplitSeq(text, "\n") {
		if v, ok := strings.CutPrefix(line, "name:"); ok {
			name = strings.TrimSpace(v)
		}
	}
	title, _, _ := strings.Cut(r.read(sha).message, "\n")
	if event != "push" {
		title = name
	}
	one := &run{id: r.h.id(), workflow: r.workflowID(path), number: len(r.runs) + 1, path: path, name: name, branch: branch, sha: sha, event: event, actor: actor, title: title, status: "queued", created: r.h.tick()}
	one.started = one.created
	r.runs = append(r.runs, one)
	r.begin(one)
	return one
}

// begin queues the job of the next attempt.
func (r *repo) begin(one *run) {
	one.status, one.conclusion, one.started = "queued", "", r.h.tick()
	one.jobs = append(one.jobs, &job{id: r.h.id(), attempt: len(one.jobs) + 1, status: "queued", started: one.started})
}

// workflowID is the same for the same path.
func (r *repo) workflowID(path string) int64 {
	sum := r.id
	for _, c := range path {
		sum = sum*31 + int64(c)
	}
	return sum & 0xffffff
}

func (r *repo) run(id string) *run {
	i := slices.IndexFunc(r.runs, func(one *run) bool { return strconv.FormatInt(one.id, 10) == id })
	if i < 0 {
		return nil
	}
	return r.runs[i]
}

func (c *call) listRuns() reply {
	q := c.query
	var all []*run
	for _, one := range slices.Backward(c.repo.runs) {
		id := c.args["workflow_id"]
		if (id == "" || id == strconv.FormatInt(one.workflow, 10) || workflows+id == one.path) &&
			(q.Get("branch") == "" || q.Get("branch") == one.branch) && (q.Get("event") == "" || q.Get("event") == one.event) &&
			(q.Get("head_sha") == "" || q.Get("head_sha") == one.sha) && (q.Get("actor") == "" || q.Get("actor") == one.actor) &&
			(q.Get("status") == "" || q.Get("status") == one.status || q.Get("status") == one.conclusion) {
			all = append(all, one)
		}
	}
	if id := c.args["workflow_id"]; id != "" && c.repo.workflowPath(id) == "" {
		return notFound()
	}
	return counted(c, "workflow_runs", all, c.run)
}

func (c *call) run(one *run) any {
	id := strconv.FormatInt(one.id, 10)
	url := c.at("/actions/runs/" + id)
	head := c.repo.read(one.sha)
	updated := one.started
	if !one.completed.IsZero() {
		updated = one.completed
	}
	return obj{
		"id": one.id, "node_id": "WFR_" + id, "name": one.name, "display_title": one.title, "path": one.path, "run_number": one.number, "run_attempt": one.attempt(), "event": one.event, "status": one.status,
		"conclusion": text(one.conclusion), "workflow_id": one.workflow, "head_branch": one.branch, "head_sha": one.sha, "actor": c.h.user(one.actor), "triggering_actor": c.h.user(one.actor),
		"created_at": stamp(one.created), "updated_at": stamp(updated), "run_started_at": stamp(one.started), "pull_requests": []any{}, "referenced_workflows": []any{},
		"url": url, "html_url": c.html + "/" + c.repo.full() + "/actions/runs/" + id, "jobs_url": url + "/jobs", "logs_url": url + "/logs", "cancel_url": url + "/cancel", "rerun_url": url + "/rerun", "artifacts_url": url + "/artifacts",
		"check_suite_url": c.at("/check-suites/" + id), "check_suite_id": one.id, "workflow_url": c.at("/actions/workflows/" + strconv.FormatInt(one.workflow, 10)), "previous_attempt_url": nil,
		"head_commit": obj{"id": one.sha, "tree_id": head.tree, "message": head.message, "timestamp": stamp(head.date), "author": obj{"name": head.name, "email": head.email}, "committer": obj{"name": head.name, "email": head.email}},
		"repository":  c.minimal(), "head_repository": c.minimal(),
	}
}

// minimal is the repository as it is in other things.
func (c *call) minimal() obj {
	out := c.repo.json(c)
	delete(out, "visibility")
	return out
}

func (c *call) getRun() reply {
	if one := c.repo.run(c.args["run_id"]); one != nil {
		return ok(c.run(one))
	}
	return notFound()
}

func (c *call) listJobs() reply {
	one := c.repo.run(c.args["run_id"])
	if one == nil {
		return notFound()
	}
	all := one.jobs[len(one.jobs)-1:]
	if c.query.Get("filter") == "all" {
		all = one.jobs
	}
	return counted(c, "jobs", all, func(j *job) any { return c.job(one, j) })
}

func (c *call) job(one *run, j *job) any {
	id := strconv.FormatInt(j.id, 10)
	run := strconv.FormatInt(one.id, 10)
	return obj{
		"id": j.id, "node_id": "CR_" + id, "run_id": one.id, "run_attempt": j.attempt, "run_url": c.at("/actions/runs/" + run), "head_sha": one.sha, "head_branch": one.branch, "workflow_name": one.name, "name": "test",
		"status": j.status, "conclusion": text(j.conclusion), "created_at": stamp(one.created), "started_at": stamp(j.started), "completed_at": stamp(j.finished), "steps": each(j.steps, func(s obj) any { return s }), "labels": []string{"ubuntu-latest"},
		"url": c.at("/actions/jobs/" + id), "html_url": c.html + "/" + c.repo.full() + "/actions/runs/" + run + "/job/" + id, "check_run_url": c.at("/check-runs/" + id),
		"runner_id": 1, "runner_name": "GitHub Actions 1", "runner_group_id": 1, "runner_group_name": "GitHub Actions",
	}
}

func (c *call) findJob() (*run, *job) {
	for _, one := range c.repo.runs {
		for _, j := range one.jobs {
			if strconv.FormatInt(j.id, 10) == c.args["job_id"] {
				return one, j
			}
		}
	}
	return nil, nil
}

func (c *call) getJob() reply {
	if one, j := c.findJob(); j != nil {
		return ok(c.job(one, j))
	}
	return notFound()
}

// workflowPath is that of an id or the name of a file, empty if there is none on
// the default branch.
func (r *repo) workflowPath(id string) string {
	for _, path := range r.git.list("ls-tree", "--name-only", r.branch, workflows) {
		if workflows+id == path || strconv.FormatInt(r.workflowID(path), 10) == id {
			return path
		}
	}
	return ""
}

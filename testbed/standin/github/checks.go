package github

import (
	"slices"
	"strconv"
)

// listCheckRuns has a check for each run of the commit.
func (c *call) listCheckRuns() reply {
	sha := c.repo.git.resolve(c.args["ref"])
	if sha == "" {
		return unprocessable("No commit found for SHA: " + c.args["ref"])
	}
	type check struct {
		one *run
		j   *job
	}
	var all []check
	for _, one := range slices.Backward(c.repo.runs) {
		if one.sha == sha {
			all = append(all, check{one, one.jobs[len(one.jobs)-1]})
		}
	}
	return counted(c, "check_runs", all, func(k check) any {
		id := strconv.FormatInt(k.j.id, 10)
		html := c.html + "/" + c.repo.full() + "/actions/runs/" + strconv.FormatInt(k.one.id, 10) + "/job/" + id
		return obj{
			"id": k.j.id, "node_id": "CR_" + id, "name": "test", "head_sha": sha, "external_id": id, "status": k.j.status, "conclusion": text(k.j.conclusion), "started_at": stamp(k.j.started), "completed_at": stamp(k.j.finished),
			"url": c.at("/check-runs/" + id), "html_url": html, "details_url": html, "check_suite": obj{"id": k.one.id}, "app": nil, "pull_requests": []any{},
			"output": obj{"title": nil, "summary": nil, "text": nil, "annotations_count": 0, "annotations_url": c.at("/check-runs/" + id + "/annotations")},
		}
	})
}

// Status gives a commit a status, as CI that is no app does.
func (h *Hub) Status(repo, sha, context, state, description string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.repo(repo)
	at := stamp(h.tick())
	r.statuses[sha] = append([]obj{{"id": h.id(), "node_id": "SC", "context": context, "state": state, "description": text(description), "target_url": "https://ci.test/" + context,
		"created_at": at, "updated_at": at, "url": "https://api.github.test/statuses/" + sha, "avatar_url": nil}}, r.statuses[sha]...)
}

func (c *call) combinedStatus() reply {
	sha := c.repo.git.resolve(c.args["ref"])
	if sha == "" {
		return notFound()
	}
	var newest []obj
	for _, s := range c.repo.statuses[sha] {
		if !slices.ContainsFunc(newest, func(o obj) bool { return o["context"] == s["context"] }) {
			newest = append(newest, s)
		}
	}
	state := "pending"
	for i, s := range newest {
		switch {
		case s["state"] == "failure" || s["state"] == "error":
			state = "failure"
		case s["state"] == "success" && i == 0:
			state = "success"
		case s["state"] == "pending" && state == "success":
			state = "pending"
		}
	}
	return page(c, newest, func(part []obj) any {
		return obj{"state": state, "sha": sha, "total_count": len(newest), "statuses": each(part, func(o obj) any { return o }), "repository": c.minimal(),
			"commit_url": c.at("/commits/" + sha), "url": c.at("/commits/" + sha + "/status")}
	})
}

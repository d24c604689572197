package gitlab

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// merge is a merge request.
type merge struct {
	thing
	source        *project
	from, into    string
	headNow, base string // once it is merged or closed they stay
	reviewers     []*reviewing
	approvals     []*approval
	drafts        []*draft
	squash        bool
	removeSource  bool
	merged        time.Time
	mergedBy      *user
	mergeSHA      string
	squashSHA     string
	looks         int
}

func (g *GitLab) mergeURL(m *merge) string {
	return g.URL + "/" + m.of.path + "/-/merge_requests/" + strconv.Itoa(m.iid)
}

func (m *merge) draft() bool {
	low := strings.ToLower(m.title)
	return strings.HasPrefix(low, "draft:") || strings.HasPrefix(low, "[draft]") || strings.HasPrefix(low, "(draft)")
}

// head is the newest commit of the source branch, empty if that does not exist.
func (m *merge) head() string {
	if m.state == "opened" {
		if sha := m.source.branches[m.from]; sha != "" {
			m.headNow = sha
		}
	}
	return m.headNow
}

// refs are the commits of its diff: where the branches parted, the target as it
// was then, the head.
func (m *merge) refs(g *GitLab) (base, start, head string) {
	head = m.head()
	if m.state == "opened" && head != "" && m.of.branches[m.into] != "" {
		m.base = g.store.base(m.of.branches[m.into], head)
	}
	return m.base, m.base, head
}

func (m *merge) changes(g *GitLab) ([]change, error) {
	base, _, head := m.refs(g)
	if base == "" || head == "" {
		return nil, nil
	}
	patch, err := g.store.patch(base, head)
	return changes(patch), err
}

// commits are those of the source branch alone, the newest first.
func (m *merge) commits(g *GitLab) ([]commitInfo, error) {
	base, _, head := m.refs(g)
	if base == "" || head == "" {
		return nil, nil
	}
	return g.history(base + ".." + head)
}

// moved is after a push to the source branch.
func (g *GitLab) moved(m *merge, before string) {
	at := g.tick()
	m.updated, m.looks = at, g.switches.Looks
	for _, d := range m.discussions {
		for _, n := range d.notes {
			if n.at != nil {
				n.at.follow(g, m)
			}
		}
	}
	if list, err := g.history(before + ".." + m.head()); err == nil && before != "" {
		d := (&call{GitLab: g, me: m.author}).say(&m.thing, m.author, fmt.Sprintf("added %d commits", len(list)), true)
		d.notes[0].system = true
	}
	m.approvals = slices.DeleteFunc(m.approvals, func(a *approval) bool { return m.of.resets })
}

func (g *GitLab) mergeView(m *merge) obj {
	out := g.view(&m.thing, "!")
	old, status := g.mergeStatus(m)
	reviewers := []*user{}
	for _, r := range m.reviewers {
		reviewers = append(reviewers, r.of)
	}
	sha := any(nil)
	if m.head() != "" {
		sha = m.head()
	}
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	for name, value := range (obj{
		"source_branch": m.from, "target_branch": m.into, "source_project_id": m.source.id, "target_project_id": m.of.id, "draft": m.draft(), "work_in_progress": m.draft(), "sha": sha,
		"reviewers": g.people(reviewers), "merged_by": g.brief(m.mergedBy), "merge_user": g.brief(m.mergedBy), "merged_at": stamp(m.merged), "merge_commit_sha": text(m.mergeSHA), "squash_commit_sha": text(m.squashSHA),
		"merge_status": old, "has_conflicts": status == "conflict", "squash": m.squash, "squash_on_merge": m.squash, "should_remove_source_branch": nil, "force_remove_source_branch": m.removeSource,
		"merge_when_pipeline_succeeds": false, "reference": "!" + strconv.Itoa(m.iid), "web_url": g.mergeURL(m), "blocking_discussions_resolved": !slices.ContainsFunc(m.discussions, (*discussion).open),
		"prepared_at": stamp(m.created), "approvals_before_merge": nil, "merge_after": nil,
	}) {
		out[name] = value
	}
	if g.switches.since(15, 6) {
		out["detailed_merge_status"] = status
	}
	return out
}

// fullMerge is a merge request alone.
func (g *GitLab) fullMerge(m *merge) obj {
	if m.looks > 0 {
		defer func() { m.looks-- }()
	}
	out := g.mergeView(m)
	list, _ := m.changes(g)
	base, start, head := m.refs(g)
	out["changes_count"], out["subscribed"], out["merge_error"], out["user"], out["first_contribution"] = strconv.Itoa(len(list)), true, nil, obj{"can_merge": true}, false
	out["diff_refs"] = obj{"base_sha": base, "start_sha": start, "head_sha": head}
	if g.switches.Preparing {
		out["diff_refs"], out["changes_count"] = nil, nil
	}
	out["head_pipeline"], out["pipeline"] = nil, nil
	for _, l := range m.source.pipelines {
		if l.sha == head {
			out["head_pipeline"], out["pipeline"] = g.fullPipeline(l), g.pipelineView(l)
		}
	}
	return out
}

// ofMerge is a handler of one merge request.
func ofMerge(h func(*call, *project, *merge) (any, error)) handler {
	return of(func(c *call, p *project) (any, error) {
		for _, m := range p.merges {
			if m.iid == c.int("iid") {
				return h(c, p, m)
			}
		}
		return nil, missing("Merge Request")
	})
}

func listMerges(c *call, within []*project) (any, error) {
	if err := c.oneOf("state", "opened", "closed", "locked", "merged", "all"); err != nil {
		return nil, err
	}
	var list []*merge
	for _, p := range within {
		for _, m := range p.merges {
			draft := c.str("wip") == "" && !c.has("draft") || c.str("wip") == "yes" && m.draft() || c.str("wip") == "no" && !m.draft() || c.has("draft") && c.bool("draft") == m.draft()
			reviewer := c.str("reviewer_username")
			asked := reviewer == "" || slices.ContainsFunc(m.reviewers, func(r *reviewing) bool { return r.of.username == reviewer })
			if id := c.int("reviewer_id"); id != 0 {
				asked = slices.ContainsFunc(m.reviewers, func(r *reviewing) bool { return r.of.id == id })
			}
			if c.wanted(&m.thing) && draft && asked && (!c.has("source_branch") || m.from == c.str("source_branch")) && (!c.has("target_branch") || m.into == c.str("target_branch")) {
				list = append(list, m)
			}
		}
	}
	order(c, list, func(m *merge) *thing { return &m.thing })
	return paged(c, list, c.mergeView)
}

func mergeDiffs(c *call, _ *project, m *merge) (any, error) {
	if !c.switches.since(15, 7) {
		return nil, &problem{http.StatusNotFound, obj{"error": "404 Not Found"}}
	}
	list, err := m.changes(c.GitLab)
	if err != nil {
		return nil, err
	}
	return paged(c, list, func(one change) obj { return one.view(c.switches, c.bool("unidiff")) })
}

func mergeChanges(c *call, _ *project, m *merge) (any, error) {
	list, err := m.changes(c.GitLab)
	out := c.fullMerge(m)
	diffs := []obj{}
	for _, one := range list {
		diffs = append(diffs, one.view(c.switches, c.bool("unidiff")))
	}
	out["changes"], out["overflow"] = diffs, false
	return out, err
}

func rawDiffs(c *call, _ *project, m *merge) (any, error) {
	if !c.switches.since(18, 2) {
		return nil, &problem{http.StatusNotFound, obj{"error": "404 Not Found"}}
	}
	base, _, head := m.refs(c.GitLab)
	if head == "" {
		return raw{"text/plain", nil}, nil
	}
	patch, err := c.store.patch(base, head)
	return raw{"text/plain", []byte(patch)}, err
}

func mergeCommits(c *call, p *project, m *merge) (any, error) {
	list, err := m.commits(c.GitLab)
	if err != nil {
		return nil, err
	}
	return paged(c, list, func(i commitInfo) obj { return c.infoView(p, i) })
}

func mergePipelines(c *call, _ *project, m *merge) (any, error) {
	commits, _ := m.commits(c.GitLab)
	list := slices.DeleteFunc(slices.Clone(m.source.pipelines), func(l *pipeline) bool {
		return !slices.ContainsFunc(commits, func(i commitInfo) bool { return i.sha == l.sha })
	})
	slices.Reverse(list)
	return paged(c, list, c.pipelineView)
}

var mergeRoutes = routes{
	"GET /merge_requests": func(c *call) (any, error) {
		if scope := c.str("scope"); scope == "" || scope == "created_by_me" {
			c.params["author_username"] = c.me.username
		} else if scope == "assigned_to_me" {
			c.params["assignee_username"] = c.me.username
		}
		return listMerges(c, c.visible())
	},
	"GET /projects/{id}/merge_requests":                 of(func(c *call, p *project) (any, error) { return listMerges(c, []*project{p}) }),
	"POST /projects/{id}/merge_requests":                of(createMerge),
	"GET /projects/{id}/merge_requests/{iid}":           ofMerge(func(c *call, _ *project, m *merge) (any, error) { return c.fullMerge(m), nil }),
	"PUT /projects/{id}/merge_requests/{iid}":           ofMerge(updateMerge),
	"PUT /projects/{id}/merge_requests/{iid}/merge":     ofMerge(accept),
	"GET /projects/{id}/merge_requests/{iid}/diffs":     ofMerge(mergeDiffs),
	"GET /projects/{id}/merge_requests/{iid}/changes":   ofMerge(mergeChanges),
	"GET /projects/{id}/merge_requests/{iid}/raw_diffs": ofMerge(rawDiffs),
	"GET /projects/{id}/merge_requests/{iid}/commits":   ofMerge(mergeCommits),
	"GET /projects/{id}/merge_requests/{iid}/pipelines": ofMerge(mergePipelines),
	"GET /projects/{id}/merge_requests/{iid}/versions": ofMerge(func(c *call, _ *project, m *merge) (any, error) {
		base, start, head := m.refs(c.GitLab)
		return paged(c, []int{m.id}, func(id int) obj {
			return obj{"id": id, "head_commit_sha": head, "base_commit_sha": base, "start_commit_sha": start, "created_at": stamp(m.updated), "merge_request_id": m.id, "state": "collected", "real_size": "1"}
		})
	}),
	"GET /projects/{id}/merge_requests/{iid}/closes_issues": ofMerge(func(c *call, _ *project, _ *merge) (any, error) {
		return paged(c, []*issue(nil), c.issueView)
	}),
}

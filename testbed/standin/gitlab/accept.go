package gitlab

import (
	"net/http"
	"slices"
	"strings"
)

// mergeStatus says whether it can be merged, as older versions say it and as newer
// ones do.
func (g *GitLab) mergeStatus(m *merge) (old, status string) {
	if m.looks > 0 && m.state == "opened" {
		return "checking", "checking"
	}
	switch {
	case m.state != "opened":
		status = "not_open"
	case m.head() == "" || m.of.branches[m.into] == "":
		status = "commits_status"
	case m.draft():
		status = "draft_status"
	case g.store.merge(m.of.branches[m.into], m.head()) == "":
		return "cannot_be_merged", "conflict"
	case slices.ContainsFunc(m.reviewers, func(r *reviewing) bool { return r.state == "requested_changes" }) && g.switches.Premium:
		status = "requested_changes" // blocks with Premium alone
	case m.of.needed > len(m.approvals) && g.switches.Premium:
		status = "not_approved"
	case m.of.discussed && slices.ContainsFunc(m.discussions, (*discussion).open):
		status = "discussions_not_resolved"
	case m.of.green && g.lastStatus(m) != "success":
		status = "ci_must_pass"
	default:
		status = "mergeable"
	}
	old = "can_be_merged"
	if status == "commits_status" {
		old = "cannot_be_merged"
	}
	return old, status
}

func (g *GitLab) lastStatus(m *merge) (status string) {
	for _, l := range m.source.pipelines {
		if l.sha == m.head() {
			status = l.status()
		}
	}
	return status
}

// accept merges.
func accept(c *call, p *project, m *merge) (any, error) {
	_, status := c.mergeStatus(m)
	if status == "checking" {
		m.looks = 0 // GitLab looks before it merges
		_, status = c.mergeStatus(m)
	}
	switch {
	case status == "conflict":
		return nil, &problem{http.StatusUnprocessableEntity, obj{"message": "Branch cannot be merged"}}
	case status != "mergeable":
		return nil, &problem{http.StatusMethodNotAllowed, obj{"message": "405 Method Not Allowed"}}
	case c.str("sha") != "" && c.str("sha") != m.head():
		return nil, conflict("SHA does not match HEAD of source branch: " + m.head())
	case c.switches.RefuseMerge != 0:
		return nil, &problem{c.switches.RefuseMerge, obj{"message": "Merge request is being merged by somebody else"}}
	}
	base, _, head := m.refs(c.GitLab)
	squash, tip := m.squash || c.bool("squash"), head
	if squash {
		tree, err := c.store.id("rev-parse", head+"^{tree}")
		if err != nil {
			return nil, err
		}
		message := c.str("squash_commit_message")
		if message == "" {
			message = m.title
		}
		if tip, err = c.store.commit(tree, message, c.me, c.tick(), base); err != nil {
			return nil, err
		}
		m.squashSHA = tip
	}
	onto := p.branches[m.into]
	result := tip
	if p.method != "ff" {
		message := c.str("merge_commit_message")
		if message == "" {
			message = "Merge branch '" + m.from + "' into '" + m.into + "'\n\n" + m.title + "\n\nSee merge request " + p.path + "!" + c.str("iid")
		}
		var err error
		if result, err = c.store.commit(c.store.merge(onto, tip), message, c.me, c.tick(), onto, tip); err != nil {
			return nil, err
		}
		m.mergeSHA = result
	} else if c.store.base(onto, tip) != onto {
		return nil, &problem{http.StatusMethodNotAllowed, obj{"message": "405 Method Not Allowed"}}
	}
	m.state, m.merged, m.mergedBy, m.updated = "merged", c.tick(), c.me, c.now
	m.events = append(m.events, &event{id: c.id(), by: c.me, at: m.merged, state: "merged"})
	c.push(p, m.into, result, c.me)
	if c.bool("should_remove_source_branch") || m.removeSource && !c.has("should_remove_source_branch") {
		delete(m.source.branches, m.from)
	}
	return c.fullMerge(m), nil
}

// Require sets what a project asks of merge requests: that all discussions are
// resolved, that the pipeline passes, approvals (which Premium counts).
func (g *GitLab) Require(path string, discussed, green bool, approvals int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.find(path)
	p.discussed, p.green, p.needed = discussed, green, approvals
}

// MergeMethod is merge, rebase_merge or ff.
func (g *GitLab) MergeMethod(path, method string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.find(path).method = strings.TrimSpace(method)
}

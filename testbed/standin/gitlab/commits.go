package gitlab

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

type commitInfo struct {
	sha, author, email, message string
	date                        string // as GitLab has it
	parents                     []string
}

const commitFormat = "%H%x1f%P%x1f%an%x1f%ae%x1f%cI%x1f%B%x1e"

func readCommits(out string) (list []commitInfo) {
	for one := range strings.SplitSeq(out, "\x1e") {
		f := strings.Split(strings.TrimPrefix(one, "\n"), "\x1f")
		if len(f) != 6 {
			continue
		}
		at, _ := time.Parse(time.RFC3339, f[4])
		list = append(list, commitInfo{sha: f[0], parents: strings.Fields(f[1]), author: f[2], email: f[3], date: stamp(at).(string), message: f[5]})
	}
	return list
}

func (g *GitLab) commitInfo(sha string) commitInfo {
	out, _ := g.store.ask("log", "-1", "--format="+commitFormat, sha)
	if list := readCommits(out); list != nil {
		return list[0]
	}
	return commitInfo{sha: sha}
}

// history are the commits that a range of git's names, the newest first.
func (g *GitLab) history(args ...string) ([]commitInfo, error) {
	out, err := g.store.ask(append([]string{"log", "--format=" + commitFormat}, args...)...)
	return readCommits(out), err
}

func (g *GitLab) commitView(p *project, sha string) obj { return g.infoView(p, g.commitInfo(sha)) }

func (g *GitLab) infoView(p *project, i commitInfo) obj {
	title, _, _ := strings.Cut(i.message, "\n")
	parents := i.parents
	if parents == nil {
		parents = []string{}
	}
	return obj{
		"id": i.sha, "short_id": i.sha[:min(8, len(i.sha))], "created_at": i.date, "parent_ids": parents, "title": title, "message": strings.TrimRight(i.message, "\n") + "\n",
		"author_name": i.author, "author_email": i.email, "authored_date": i.date, "committer_name": i.author, "committer_email": i.email, "committed_date": i.date,
		"trailers": obj{}, "extended_trailers": obj{}, "web_url": g.URL + "/" + p.path + "/-/commit/" + i.sha,
	}
}

// parent is what a commit is compared with.
func (i commitInfo) parent() string {
	if len(i.parents) > 0 {
		return i.parents[0]
	}
	return nothing
}

// fullCommit is a commit alone, with its numbers and its pipeline.
func (g *GitLab) fullCommit(p *project, sha string) obj {
	out := g.commitView(p, sha)
	plus, minus := g.count(g.commitInfo(sha).parent(), sha)
	out["stats"], out["status"], out["last_pipeline"], out["project_id"] = obj{"additions": plus, "deletions": minus, "total": plus + minus}, nil, nil, p.id
	for _, l := range p.pipelines {
		if l.sha == sha {
			out["status"], out["last_pipeline"] = l.status(), g.pipelineView(l)
		}
	}
	return out
}

func (g *GitLab) count(from, to string) (plus, minus int) {
	out, _ := g.store.ask("diff-tree", "-r", "--numstat", from, to)
	for line := range strings.SplitSeq(out, "\n") {
		if f := strings.Fields(line); len(f) >= 3 {
			a, _ := strconv.Atoi(f[0])
			b, _ := strconv.Atoi(f[1])
			plus, minus = plus+a, minus+b
		}
	}
	return plus, minus
}

func listCommits(c *call, p *project) (any, error) {
	sha, _, ok := c.commitOf(p, "ref_name")
	if !ok {
		return nil, missing("Commit")
	}
	args := []string{sha}
	for name, flag := range map[string]string{"since": "--since=", "until": "--until="} {
		if t := c.time(name); !t.IsZero() {
			args = append(args, flag+t.Format(time.RFC3339))
		}
	}
	if a := c.str("author"); a != "" {
		args = append(args, "--author="+a)
	}
	if path := c.str("path"); path != "" {
		args = append(args, "--", path)
	}
	list, err := c.history(args...)
	if err != nil {
		return nil, err
	}
	answer, err := paged(c, list, func(i commitInfo) obj { return c.infoView(p, i) })
	c.header.Del("X-Total") // GitLab does not count commits
	c.header.Del("X-Total-Pages")
	return answer, err
}

// ofCommit is a handler of one commit.
func ofCommit(h func(*call, *project, string) (any, error)) handler {
	return of(func(c *call, p *project) (any, error) {
		sha := c.resolve(p, c.str("sha"))
		if sha == "" {
			return nil, missing("Commit")
		}
		return h(c, p, sha)
	})
}

func commitDiff(c *call, _ *project, sha string) (any, error) {
	patch, err := c.store.patch(c.commitInfo(sha).parent(), sha)
	if err != nil {
		return nil, err
	}
	return paged(c, changes(patch), func(one change) obj { return one.view(c.switches, c.bool("unidiff")) })
}

func compare(c *call, p *project) (any, error) {
	if err := c.need("from", "to"); err != nil {
		return nil, err
	}
	from, to := c.resolve(p, c.str("from")), c.resolve(p, c.str("to"))
	if from == "" || to == "" {
		return nil, missing("Ref")
	}
	base := from
	if !c.bool("straight") {
		base = c.store.base(from, to)
	}
	list, err := c.history(from + ".." + to)
	if err != nil {
		return nil, err
	}
	patch, err := c.store.patch(base, to)
	if err != nil {
		return nil, err
	}
	slices.Reverse(list)
	commits, diffs := []obj{}, []obj{}
	for _, i := range list {
		commits = append(commits, c.infoView(p, i))
	}
	for _, one := range changes(patch) {
		diffs = append(diffs, one.view(c.switches, c.bool("unidiff")))
	}
	var last any
	if len(commits) > 0 {
		last = commits[len(commits)-1]
	}
	return obj{"commit": last, "commits": commits, "diffs": diffs, "compare_timeout": false, "compare_same_ref": from == to, "web_url": c.URL + "/" + p.path + "/-/compare/" + c.str("from") + "..." + c.str("to")}, nil
}

var commitRoutes = routes{
	"GET /projects/{id}/repository/commits":                of(listCommits),
	"POST /projects/{id}/repository/commits":               of(createCommit),
	"GET /projects/{id}/repository/commits/{sha}":          ofCommit(func(c *call, p *project, sha string) (any, error) { return c.fullCommit(p, sha), nil }),
	"GET /projects/{id}/repository/commits/{sha}/diff":     ofCommit(commitDiff),
	"GET /projects/{id}/repository/commits/{sha}/statuses": ofCommit(statuses),
	"POST /projects/{id}/statuses/{sha}":                   ofCommit(setStatus),
	"GET /projects/{id}/repository/commits/{sha}/merge_requests": ofCommit(func(c *call, p *project, sha string) (any, error) {
		list := slices.DeleteFunc(slices.Clone(p.merges), func(m *merge) bool { return c.store.base(sha, m.head()) != sha })
		return paged(c, list, c.mergeView)
	}),
	"GET /projects/{id}/repository/compare": of(compare),
	"GET /projects/{id}/repository/merge_base": of(func(c *call, p *project) (any, error) {
		refs := c.strs("refs")
		if len(refs) != 2 {
			return nil, bad("Provide exactly 2 refs")
		}
		return c.commitView(p, c.store.base(c.resolve(p, refs[0]), c.resolve(p, refs[1]))), nil
	}),
}

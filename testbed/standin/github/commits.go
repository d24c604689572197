package github

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// commit is what git says of one.
type commit struct {
	sha, tree, message, name, email string
	parents                         []string
	date                            time.Time
}

const commitFormat = "%H%x00%T%x00%P%x00%an%x00%ae%x00%ct%x00%B%x00%x00"

func (r *repo) read(sha string) commit {
	all := r.log("-1", sha)
	if len(all) == 0 {
		return commit{sha: sha}
	}
	return all[0]
}

// log is git log with these arguments.
func (r *repo) log(args ...string) (list []commit) {
	out, err := r.git.raw("", nil, append([]string{"log", "--format=" + commitFormat}, args...)...)
	if err != nil {
		return nil
	}
	for record := range strings.SplitSeq(string(out), "\x00\x00\n") {
		f := strings.Split(record, "\x00")
		if len(f) < 7 {
			continue
		}
		unix, _ := strconv.ParseInt(f[5], 10, 64)
		list = append(list, commit{sha: f[0], tree: f[1], parents: strings.Fields(f[2]), name: f[3], email: f[4], date: time.Unix(unix, 0), message: strings.TrimSuffix(f[6], "\n")})
	}
	return list
}

func (one commit) person() obj {
	return obj{"name": one.name, "email": one.email, "date": stamp(one.date)}
}

func (c *call) parents(one commit) []any {
	return each(one.parents, func(sha string) any {
		return obj{"sha": sha, "url": c.at("/commits/" + sha), "html_url": c.html + "/" + c.repo.full() + "/commit/" + sha}
	})
}

// commit as it is in lists.
func (c *call) commit(one commit) obj {
	return obj{
		"sha": one.sha, "node_id": "C_" + one.sha, "url": c.at("/commits/" + one.sha), "html_url": c.html + "/" + c.repo.full() + "/commit/" + one.sha, "comments_url": c.at("/commits/" + one.sha + "/comments"),
		"commit": obj{
			"author": one.person(), "committer": one.person(), "message": one.message, "tree": obj{"sha": one.tree, "url": c.at("/git/trees/" + one.tree)},
			"url": c.at("/git/commits/" + one.sha), "comment_count": 0, "verification": unsigned(),
		},
		"author": c.h.user(c.h.login(one.email)), "committer": c.h.user(c.h.login(one.email)), "parents": c.parents(one),
	}
}

// login is whose address that is, empty if nobody's.
func (h *Hub) login(email string) string {
	for _, login := range h.users {
		if h.author(login).Email == email {
			return login
		}
	}
	return ""
}

func (c *call) listCommits() reply {
	ref := c.query.Get("sha")
	if ref == "" {
		ref = c.repo.branch
	}
	sha := c.repo.git.resolve(ref)
	switch {
	case sha == "" && len(c.repo.names("heads")) == 0:
		return failed(http.StatusConflict, "Git Repository is empty.")
	case sha == "":
		return notFound()
	}
	args := []string{sha}
	for flag, name := range map[string]string{"--since=": "since", "--until=": "until"} {
		if v := c.query.Get(name); v != "" {
			args = append([]string{flag + v}, args...)
		}
	}
	if v := c.query.Get("author"); v != "" {
		if slices.Contains(c.h.users, v) {
			v = c.h.author(v).Email
		}
		args = append([]string{"--author=" + v}, args...)
	}
	if path := c.query.Get("path"); path != "" {
		args = append(args, "--", path)
	}
	return list(c, c.repo.log(args...), func(one commit) any { return c.commit(one) })
}

func (c *call) getCommit() reply {
	sha := c.repo.git.resolve(c.args["ref"])
	if sha == "" {
		if isHex(c.args["ref"]) {
			return unprocessable("No commit found for SHA: " + c.args["ref"])
		}
		return unprocessable("No commit found for SHA: " + c.args["ref"])
	}
	if c.accepts("sha") {
		return reply{status: http.StatusOK, text: []byte(sha), kind: "application/vnd.github.sha; charset=utf-8"}
	}
	one := c.repo.read(sha)
	parent := emptyTree
	if len(one.parents) > 0 {
		parent = one.parents[0]
	}
	if kind := c.asDiff(); kind != "" {
		return c.diff(kind, parent, sha)
	}
	files := c.repo.files(parent, sha)
	out := c.commit(one)
	added, deleted := totals(files)
	out["stats"] = obj{"additions": added, "deletions": deleted, "total": added + deleted}
	r := page(c, files, func(part []file) any {
		out["files"] = each(part, func(f file) any { return c.file(f, sha) })
		return out
	})
	return r
}

// emptyTree is a tree without entries, which git always has.
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

// asDiff is the kind that was asked for in place of JSON, empty if none.
func (c *call) asDiff() string {
	for _, kind := range []string{"diff", "patch"} {
		if c.accepts(kind) {
			return kind
		}
	}
	return ""
}

func (c *call) diff(kind, from, to string) reply {
	if c.h.lies.DiffTooLarge {
		r := failed(http.StatusNotAcceptable, "Sorry, the diff exceeded the maximum number of lines (20000)")
		r.value.(obj)["errors"] = []any{obj{"resource": "PullRequest", "field": "diff", "code": "too_large"}}
		return r
	}
	text, err := c.repo.git.raw("", nil, "diff", "-M", "--no-color", from, to)
	if err != nil {
		return unprocessable(err.Error())
	}
	return reply{status: http.StatusOK, text: text, kind: fmt.Sprintf("application/vnd.github.%s; charset=utf-8", kind)}
}

func (c *call) compare() reply {
	base, head, found := strings.Cut(c.args["basehead"], "...")
	from, to := c.repo.git.resolve(base), c.repo.git.resolve(head)
	if !found || from == "" || to == "" {
		return notFound()
	}
	merged, err := c.repo.git.run("merge-base", from, to)
	if err != nil {
		return failed(http.StatusNotFound, "No common ancestor between "+base+" and "+head+".")
	}
	if kind := c.asDiff(); kind != "" {
		return c.diff(kind, merged, to)
	}
	ahead, behind := c.repo.log("--reverse", from+".."+to), c.repo.log(to+".."+from)
	status := "identical"
	switch {
	case len(ahead) > 0 && len(behind) > 0:
		status = "diverged"
	case len(ahead) > 0:
		status = "ahead"
	case len(behind) > 0:
		status = "behind"
	}
	files := c.repo.files(merged, to)
	at := c.html + "/" + c.repo.full() + "/compare/" + c.args["basehead"]
	return page(c, ahead, func(part []commit) any {
		out := obj{
			"url": c.at("/compare/" + c.args["basehead"]), "html_url": at, "permalink_url": at, "diff_url": at + ".diff", "patch_url": at + ".patch",
			"base_commit": c.commit(c.repo.read(from)), "merge_base_commit": c.commit(c.repo.read(merged)), "status": status,
			"ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead), "commits": each(part, func(one commit) any { return c.commit(one) }),
		}
		if p := c.query.Get("page"); p == "" || p == "1" { // the files are on the first page, 300 at most
			out["files"] = each(files[:min(len(files), 300)], func(f file) any { return c.file(f, to) })
		}
		return out
	})
}

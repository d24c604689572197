package github

import (
	"fmt"
	"strconv"
	"strings"
)

func (x *execution) repository(r *repo) obj {
	return obj{
		"__typename": "Repository", "nameWithOwner": r.full(), "name": r.name, "url": x.c.html + "/" + r.full(), "isPrivate": r.private,
		"defaultBranchRef": obj{"name": r.branch},
		"pullRequest": field(func(args obj, at []any) any {
			n, _ := strconv.Atoi(fmt.Sprint(args["number"]))
			it := r.item(n)
			if it == nil || it.pull == nil {
				return x.fail("NOT_FOUND", at, "Could not resolve to a PullRequest with the number of %d.", n)
			}
			return x.pull(r, it)
		}),
		"object": field(func(args obj, at []any) any {
			name := fmt.Sprint(args["oid"])
			if e, ok := args["expression"].(string); ok {
				name = e
			}
			sha := r.git.resolve(name)
			if sha == "" {
				return nil
			}
			return x.commit(r, sha)
		}),
	}
}

func (x *execution) pull(r *repo, it *item) obj {
	var threads []any
	for _, th := range it.pull.threads {
		threads = append(threads, x.thread(r, it, th))
	}
	return obj{
		"__typename": "PullRequest", "id": pullID(r, it), "number": it.number, "title": it.title, "isDraft": it.pull.draft, "state": strings.ToUpper(it.state),
		"url": x.c.html + "/" + r.full() + "/pull/" + strconv.Itoa(it.number), "reviewThreads": connection(threads),
	}
}

func (x *execution) thread(r *repo, it *item, th *thread) obj {
	var comments []any
	for _, one := range th.comments {
		comments = append(comments, x.note(r, it, th, one))
	}
	_, from, head := r.ends(it)
	_, gone := place(r.files(from, head), line{Path: th.path, Side: th.side, Line: th.line})
	var at, start any = th.line, nil
	if th.start > 0 {
		start = th.start
	}
	if gone != "" {
		at, start = nil, nil
	}
	return obj{
		"__typename": "PullRequestReviewThread", "id": threadID(th), "path": th.path, "line": at, "originalLine": th.line, "startLine": start, "diffSide": th.side, "subjectType": "LINE",
		"isResolved": th.resolvedBy != "", "isOutdated": gone != "", "isCollapsed": th.resolvedBy != "", "resolvedBy": x.actor(th.resolvedBy), "comments": connection(comments),
		"viewerCanReply": true, "viewerCanResolve": th.resolvedBy == "", "viewerCanUnresolve": th.resolvedBy != "",
		"pullRequest": field(func(obj, []any) any { return x.pull(r, it) }), "repository": field(func(obj, []any) any { return x.repository(r) }),
	}
}

func (x *execution) note(r *repo, it *item, th *thread, one *note) obj {
	id := strconv.FormatInt(one.id, 10)
	return obj{
		"__typename": "PullRequestReviewComment", "id": "PRRC_" + id, "databaseId": one.id, "fullDatabaseId": id, "author": x.actor(one.user), "body": one.body, "path": th.path, "diffHunk": th.hunk,
		"url": x.c.html + "/" + r.full() + "/pull/" + strconv.Itoa(it.number) + "#discussion_r" + id, "createdAt": stamp(one.at), "updatedAt": stamp(one.at),
	}
}

func (x *execution) commit(r *repo, sha string) obj {
	one := r.read(sha)
	var user any
	if login := x.c.h.login(one.email); login != "" {
		user = x.actor(login)
	}
	return obj{
		"__typename": "Commit", "oid": sha, "abbreviatedOid": sha[:7], "message": one.message, "messageHeadline": strings.SplitN(one.message, "\n", 2)[0], "committedDate": stamp(one.date), "authoredDate": stamp(one.date),
		"url": x.c.html + "/" + r.full() + "/commit/" + sha, "author": obj{"__typename": "GitActor", "name": one.name, "email": one.email, "date": stamp(one.date), "user": user},
		"blame": field(func(args obj, _ []any) any { return x.blame(r, sha, fmt.Sprint(args["path"])) }),
	}
}

// blame is git's own, in ranges.
func (x *execution) blame(r *repo, sha, file string) any {
	type span struct {
		sha         string
		first, last int
	}
	var spans []span
	for _, line := range r.git.list("blame", "--porcelain", sha, "--", file) {
		f := strings.Fields(line)
		if strings.HasPrefix(line, "\t") || len(f) < 3 || len(f[0]) != 40 || !isHex(f[0]) {
			continue
		}
		n, _ := strconv.Atoi(f[2])
		if last := len(spans) - 1; last >= 0 && spans[last].sha == f[0] && spans[last].last == n-1 {
			spans[last].last = n
		} else {
			spans = append(spans, span{f[0], n, n})
		}
	}
	ranges := []any{}
	for _, s := range spans {
		ranges = append(ranges, obj{"__typename": "BlameRange", "startingLine": s.first, "endingLine": s.last, "age": 1, "commit": x.commit(r, s.sha)})
	}
	return obj{"__typename": "Blame", "ranges": ranges}
}

func (x *execution) mutations() obj {
	onThread := func(change func(r *repo, it *item, th *thread, in obj) obj) field {
		return func(args obj, at []any) any {
			in, _ := args["input"].(obj)
			id, _ := in["threadId"].(string)
			if id == "" {
				id, _ = in["pullRequestReviewThreadId"].(string)
			}
			r, it, th := x.c.h.thread(id)
			if th == nil {
				return x.fail("NOT_FOUND", at, "Could not resolve to a node with the global id of '%s'.", id)
			}
			return change(r, it, th, in)
		}
	}
	draft := func(to bool) field {
		return func(args obj, at []any) any {
			in, _ := args["input"].(obj)
			id, _ := in["pullRequestId"].(string)
			r, it := x.c.h.pullByID(id)
			if it == nil {
				return x.fail("NOT_FOUND", at, "Could not resolve to a node with the global id of '%s'.", id)
			}
			it.pull.draft = to
			it.updated = x.c.h.tick()
			return obj{"pullRequest": x.pull(r, it), "clientMutationId": in["clientMutationId"]}
		}
	}
	return obj{
		"__typename": "Mutation",
		"resolveReviewThread": onThread(func(r *repo, it *item, th *thread, _ obj) obj {
			th.resolvedBy = x.c.me
			return obj{"thread": x.thread(r, it, th)}
		}),
		"unresolveReviewThread": onThread(func(r *repo, it *item, th *thread, _ obj) obj {
			th.resolvedBy = ""
			return obj{"thread": x.thread(r, it, th)}
		}),
		"addPullRequestReviewThreadReply": onThread(func(r *repo, it *item, th *thread, in obj) obj {
			return obj{"comment": x.note(r, it, th, x.c.h.reply(it, th, x.c.me, fmt.Sprint(in["body"])))}
		}),
		"convertPullRequestToDraft": draft(true), "markPullRequestReadyForReview": draft(false),
	}
}

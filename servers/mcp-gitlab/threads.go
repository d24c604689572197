package main

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/forge/patch"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// threadPages bounds the discussions that are read.
const threadPages = 20

// Threads are the discussions that can be resolved, at lines and of the whole:
// both can keep a merge request from being merged.
func (g *gitlab) Threads(ctx context.Context, repo string, number int) ([]forge.Thread, error) {
	var all []*gl.Discussion
	var m *gl.MergeRequest
	err := upstream.All(ctx, func(ctx context.Context) (err error) {
		all, _, err = everything(threadPages, func(o gl.ListOptions) ([]*gl.Discussion, *gl.Response, error) {
			return g.api.Discussions.ListMergeRequestDiscussions(repo, int64(number), &gl.ListMergeRequestDiscussionsOptions{ListOptions: o}, in(ctx))
		})
		return wrap(ctx, err)
	}, func(ctx context.Context) (err error) {
		m, err = g.mergeRequest(ctx, repo, number)
		return err
	})
	if err != nil {
		return nil, err
	}
	var list []forge.Thread
	for _, d := range all {
		if t, ok := g.toThread(repo, number, m, d); ok {
			list = append(list, t)
		}
	}
	return list, g.addCode(ctx, repo, number, list)
}

// toThread is false for what is no thread: GitLab calls each note a discussion.
func (g *gitlab) toThread(repo string, number int, m *gl.MergeRequest, d *gl.Discussion) (forge.Thread, bool) {
	if d == nil {
		return forge.Thread{}, false
	}
	notes := slices.DeleteFunc(slices.Clone(d.Notes), func(n *gl.Note) bool { return n == nil || n.System })
	i := slices.IndexFunc(notes, func(n *gl.Note) bool { return n.Resolvable || n.Position != nil })
	if i < 0 {
		return forge.Thread{}, false
	}
	first := notes[i]
	t := forge.Thread{ID: threadID(number, d.ID), Number: number, Side: patch.Right, Resolved: first.Resolved, ResolvedBy: first.ResolvedBy.Username}
	if p := first.Position; p != nil {
		t.Path, t.Line = p.NewPath, int(p.NewLine)
		if p.NewLine == 0 && p.OldLine > 0 {
			t.Side, t.Line = patch.Left, int(p.OldLine)
		}
		if t.Path == "" || t.Side == patch.Left && p.OldPath != "" && p.NewPath == "" {
			t.Path = p.OldPath
		}
		// GitLab moves the position to each new diff, until the line is changed.
		t.Outdated = m != nil && p.HeadSHA != "" && m.DiffRefs.HeadSha != "" && p.HeadSHA != m.DiffRefs.HeadSha
	}
	for _, n := range notes {
		t.Comments = append(t.Comments, g.toComment(repo, number, true, n))
	}
	return t, true
}

// codePages bounds what is read of a diff for the code of threads.
const codePages = 3

// addCode shows what the threads are about, which GitLab does not say: it is
// taken from the diff.
func (g *gitlab) addCode(ctx context.Context, repo string, number int, threads []forge.Thread) error {
	if !slices.ContainsFunc(threads, func(t forge.Thread) bool { return t.Path != "" && !t.Outdated }) {
		return nil
	}
	diff, err := g.diff(ctx, repo, number, codePages)
	if err != nil {
		return ctx.Err() // threads without code are threads
	}
	files := patch.Parse(diff)
	for i := range threads {
		t := &threads[i]
		at := slices.IndexFunc(files, func(f patch.File) bool { return f.Path == t.Path || f.Old == t.Path && t.Side == patch.Left })
		if at >= 0 && !t.Outdated {
			t.Hunk = upTo(files[at], t.Side, t.Line)
		}
	}
	return nil
}

// upTo is the hunk that has a line, as far as that.
func upTo(f patch.File, side string, line int) string {
	for _, h := range f.Hunks {
		for i, s := range spots(h) {
			if s.is(side, line) {
				return h.Header + "\n" + strings.Join(h.Lines[:i+1], "\n")
			}
		}
	}
	return ""
}

// threadID is the merge request and GitLab's id of the discussion.
func threadID(number int, discussion string) string { return strconv.Itoa(number) + "-" + discussion }

func parseThread(text string) (number int, discussion string, err error) {
	first, discussion, _ := strings.Cut(text, "-")
	number, failed := strconv.Atoi(first)
	if failed != nil || number <= 0 || discussion == "" || strings.Trim(discussion, "0123456789abcdefABCDEF") != "" {
		return 0, "", kit.Errorf(kit.InvalidArgument, "%q is no thread_id", text).
			WithHint("list_review_threads has them, such as 7-6a9c1750b37d513a43987b574953fceb50b03ce7")
	}
	return number, discussion, nil
}

func (g *gitlab) GetThread(ctx context.Context, repo, thread string) (forge.Thread, error) {
	number, discussion, err := parseThread(thread)
	if err != nil {
		return forge.Thread{}, err
	}
	d, _, err := g.api.Discussions.GetMergeRequestDiscussion(repo, int64(number), discussion, in(ctx))
	if err == nil {
		if t, ok := g.toThread(repo, number, nil, d); ok {
			return t, nil
		}
	}
	if err == nil || status(err) == http.StatusNotFound {
		return forge.Thread{}, kit.Errorf(kit.NotFound, "there is no thread %s", thread).WithHint("list_review_threads number=%d unresolved=false has all", number)
	}
	return forge.Thread{}, wrap(ctx, err)
}

func (g *gitlab) ReplyThread(ctx context.Context, repo, thread, answer string) (string, error) {
	number, discussion, err := parseThread(thread)
	if err != nil {
		return "", err
	}
	n, _, err := g.api.Discussions.AddMergeRequestDiscussionNote(repo, int64(number), discussion,
		&gl.AddMergeRequestDiscussionNoteOptions{Body: body(&answer)}, in(ctx))
	if err != nil {
		return "", wrap(ctx, err)
	}
	return g.toComment(repo, number, true, n).URL, nil
}

func (g *gitlab) ResolveThread(ctx context.Context, repo, thread string, resolved bool) error {
	number, discussion, err := parseThread(thread)
	if err != nil {
		return err
	}
	_, _, err = g.api.Discussions.ResolveMergeRequestDiscussion(repo, int64(number), discussion,
		&gl.ResolveMergeRequestDiscussionOptions{Resolved: &resolved}, in(ctx))
	return wrap(ctx, err)
}

package forgetest

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

// view is a pull request as it is now: its head moves.
func (r *fakeRepo) view(item *fakeItem) forge.Pull {
	p := *item.pull
	i := item.issue
	p.Title, p.Body, p.Labels, p.Assignees, p.Milestone, p.Comments = i.Title, i.Body, i.Labels, i.Assignees, i.Milestone, i.Comments
	if p.State == "open" {
		p.HeadSHA, p.BaseSHA = r.branches[p.Head], r.branches[p.Base]
		yes := true
		p.Mergeable = &yes
	}
	return p
}

func (f *Fake) ListPulls(_ context.Context, repo string, q forge.PullFilter, at forge.At) (forge.List[forge.Pull], error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return forge.List[forge.Pull]{}, err
	}
	var list []forge.Pull
	for _, item := range slices.Backward(r.items) {
		if item.pull != nil && (q.State == "all" || item.pull.State == q.State) {
			list = append(list, r.view(item))
		}
	}
	return page(list, at), nil
}

func (f *Fake) pull(repo string, number int, do func(*fakeRepo, *fakeItem) error) error {
	return f.with(repo, number, func(r *fakeRepo, item *fakeItem) error {
		if item.pull == nil {
			return notFound("pull request %d", number)
		}
		return do(r, item)
	})
}

func (f *Fake) GetPull(_ context.Context, repo string, number int) (out forge.Pull, err error) {
	err = f.pull(repo, number, func(r *fakeRepo, item *fakeItem) error { out = r.view(item); return nil })
	return out, err
}

// base is where the branch of a pull request left the other.
func (r *fakeRepo) base(p forge.Pull) *fakeCommit {
	old := make(map[string]bool)
	for _, c := range r.history(r.commits[p.BaseSHA]) {
		old[c.SHA] = true
	}
	for _, c := range r.history(r.commits[p.HeadSHA]) {
		if old[c.SHA] {
			return c
		}
	}
	return &fakeCommit{}
}

func (f *Fake) PullFiles(_ context.Context, repo string, number int, at forge.At) (out forge.List[forge.ChangedFile], err error) {
	err = f.pull(repo, number, func(r *fakeRepo, item *fakeItem) error {
		p := r.view(item)
		var list []forge.ChangedFile
		for _, name := range slices.Sorted(maps.Keys(changed(r.base(p), r.commits[p.HeadSHA]))) {
			list = append(list, forge.ChangedFile{Path: name, Status: "changed"})
		}
		out = page(list, at)
		return nil
	})
	return out, err
}

func (f *Fake) PullCommits(_ context.Context, repo string, number int, at forge.At) (out forge.List[forge.Commit], err error) {
	err = f.pull(repo, number, func(r *fakeRepo, item *fakeItem) error {
		p := r.view(item)
		base := r.base(p)
		var list []forge.Commit
		for _, c := range r.history(r.commits[p.HeadSHA]) {
			if c.SHA == base.SHA {
				break
			}
			list = append(list, c.Commit)
		}
		out = page(list, at)
		return nil
	})
	return out, err
}

func (f *Fake) PullDiff(_ context.Context, repo string, number int) (out string, err error) {
	err = f.pull(repo, number, func(r *fakeRepo, item *fakeItem) error {
		p := r.view(item)
		out = r.diff(r.base(p), r.commits[p.HeadSHA])
		return nil
	})
	return out, err
}

func (f *Fake) CreatePull(_ context.Context, repo string, ch forge.PullChange) (forge.Pull, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return forge.Pull{}, err
	}
	if r.branches[ch.Head] == "" {
		return forge.Pull{}, notFound("branch %s", ch.Head)
	}
	for _, item := range r.items {
		if p := item.pull; p != nil && p.State == "open" && p.Head == ch.Head && p.Base == *ch.Base {
			return forge.Pull{}, kit.Errorf(kit.Conflict, "there is one for these branches")
		}
	}
	as := forge.IssueChange{Title: ch.Title, Body: ch.Body, Labels: ch.Labels, Assignees: ch.Assignees, Milestone: ch.Milestone}
	if err := r.known(as); err != nil {
		return forge.Pull{}, err
	}
	f.writes++
	item := r.add(f, as, &forge.Pull{Head: ch.Head, Base: *ch.Base, Draft: ch.Draft != nil && *ch.Draft, Reviewers: ch.Reviewers})
	return r.view(item), nil
}

func (f *Fake) UpdatePull(_ context.Context, repo string, number int, ch forge.PullChange) (out forge.Pull, err error) {
	err = f.pull(repo, number, func(r *fakeRepo, item *fakeItem) error {
		as := forge.IssueChange{Title: ch.Title, Body: ch.Body, Labels: ch.Labels, Assignees: ch.Assignees, Milestone: ch.Milestone}
		if err := r.known(as); err != nil {
			return err
		}
		f.writes++
		apply(&item.issue, as)
		if ch.Draft != nil {
			item.pull.Draft = *ch.Draft
		}
		if ch.State != nil {
			item.pull.State = *ch.State
		}
		if ch.Base != nil {
			item.pull.Base = *ch.Base
		}
		item.pull.Reviewers = append(item.pull.Reviewers, ch.Reviewers...)
		out = r.view(item)
		return nil
	})
	return out, err
}

func (f *Fake) MergePull(_ context.Context, repo string, number int, m forge.Merge) (sha string, err error) {
	err = f.pull(repo, number, func(r *fakeRepo, item *fakeItem) error {
		p := r.view(item)
		if p.HeadSHA != m.HeadSHA {
			return kit.Errorf(kit.Conflict, "head out of date")
		}
		f.writes++
		files := maps.Clone(r.commits[p.BaseSHA].files)
		for name := range changed(r.base(p), r.commits[p.HeadSHA]) {
			if content, ok := r.commits[p.HeadSHA].files[name]; ok {
				files[name] = content
			} else {
				delete(files, name)
			}
		}
		c := r.commit(f, p.Base, "Merge "+p.Title, files)
		if m.Method == "merge" {
			c.Parents = append(c.Parents, p.HeadSHA)
		}
		sha = c.SHA
		item.pull.State, item.issue.State, item.pull.MergeID, item.pull.Merged, item.pull.MergedBy = "merged", "closed", sha, f.now, f.me
		item.pull.HeadSHA, item.pull.BaseSHA = p.HeadSHA, p.BaseSHA
		if m.DeleteBranch {
			delete(r.branches, p.Head)
		}
		return nil
	})
	return sha, err
}

func (f *Fake) ListReviews(_ context.Context, repo string, number int) (out []forge.Review, err error) {
	err = f.pull(repo, number, func(_ *fakeRepo, item *fakeItem) error { out = slices.Clone(item.reviews); return nil })
	return out, err
}

func (f *Fake) Threads(_ context.Context, repo string, number int) (out []forge.Thread, err error) {
	err = f.pull(repo, number, func(_ *fakeRepo, item *fakeItem) error { out = slices.Clone(item.threads); return nil })
	return out, err
}

func (f *Fake) CreateReview(_ context.Context, repo string, number int, n forge.NewReview) (out forge.Review, err error) {
	err = f.pull(repo, number, func(r *fakeRepo, item *fakeItem) error {
		f.writes++
		r.lastID++
		out = forge.Review{ID: strconv.FormatInt(r.lastID, 10), Author: f.me, Body: n.Body, Commit: n.Commit, Comments: len(n.Comments), Date: f.tick(),
			State: map[string]string{"comment": "commented", "approve": "approved", "request_changes": "changes_requested"}[n.Event]}
		item.reviews = append(item.reviews, out)
		for _, c := range n.Comments {
			r.lastID++
			id := strconv.FormatInt(r.lastID, 10)
			item.threads = append(item.threads, forge.Thread{
				ID: strconv.Itoa(number) + "-" + id, Path: c.Path, Side: c.Side, Number: number, Line: c.Line,
				Comments: []forge.Comment{{ID: id, Author: f.me, Body: c.Body, Created: f.now}},
			})
		}
		return nil
	})
	return out, err
}

func (f *Fake) thread(repo, id string, do func(*forge.Thread)) error {
	first, _, _ := strings.Cut(id, "-")
	number, _ := strconv.Atoi(first)
	return f.pull(repo, number, func(_ *fakeRepo, item *fakeItem) error {
		i := slices.IndexFunc(item.threads, func(t forge.Thread) bool { return t.ID == id })
		if i < 0 {
			return notFound("thread %s", id)
		}
		do(&item.threads[i])
		return nil
	})
}

func (f *Fake) GetThread(_ context.Context, repo, id string) (out forge.Thread, err error) {
	err = f.thread(repo, id, func(t *forge.Thread) { out = *t })
	return out, err
}

func (f *Fake) ReplyThread(_ context.Context, repo, id, body string) (string, error) {
	err := f.thread(repo, id, func(t *forge.Thread) {
		f.writes++
		t.Comments = append(slices.Clone(t.Comments), forge.Comment{Author: f.me, Body: body, Created: f.tick()})
	})
	return "https://forge.test/" + id, err
}

func (f *Fake) ResolveThread(_ context.Context, repo, id string, resolved bool) error {
	return f.thread(repo, id, func(t *forge.Thread) { f.writes++; t.Resolved = resolved })
}

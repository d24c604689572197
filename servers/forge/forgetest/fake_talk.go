package forgetest

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

func (f *Fake) ListIssues(ctx context.Context, repo string, q forge.IssueFilter, at forge.At) (forge.List[forge.Issue], error) {
	return f.SearchIssues(ctx, repo, "", q, at)
}

func (f *Fake) SearchIssues(_ context.Context, repo, text string, q forge.IssueFilter, at forge.At) (forge.List[forge.Issue], error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []forge.Issue
	for name, r := range f.repos {
		if repo != "" && name != repo {
			continue
		}
		for _, item := range slices.Backward(r.items) {
			i := item.issue
			i.Repo = name
			if i.Pull == q.Pulls && (q.State == "all" || i.State == q.State) && strings.Contains(strings.ToLower(i.Title+i.Body), strings.ToLower(text)) {
				list = append(list, i)
			}
		}
	}
	return page(list, at), nil
}

func (f *Fake) with(repo string, number int, do func(*fakeRepo, *fakeItem) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return err
	}
	item, err := r.item(number)
	if err != nil {
		return err
	}
	return do(r, item)
}

func (f *Fake) GetIssue(_ context.Context, repo string, number int) (out forge.Issue, err error) {
	err = f.with(repo, number, func(_ *fakeRepo, item *fakeItem) error { out = item.issue; return nil })
	return out, err
}

func (f *Fake) Comments(_ context.Context, repo string, number int, at forge.At) (out forge.List[forge.Comment], err error) {
	err = f.with(repo, number, func(_ *fakeRepo, item *fakeItem) error { out = page(item.comments, at); return nil })
	return out, err
}

func (f *Fake) Events(_ context.Context, repo string, number int, at forge.At) (out forge.List[forge.Event], err error) {
	err = f.with(repo, number, func(_ *fakeRepo, item *fakeItem) error { out = page(item.events, at); return nil })
	return out, err
}

func (f *Fake) IssueMetadata(_ context.Context, repo string) (forge.Metadata, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return forge.Metadata{}, err
	}
	return r.meta, nil
}

// known fails for a label or a milestone that is none.
func (r *fakeRepo) known(ch forge.IssueChange) error {
	var labels []string
	if ch.Labels != nil {
		labels = *ch.Labels
	}
	for _, name := range slices.Concat(labels, ch.AddLabels, ch.RemoveLabels) {
		if !slices.ContainsFunc(r.meta.Labels, func(l forge.Label) bool { return l.Name == name }) {
			return kit.Errorf(kit.InvalidArgument, "there is no label %q", name)
		}
	}
	if ch.Milestone != nil && *ch.Milestone != "" && !slices.ContainsFunc(r.meta.Milestones, func(m forge.Milestone) bool { return m.Title == *ch.Milestone }) {
		return kit.Errorf(kit.InvalidArgument, "there is no milestone %q", *ch.Milestone)
	}
	return nil
}

func apply(i *forge.Issue, ch forge.IssueChange) {
	set := func(to *string, v *string) {
		if v != nil {
			*to = *v
		}
	}
	set(&i.Title, ch.Title)
	set(&i.Body, ch.Body)
	set(&i.State, ch.State)
	set(&i.Milestone, ch.Milestone)
	if ch.Labels != nil {
		i.Labels = slices.Clone(*ch.Labels)
	}
	if ch.Assignees != nil {
		i.Assignees = slices.Clone(*ch.Assignees)
	}
	i.Labels = slices.DeleteFunc(append(slices.Clone(i.Labels), ch.AddLabels...), func(l string) bool { return slices.Contains(ch.RemoveLabels, l) })
}

func (f *Fake) CreateIssue(_ context.Context, repo string, ch forge.IssueChange) (forge.Issue, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return forge.Issue{}, err
	}
	if err := r.known(ch); err != nil {
		return forge.Issue{}, err
	}
	f.writes++
	return r.add(f, ch, nil).issue, nil
}

func (r *fakeRepo) add(f *Fake, ch forge.IssueChange, p *forge.Pull) *fakeItem {
	number := len(r.items) + 1
	at := f.tick()
	item := &fakeItem{issue: forge.Issue{Number: number, State: "open", Author: f.me, Created: at, Updated: at, Pull: p != nil, URL: r.URL + "/issues/" + strconv.Itoa(number)}}
	apply(&item.issue, ch)
	if p != nil {
		p.Number, p.URL, p.Created, p.Updated, p.State, p.Author = number, r.URL+"/pulls/"+strconv.Itoa(number), at, at, "open", f.me
		item.pull = p
	}
	r.items = append(r.items, item)
	return item
}

func (f *Fake) UpdateIssue(_ context.Context, repo string, number int, ch forge.IssueChange) (out forge.Issue, err error) {
	err = f.with(repo, number, func(r *fakeRepo, item *fakeItem) error {
		if err := r.known(ch); err != nil {
			return err
		}
		f.writes++
		apply(&item.issue, ch)
		item.issue.Updated = f.tick()
		out = item.issue
		return nil
	})
	return out, err
}

func (f *Fake) AddComment(_ context.Context, repo string, number int, _ bool, body string) (out forge.Comment, err error) {
	err = f.with(repo, number, func(r *fakeRepo, item *fakeItem) error {
		f.writes++
		r.lastID++
		at := f.tick()
		out = forge.Comment{ID: strconv.FormatInt(r.lastID, 10), Author: f.me, Body: body, Created: at, Updated: at, URL: item.issue.URL + "#c" + strconv.FormatInt(r.lastID, 10)}
		item.comments = append(item.comments, out)
		item.issue.Comments++
		return nil
	})
	return out, err
}

func (f *Fake) comment(repo, id string, do func(*fakeItem, int)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return err
	}
	for _, item := range r.items {
		if i := slices.IndexFunc(item.comments, func(c forge.Comment) bool { return c.ID == id }); i >= 0 {
			do(item, i)
			return nil
		}
	}
	return notFound("comment %s", id)
}

func (f *Fake) GetComment(_ context.Context, repo, id string) (out forge.Comment, err error) {
	err = f.comment(repo, id, func(item *fakeItem, i int) { out = item.comments[i] })
	return out, err
}

func (f *Fake) DeleteComment(_ context.Context, repo, id string) error {
	return f.comment(repo, id, func(item *fakeItem, i int) {
		f.writes++
		item.comments = slices.Delete(item.comments, i, i+1)
	})
}

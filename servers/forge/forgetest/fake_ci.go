package forgetest

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

func (f *Fake) ListRuns(_ context.Context, repo string, _ forge.RunFilter, at forge.At) (forge.List[forge.Run], error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return forge.List[forge.Run]{}, err
	}
	var list []forge.Run
	for _, run := range slices.Backward(r.runs) {
		list = append(list, run.Run)
	}
	return page(list, at), nil
}

func (f *Fake) run(repo string, id int64, do func(*fakeRun)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return err
	}
	if id < 1 || id > int64(len(r.runs)) {
		return notFound("run %d", id)
	}
	do(r.runs[id-1])
	return nil
}

func (f *Fake) GetRun(_ context.Context, repo string, id int64) (out forge.Run, err error) {
	err = f.run(repo, id, func(r *fakeRun) { out = r.Run })
	return out, err
}

func (f *Fake) Jobs(_ context.Context, repo string, id int64) (out []forge.Job, err error) {
	err = f.run(repo, id, func(r *fakeRun) { out = slices.Clone(r.jobs) })
	return out, err
}

func (f *Fake) job(repo string, id int64, do func(*fakeRun, forge.Job)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return err
	}
	for _, run := range r.runs {
		for _, j := range run.jobs {
			if j.ID == id {
				do(run, j)
				return nil
			}
		}
	}
	return notFound("job %d", id)
}

func (f *Fake) GetJob(_ context.Context, repo string, id int64) (out forge.Job, err error) {
	err = f.job(repo, id, func(_ *fakeRun, j forge.Job) { out = j })
	return out, err
}

func (f *Fake) JobLog(_ context.Context, repo string, id int64, most int64) (out forge.RawLog, err error) {
	err = f.job(repo, id, func(r *fakeRun, _ forge.Job) {
		text := r.logs[id]
		skip := max(0, int64(len(text))-most)
		out = forge.RawLog{Text: []byte(text[skip:]), Skipped: skip}
	})
	return out, err
}

func (f *Fake) StartRun(_ context.Context, repo, workflow, ref string, _ map[string]string) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return 0, err
	}
	f.writes++
	return r.addRun(f, workflow, ref, "queued").ID, nil
}

func (r *fakeRepo) addRun(f *Fake, workflow, branch, status string) *fakeRun {
	id := int64(len(r.runs) + 1)
	run := &fakeRun{logs: make(map[int64]string), Run: forge.Run{
		ID: id, Number: int(id), Workflow: workflow, Event: "push", Actor: f.me, Branch: branch, SHA: r.branches[branch], Status: status,
		Created: f.tick(), Started: f.now, Finished: f.now.Add(30 * time.Second), URL: r.URL + "/runs/" + strconv.FormatInt(id, 10),
	}}
	r.runs = append(r.runs, run)
	return run
}

func (f *Fake) change(repo string, id int64, status string) error {
	return f.run(repo, id, func(r *fakeRun) { f.writes++; r.Status = status })
}

func (f *Fake) Retry(_ context.Context, repo string, id int64, _ bool) error {
	return f.change(repo, id, "queued")
}

func (f *Fake) RetryJob(_ context.Context, repo string, id, _ int64) error {
	return f.change(repo, id, "queued")
}

func (f *Fake) Cancel(_ context.Context, repo string, id int64) error {
	return f.change(repo, id, "cancelled")
}

func (f *Fake) ListReleases(_ context.Context, repo string, at forge.At) (forge.List[forge.Release], error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return forge.List[forge.Release]{}, err
	}
	list := slices.Clone(r.releases)
	slices.Reverse(list)
	return page(list, at), nil
}

func (f *Fake) GetRelease(_ context.Context, repo, tag string) (forge.Release, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return forge.Release{}, err
	}
	for _, one := range slices.Backward(r.releases) {
		if tag == "" || one.Tag == tag {
			return one, nil
		}
	}
	return forge.Release{}, notFound("release %s", tag)
}

func (f *Fake) CreateRelease(_ context.Context, repo string, n forge.NewRelease) (forge.Release, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return forge.Release{}, err
	}
	if r.tags[n.Tag] == "" {
		c, err := r.resolve(n.Target)
		if err != nil {
			return forge.Release{}, err
		}
		r.tags[n.Tag] = c.SHA
	}
	for _, one := range r.releases {
		if one.Tag == n.Tag {
			return forge.Release{}, kit.Errorf(kit.Conflict, "release %s exists", n.Tag)
		}
	}
	f.writes++
	out := forge.Release{Tag: n.Tag, Name: n.Name, Body: n.Body, Draft: n.Draft, Prerelease: n.Prerelease, Author: f.me, Published: f.tick(), Commit: r.tags[n.Tag]}
	r.releases = append(r.releases, out)
	return out, nil
}

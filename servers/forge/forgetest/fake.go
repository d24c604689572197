package forgetest

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

// Fake is a forge in memory. It has the rules that the tools count on: numbers
// that issues and pull requests share, commits that need the blob they change,
// pages with a ceiling.
type Fake struct {
	MaxPage int // ceiling of a page

	mu     sync.Mutex
	me     string
	repos  map[string]*fakeRepo
	now    time.Time
	writes int
}

type fakeRepo struct {
	forge.Repo
	branches map[string]string // sha
	tags     map[string]string
	commits  map[string]*fakeCommit
	items    []*fakeItem // by number less one
	meta     forge.Metadata
	releases []forge.Release
	runs     []*fakeRun
	lastID   int64
}

type fakeCommit struct {
	forge.Commit
	files map[string]string
}

// fakeItem is an issue, and a pull request if pull is not nil.
type fakeItem struct {
	issue    forge.Issue
	pull     *forge.Pull
	comments []forge.Comment
	events   []forge.Event
	reviews  []forge.Review
	threads  []forge.Thread
}

type fakeRun struct {
	forge.Run
	jobs []forge.Job
	logs map[int64]string
}

// NewFake is a forge without repositories, whose account is me.
func NewFake(me string) *Fake {
	return &Fake{MaxPage: 50, me: me, repos: make(map[string]*fakeRepo), now: time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)}
}

// Features of the fake: it has no filters but what it must, so that the tools'
// own are tested.
func (*Fake) Features() forge.Features {
	return forge.Features{MergeMethods: []string{"merge", "squash"}, Notices: true, Variables: true, Cancel: true}
}

// Writes is how many methods were called that change something.
func (f *Fake) Writes() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.writes
}

// tick makes each thing a minute younger than the one before.
func (f *Fake) tick() time.Time { f.now = f.now.Add(time.Minute); return f.now }

func (f *Fake) repo(name string) (*fakeRepo, error) {
	if r := f.repos[name]; r != nil {
		return r, nil
	}
	return nil, notFound("repository %s", name)
}

func notFound(format string, args ...any) *kit.Error {
	e := kit.Errorf(kit.NotFound, format+" not found", args...)
	e.Status = 404
	return e
}

func hash(parts ...any) string {
	sum := sha1.Sum([]byte(fmt.Sprint(parts...)))
	return hex.EncodeToString(sum[:])
}

func page[T any](all []T, at forge.At) forge.List[T] {
	total := len(all)
	start := min((at.Page-1)*at.Size, total)
	end := min(start+at.Size, total)
	return forge.List[T]{Items: slices.Clone(all[start:end]), More: end < total, Total: &total}
}

// AddRepo makes a repository with a README on main.
func (f *Fake) AddRepo(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.repos[name] = &fakeRepo{
		Repo:     forge.Repo{Path: name, DefaultBranch: "main", URL: "https://forge.test/" + name, MergeMethods: []string{"merge", "squash"}},
		branches: make(map[string]string), tags: make(map[string]string), commits: make(map[string]*fakeCommit),
		meta: forge.Metadata{Assignees: []string{f.me}},
	}
	f.repos[name].commit(f, "main", "Initial commit", map[string]string{"README.md": "# " + name[strings.LastIndexByte(name, '/')+1:] + "\n"})
}

// commit makes a commit of a whole tree.
func (r *fakeRepo) commit(f *Fake, branch, message string, files map[string]string) *fakeCommit {
	parent := r.branches[branch]
	c := &fakeCommit{files: files, Commit: forge.Commit{Message: message, Author: f.me, Email: f.me + "@forge.test", Date: f.tick()}}
	if parent != "" {
		c.Parents = []string{parent}
	}
	c.SHA = hash("commit", parent, message, f.now, files)
	c.URL = r.URL + "/commit/" + c.SHA
	r.commits[c.SHA] = c
	r.branches[branch] = c.SHA
	return c
}

func (r *fakeRepo) resolve(ref string) (*fakeCommit, error) {
	if ref == "" {
		ref = r.DefaultBranch
	}
	for _, sha := range []string{r.branches[ref], r.tags[ref], ref} {
		if c := r.commits[sha]; c != nil {
			return c, nil
		}
	}
	if len(ref) >= 7 {
		for sha, c := range r.commits {
			if strings.HasPrefix(sha, ref) {
				return c, nil
			}
		}
	}
	return nil, notFound("ref %s", ref)
}

// history is a commit and those before it, the newest first.
func (r *fakeRepo) history(c *fakeCommit) (list []*fakeCommit) {
	seen := make(map[string]bool)
	queue := []*fakeCommit{c}
	for len(queue) > 0 {
		one := queue[0]
		queue = queue[1:]
		if one == nil || seen[one.SHA] {
			continue
		}
		seen[one.SHA] = true
		list = append(list, one)
		for _, p := range one.Parents {
			queue = append(queue, r.commits[p])
		}
	}
	slices.SortStableFunc(list, func(a, b *fakeCommit) int { return b.Date.Compare(a.Date) })
	return list
}

func (r *fakeRepo) item(number int) (*fakeItem, error) {
	if number < 1 || number > len(r.items) {
		return nil, notFound("number %d", number)
	}
	return r.items[number-1], nil
}

func (f *Fake) Limits(context.Context) (forge.Limits, error) {
	return forge.Limits{MaxPage: f.MaxPage}, nil
}

func (f *Fake) Me(context.Context) (forge.Me, error) {
	return forge.Me{Login: f.me, Version: "fake", URL: "https://forge.test/" + f.me}, nil
}

func (f *Fake) Notices(_ context.Context, _ bool, at forge.At) (forge.List[forge.Notice], error) {
	return page[forge.Notice](nil, at), nil
}

func (f *Fake) SearchRepos(_ context.Context, q forge.RepoQuery, at forge.At) (forge.List[forge.Repo], error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []forge.Repo
	for _, name := range slices.Sorted(maps.Keys(f.repos)) {
		if strings.Contains(name, q.Text) && strings.HasPrefix(name, q.Owner) {
			list = append(list, f.repos[name].Repo)
		}
	}
	return page(list, at), nil
}

func (f *Fake) GetRepo(_ context.Context, name string) (forge.Repo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(name)
	if err != nil {
		return forge.Repo{}, err
	}
	return r.Repo, nil
}

func (f *Fake) Languages(context.Context, string) ([]string, error) { return []string{"Go"}, nil }

func (f *Fake) Rules(context.Context, string, string) (forge.Rules, error) { return forge.Rules{}, nil }

func (f *Fake) Variables(_ context.Context, _ string, at forge.At) (forge.List[forge.Variable], error) {
	return page([]forge.Variable{{Name: "TOKEN", Scope: "repository"}}, at), nil
}

func (f *Fake) CreateRepo(_ context.Context, n forge.NewRepo) (forge.Repo, error) {
	name := n.Owner + "/" + n.Name
	f.AddRepo(name)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writes++
	return f.repos[name].Repo, nil
}

func (f *Fake) ForkRepo(ctx context.Context, repo, owner, name string) (forge.Repo, error) {
	return forge.Repo{}, kit.Errorf(kit.Unsupported, "the fake has no forks")
}

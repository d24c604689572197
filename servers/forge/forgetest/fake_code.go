package forgetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

func (f *Fake) GetFile(_ context.Context, repo, ref, path string) (forge.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return forge.File{}, err
	}
	c, err := r.resolve(ref)
	if err != nil {
		return forge.File{}, err
	}
	content, ok := c.files[path]
	if !ok {
		for name := range c.files {
			if strings.HasPrefix(name, path+"/") {
				return forge.File{}, kit.Errorf(kit.FailedPrecondition, "%s is a folder", path)
			}
		}
		return forge.File{}, notFound("file %s", path)
	}
	return forge.File{Path: path, SHA: hash("blob", content), Commit: c.SHA, Size: int64(len(content)), Content: []byte(content)}, nil
}

func (f *Fake) Tree(_ context.Context, repo, ref, folder string, recursive bool) (forge.Tree, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return forge.Tree{}, err
	}
	c, err := r.resolve(ref)
	if err != nil {
		return forge.Tree{}, err
	}
	entries := make(map[string]forge.Entry)
	for name, content := range c.files {
		below, ok := strings.CutPrefix(name, folder)
		if below = strings.TrimPrefix(below, "/"); !ok || folder != "" && !strings.HasPrefix(name, folder+"/") {
			continue
		}
		parts := strings.Split(below, "/")
		prefix := strings.TrimSuffix(name, below)
		for i := range parts[:len(parts)-1] {
			dir := prefix + strings.Join(parts[:i+1], "/")
			entries[dir] = forge.Entry{Path: dir, Type: "dir"}
			if !recursive {
				break
			}
		}
		if recursive || len(parts) == 1 {
			entries[name] = forge.Entry{Path: name, Type: "file", Size: int64(len(content)), SHA: hash("blob", content)}
		}
	}
	var tree forge.Tree
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		tree.Entries = append(tree.Entries, entries[name])
	}
	return tree, nil
}

func (f *Fake) SearchCode(_ context.Context, repo string, q forge.CodeQuery, at forge.At) (forge.List[forge.CodeHit], error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return forge.List[forge.CodeHit]{}, err
	}
	c, err := r.resolve(q.Ref)
	if err != nil {
		return forge.List[forge.CodeHit]{}, err
	}
	want, err := forge.NewCodeMatcher(q)
	if err != nil {
		return forge.List[forge.CodeHit]{}, err
	}
	var hits []forge.CodeHit
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		if want.Path(name) {
			if hit := want.Lines(name, c.files[name], 10); hit != nil {
				hits = append(hits, *hit)
			}
		}
	}
	return page(hits, at), nil
}

func (f *Fake) Commit(_ context.Context, repo string, n forge.NewCommit) (forge.Commit, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return forge.Commit{}, err
	}
	from := n.Branch
	if n.Start != "" {
		from = n.Start
	}
	head, err := r.resolve(from)
	if err != nil {
		return forge.Commit{}, err
	}
	files := maps.Clone(head.files)
	for _, c := range n.Changes {
		path := c.Path
		if c.From != "" {
			path = c.From
		}
		was, there := files[path]
		switch {
		case c.Action == "create" && there:
			return forge.Commit{}, kit.Errorf(kit.Conflict, "%s exists", path)
		case c.Action != "create" && (!there || hash("blob", was) != c.SHA):
			return forge.Commit{}, kit.Errorf(kit.Conflict, "%s has another sha", path)
		}
		if c.Action == "delete" || c.Action == "move" {
			delete(files, path)
		}
		switch {
		case c.Content != nil:
			files[c.Path] = string(c.Content)
		case c.Action == "move":
			files[c.Path] = was
		}
	}
	f.writes++
	if n.Start != "" {
		r.branches[n.Branch] = head.SHA
	}
	return r.commit(f, n.Branch, n.Message, files).Commit, nil
}

func (f *Fake) Branches(_ context.Context, repo string, at forge.At) (forge.List[forge.Ref], error) {
	return f.refs(repo, at, func(r *fakeRepo) map[string]string { return r.branches })
}

func (f *Fake) Tags(_ context.Context, repo string, at forge.At) (forge.List[forge.Ref], error) {
	return f.refs(repo, at, func(r *fakeRepo) map[string]string { return r.tags })
}

func (f *Fake) refs(repo string, at forge.At, of func(*fakeRepo) map[string]string) (forge.List[forge.Ref], error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return forge.List[forge.Ref]{}, err
	}
	var list []forge.Ref
	for _, name := range slices.Sorted(maps.Keys(of(r))) {
		c := r.commits[of(r)[name]]
		list = append(list, forge.Ref{Name: name, SHA: c.SHA, Message: c.Message, Date: c.Date})
	}
	return page(list, at), nil
}

func (f *Fake) Resolve(_ context.Context, repo, ref string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return "", err
	}
	c, err := r.resolve(ref)
	if err != nil {
		return "", err
	}
	return c.SHA, nil
}

func (f *Fake) CreateBranch(_ context.Context, repo, name, from string) (forge.Ref, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return forge.Ref{}, err
	}
	c, err := r.resolve(from)
	if err != nil {
		return forge.Ref{}, err
	}
	if r.branches[name] != "" {
		return forge.Ref{}, kit.Errorf(kit.Conflict, "branch %s exists", name)
	}
	f.writes++
	r.branches[name] = c.SHA
	return forge.Ref{Name: name, SHA: c.SHA}, nil
}

func (f *Fake) DeleteBranch(_ context.Context, repo, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return err
	}
	f.writes++
	delete(r.branches, name)
	return nil
}

func (f *Fake) ListCommits(_ context.Context, repo string, q forge.CommitFilter, at forge.At) (forge.List[forge.Commit], error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return forge.List[forge.Commit]{}, err
	}
	c, err := r.resolve(q.Ref)
	if err != nil {
		return forge.List[forge.Commit]{}, err
	}
	var list []forge.Commit
	for _, one := range r.history(c) {
		if q.Path == "" || strings.Contains(r.diff(one.parent(r), one), "b/"+q.Path) {
			list = append(list, one.Commit)
		}
	}
	return page(list, at), nil
}

func (c *fakeCommit) parent(r *fakeRepo) *fakeCommit {
	if len(c.Parents) == 0 {
		return &fakeCommit{}
	}
	return r.commits[c.Parents[0]]
}

func (f *Fake) GetCommit(_ context.Context, repo, sha string) (forge.Commit, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return forge.Commit{}, err
	}
	c, err := r.resolve(sha)
	if err != nil {
		return forge.Commit{}, err
	}
	return c.Commit, nil
}

func (f *Fake) CommitDiff(_ context.Context, repo, sha string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return "", err
	}
	c, err := r.resolve(sha)
	if err != nil {
		return "", err
	}
	return r.diff(c.parent(r), c), nil
}

func (f *Fake) Compare(_ context.Context, repo, base, head string, diff bool) (forge.Comparison, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return forge.Comparison{}, err
	}
	from, err := r.resolve(base)
	if err != nil {
		return forge.Comparison{}, err
	}
	to, err := r.resolve(head)
	if err != nil {
		return forge.Comparison{}, err
	}
	out := forge.Comparison{Base: from.SHA, Head: to.SHA}
	old := make(map[string]bool)
	for _, c := range r.history(from) {
		old[c.SHA] = true
	}
	for _, c := range r.history(to) {
		if !old[c.SHA] {
			out.Commits = append([]forge.Commit{c.Commit}, out.Commits...)
		}
	}
	out.Total = len(out.Commits)
	for name := range changed(from, to) {
		out.Files = append(out.Files, forge.ChangedFile{Path: name, Status: "changed"})
	}
	if diff {
		out.Diff = r.diff(from, to)
	}
	return out, nil
}

func (f *Fake) Checks(_ context.Context, repo, ref string) ([]forge.Check, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.repo(repo)
	if err != nil {
		return nil, err
	}
	c, err := r.resolve(ref)
	if err != nil {
		return nil, err
	}
	var list []forge.Check
	for _, run := range r.runs {
		if run.SHA == c.SHA {
			list = append(list, forge.Check{Name: run.Workflow, State: run.Status})
		}
	}
	return list, nil
}

func changed(from, to *fakeCommit) map[string]bool {
	names := make(map[string]bool)
	for name, content := range to.files {
		if was, ok := from.files[name]; !ok || was != content {
			names[name] = true
		}
	}
	for name := range from.files {
		if _, ok := to.files[name]; !ok {
			names[name] = true
		}
	}
	return names
}

// diff has one hunk for a file: all from the first line that differs to the last.
func (r *fakeRepo) diff(from, to *fakeCommit) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(changed(from, to))) {
		was, had := from.files[name]
		is, has := to.files[name]
		fmt.Fprintf(&b, "diff --git a/%s b/%s\n", name, name)
		before, after := "a/"+name, "b/"+name
		if !had {
			before = "/dev/null"
			b.WriteString("new file mode 100644\n")
		}
		if !has {
			after = "/dev/null"
			b.WriteString("deleted file mode 100644\n")
		}
		fmt.Fprintf(&b, "--- %s\n+++ %s\n", before, after)
		x, y := split(was), split(is)
		first := 0
		for first < len(x) && first < len(y) && x[first] == y[first] {
			first++
		}
		last := 0
		for last < len(x)-first && last < len(y)-first && x[len(x)-1-last] == y[len(y)-1-last] {
			last++
		}
		start, tail := max(0, first-3), min(3, last)
		fmt.Fprintf(&b, "@@ -%d,%d +%d,%d @@\n", start+1, len(x)-last+tail-start, start+1, len(y)-last+tail-start)
		for _, part := range []struct {
			sign  string
			lines []string
		}{{" ", x[start:first]}, {"-", x[first : len(x)-last]}, {"+", y[first : len(y)-last]}, {" ", x[len(x)-last : len(x)-last+tail]}} {
			for _, line := range part.lines {
				b.WriteString(part.sign + line + "\n")
			}
		}
	}
	return b.String()
}

func split(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

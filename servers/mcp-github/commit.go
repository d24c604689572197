package main

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"unicode/utf8"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// change is an entry of a tree to be made. The library leaves out the null that
// deletes a file.
type change struct {
	Path    string  `json:"path"`
	Mode    string  `json:"mode"`
	Type    string  `json:"type"`
	SHA     *string `json:"sha,omitempty"`
	Content *string `json:"content,omitempty"`
}

// gone is an entry that is no longer there.
type gone struct {
	Path string  `json:"path"`
	Mode string  `json:"mode"`
	Type string  `json:"type"`
	SHA  *string `json:"sha"` // null
}

// Commit makes blobs, a tree and a commit of all changes, and only then moves the
// branch, and only forward: who was faster is not overwritten.
func (g *github) Commit(ctx context.Context, repo string, n forge.NewCommit) (forge.Commit, error) {
	owner, name := forge.OwnerName(repo)
	from := n.Branch
	if n.Start != "" {
		from = n.Start
	}
	head, err := g.Resolve(ctx, repo, from)
	if err != nil {
		return forge.Commit{}, err
	}
	parent, _, err := g.api.Git.GetCommit(ctx, owner, name, head)
	if err != nil {
		return forge.Commit{}, wrap(ctx, err)
	}
	base := parent.GetTree().GetSHA()
	entries, err := g.changes(ctx, repo, &folders{g: g, repo: repo, root: base}, n.Changes)
	if err != nil {
		return forge.Commit{}, err
	}
	var tree gh.Tree
	if err := g.write(ctx, http.MethodPost, repoPath(repo, "git/trees"), map[string]any{"base_tree": base, "tree": entries}, &tree); err != nil {
		return forge.Commit{}, err
	}
	var made gh.Commit
	body := map[string]any{"message": n.Message, "tree": tree.GetSHA(), "parents": []string{head}}
	if err := g.write(ctx, http.MethodPost, repoPath(repo, "git/commits"), body, &made); err != nil {
		return forge.Commit{}, err
	}
	if n.Start != "" {
		_, _, err = g.api.Git.CreateRef(ctx, owner, name, gh.CreateRef{Ref: "refs/heads/" + n.Branch, SHA: made.GetSHA()})
	} else {
		_, _, err = g.api.Git.UpdateRef(ctx, owner, name, "heads/"+n.Branch, gh.UpdateRef{SHA: made.GetSHA(), Force: new(bool)})
	}
	if err != nil {
		return forge.Commit{}, wrap(ctx, err)
	}
	return forge.Commit{SHA: made.GetSHA(), Message: made.GetMessage(), URL: made.GetHTMLURL()}, nil
}

// changes are the entries of the tree. Each file that is changed is compared
// with what it was when it was read.
func (g *github) changes(ctx context.Context, repo string, there *folders, list []forge.FileChange) ([]any, error) {
	var entries []any
	var blobs []func(context.Context) error
	for _, c := range list {
		old := c.Path
		if c.Action == "move" {
			old = c.From
		}
		was, err := there.entry(ctx, old)
		if err != nil {
			return nil, err
		}
		if err := unchanged(c, old, was); err != nil {
			return nil, err
		}
		if c.Action == "create" || c.Action == "move" {
			if err := there.room(ctx, c.Path, list); err != nil {
				return nil, err
			}
		}
		if c.Action == "delete" || c.Action == "move" {
			entries = append(entries, gone{Path: old, Mode: was.GetMode(), Type: "blob"})
		}
		if c.Action == "delete" {
			continue
		}
		mode := "100644"
		if was != nil {
			mode = was.GetMode()
		}
		made := &change{Path: c.Path, Mode: mode, Type: "blob"}
		entries = append(entries, made)
		switch {
		case c.Content == nil: // a move of the file as it is
			made.SHA = was.SHA
		case utf8.Valid(c.Content):
			content := string(c.Content)
			made.Content = &content
		default:
			blobs = append(blobs, func(ctx context.Context) error {
				var blob gh.Blob
				body := map[string]string{"content": base64.StdEncoding.EncodeToString(c.Content), "encoding": "base64"}
				err := g.write(ctx, http.MethodPost, repoPath(repo, "git/blobs"), body, &blob)
				made.SHA = blob.SHA
				return err
			})
		}
	}
	return entries, upstream.All(ctx, blobs...)
}

// unchanged checks that a file is what it was.
func unchanged(c forge.FileChange, path string, was *gh.TreeEntry) error {
	moved := func(what string) error {
		return kit.Errorf(kit.Conflict, "%s %s since it was read", path, what).WithHint("read it again with get_file, then commit again")
	}
	switch {
	case c.Action == "create" && was != nil:
		return moved("was made")
	case c.Action == "create":
		return nil
	case was == nil:
		return moved("was deleted")
	case c.SHA != "" && was.GetSHA() != c.SHA:
		return moved("changed")
	}
	return nil
}

// folders reads the folders of a tree that are asked for, each once.
type folders struct {
	g          *github
	repo, root string
	read       map[string]map[string]*gh.TreeEntry // by path, then by name
}

// entry is what is at a path, nil if there is nothing.
func (f *folders) entry(ctx context.Context, path string) (*gh.TreeEntry, error) {
	parent, base, _ := cutLast(path)
	in, err := f.folder(ctx, parent)
	return in[base], err
}

// room checks that no file is where a folder of path has to be: GitHub would put the
// folder in its place. One that the same commit takes away is none.
func (f *folders) room(ctx context.Context, path string, list []forge.FileChange) error {
	for parent, _, below := cutLast(path); below; parent, _, below = cutLast(parent) {
		e, err := f.entry(ctx, parent)
		if err != nil {
			return err
		}
		gone := slices.ContainsFunc(list, func(c forge.FileChange) bool {
			return c.Action == "delete" && c.Path == parent || c.Action == "move" && c.From == parent
		})
		if e != nil && e.GetType() != "tree" && !gone {
			return kit.Errorf(kit.FailedPrecondition, "%s: %s is a file, no folder", path, parent).WithHint("take another path, or delete %s in the same commit", parent)
		}
	}
	return nil
}

func (f *folders) folder(ctx context.Context, path string) (map[string]*gh.TreeEntry, error) {
	if in, ok := f.read[path]; ok {
		return in, nil
	}
	sha := f.root
	if path != "" {
		e, err := f.entry(ctx, path)
		if err != nil {
			return nil, err
		}
		if sha = e.GetSHA(); e.GetType() != "tree" {
			return nil, nil
		}
	}
	owner, name := forge.OwnerName(f.repo)
	tree, _, err := f.g.api.Git.GetTree(ctx, owner, name, sha, false)
	if err != nil {
		return nil, wrap(ctx, err)
	}
	in := make(map[string]*gh.TreeEntry)
	for _, e := range tree.Entries {
		in[e.GetPath()] = e
	}
	if f.read == nil {
		f.read = make(map[string]map[string]*gh.TreeEntry)
	}
	f.read[path] = in
	return in, nil
}

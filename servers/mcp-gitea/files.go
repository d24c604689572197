package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"

	sdk "code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

func refQuery(ref string) url.Values {
	if ref == "" {
		return nil
	}
	return url.Values{"ref": {ref}}
}

// contents is what Gitea has at a path: a file, or the entries of a folder. Gitea
// knows only names and whole shas here; what else it knows for a commit, such as
// the short shas of our answers, is resolved when it finds nothing. at is the ref
// that it was found at.
func (g *gitea) contents(ctx context.Context, repo, ref, file string) (one *sdk.ContentsResponse, many []*sdk.ContentsResponse, at string, err error) {
	one, many, err = g.contentsAt(ctx, repo, ref, file)
	if ref == "" || !forge.IsCode(err, kit.NotFound) || forge.IsSHA(ref) {
		return one, many, ref, err
	}
	sha, failed := g.Resolve(ctx, repo, ref)
	if failed != nil {
		return nil, nil, ref, err
	}
	one, many, err = g.contentsAt(ctx, repo, sha, file)
	return one, many, sha, err
}

func (g *gitea) contentsAt(ctx context.Context, repo, ref, file string) (one *sdk.ContentsResponse, many []*sdk.ContentsResponse, err error) {
	var raw json.RawMessage
	if _, err = g.http.JSON(ctx, upstream.Request{Path: repoPath(repo, "contents/"+forge.EscapePath(file)), Query: refQuery(ref)}, &raw); err != nil {
		return nil, nil, wrap(ctx, err)
	}
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		err = json.Unmarshal(raw, &many)
	} else {
		err = json.Unmarshal(raw, &one)
	}
	return one, many, wrap(ctx, err)
}

func (g *gitea) GetFile(ctx context.Context, repo, ref, file string) (forge.File, error) {
	one, many, at, err := g.contents(ctx, repo, ref, file)
	if err != nil {
		return forge.File{}, err
	}
	if one == nil || one.Type == "dir" || many != nil {
		return forge.File{}, kit.Errorf(kit.FailedPrecondition, "%s is a folder", file)
	}
	if one.Type == "submodule" {
		return forge.File{}, kit.Errorf(kit.FailedPrecondition, "%s is a submodule", file)
	}
	out := forge.File{Path: one.Path, SHA: one.SHA, Size: one.Size}
	if one.LastCommitSha != nil {
		out.Commit = *one.LastCommitSha
	}
	if one.HTMLURL != nil {
		out.URL = *one.HTMLURL
	}
	switch {
	case one.Type == "symlink" && one.Target != nil:
		out.Content = []byte(*one.Target)
	case one.Content != nil && one.Encoding != nil && *one.Encoding == "base64":
		if out.Content, err = base64.StdEncoding.DecodeString(*one.Content); err != nil {
			return out, kit.Errorf(kit.Unavailable, "decoding %s: %w", file, err)
		}
	default: // too large for the contents
		r, err := g.http.Do(ctx, upstream.Request{Path: repoPath(repo, "raw/"+forge.EscapePath(file)), Query: refQuery(at)})
		if err != nil {
			return out, wrap(ctx, err)
		}
		out.Content = r.Body
	}
	out.LFS = forge.IsLFS(out.Content)
	return out, nil
}

// maxTreePages bounds a tree: a page has a thousand entries.
const maxTreePages = 20

func (g *gitea) Tree(ctx context.Context, repo, ref, folder string, recursive bool) (forge.Tree, error) {
	if !recursive {
		one, many, _, err := g.contents(ctx, repo, ref, folder)
		if err != nil {
			return forge.Tree{}, err
		}
		if one != nil {
			many = []*sdk.ContentsResponse{one}
		}
		var tree forge.Tree
		for _, e := range many {
			if e != nil {
				tree.Entries = append(tree.Entries, forge.Entry{Path: e.Path, Type: e.Type, SHA: e.SHA, Size: e.Size})
			}
		}
		return tree, nil
	}
	sha, err := g.Resolve(ctx, repo, ref)
	if err != nil {
		return forge.Tree{}, err
	}
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Tree{}, err
	}
	owner, name := forge.OwnerName(repo)
	var tree forge.Tree
	for page := 1; ; page++ {
		t, _, err := c.GetTrees(owner, name, sdk.ListTreeOptions{ListOptions: sdk.ListOptions{Page: page, PageSize: 1000}, Ref: sha, Recursive: true})
		if err != nil {
			return forge.Tree{}, wrap(ctx, err)
		}
		for _, e := range t.Entries {
			if folder == "" || e.Path == folder || strings.HasPrefix(e.Path, folder+"/") {
				tree.Entries = append(tree.Entries, forge.GitEntry(e.Path, e.SHA, e.Type, e.Mode, e.Size))
			}
		}
		if !t.Truncated || len(t.Entries) == 0 {
			break
		}
		if page == maxTreePages {
			tree.Cut = true
			break
		}
	}
	if folder != "" && len(tree.Entries) == 0 && !tree.Cut {
		return tree, kit.Errorf(kit.NotFound, "%s has no %s", repo, folder)
	}
	return tree, nil
}

// Commit is one request, which Gitea does as a whole or not at all. It compares
// the blob of each file that is changed with the one we know.
func (g *gitea) Commit(ctx context.Context, repo string, n forge.NewCommit) (forge.Commit, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Commit{}, err
	}
	o := sdk.ChangeFilesOptions{Message: n.Message, Branch: n.Branch}
	if n.Start != "" {
		o.Branch, o.NewBranch = n.Start, n.Branch
	}
	for _, change := range n.Changes {
		op := &sdk.ChangeFileOperation{Operation: change.Action, Path: change.Path, SHA: change.SHA, Content: base64.StdEncoding.EncodeToString(change.Content)}
		if change.Action == "move" {
			op.Operation, op.FromPath = "rename", change.From
			if change.Content != nil {
				op.Operation = "update" // an update that comes from another path
			}
		}
		o.Files = append(o.Files, op)
	}
	owner, name := forge.OwnerName(repo)
	r, _, err := c.ChangeFiles(owner, name, o)
	if err != nil {
		return forge.Commit{}, wrap(ctx, err)
	}
	if r.Commit == nil {
		return forge.Commit{}, kit.Errorf(kit.Unavailable, "Gitea made a commit and did not say which").WithHint("list_commits repo=%s ref=%s shows it", repo, n.Branch)
	}
	return forge.Commit{SHA: r.Commit.SHA, Message: r.Commit.Message, URL: r.Commit.HTMLURL}, nil
}

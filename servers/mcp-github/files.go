package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

func refQuery(ref string) url.Values {
	if ref == "" {
		return nil
	}
	return url.Values{"ref": {ref}}
}

// contents is what is at a path: a file, or the entries of a folder.
func (g *github) contents(ctx context.Context, repo, ref, file string) (one *gh.RepositoryContent, many []*gh.RepositoryContent, err error) {
	var raw json.RawMessage
	if err = g.read(ctx, repoPath(repo, "contents/"+forge.EscapePath(file)), refQuery(ref), &raw); err != nil {
		return nil, nil, err
	}
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		err = json.Unmarshal(raw, &many)
	} else {
		err = json.Unmarshal(raw, &one)
	}
	return one, many, wrap(ctx, err)
}

// wholeFile is up to where the contents have the file itself.
const wholeFile = 1 << 20

func (g *github) GetFile(ctx context.Context, repo, ref, file string) (forge.File, error) {
	one, _, err := g.contents(ctx, repo, ref, file)
	if err != nil {
		return forge.File{}, err
	}
	switch {
	case one == nil || one.GetType() == "dir":
		return forge.File{}, kit.Errorf(kit.FailedPrecondition, "%s is a folder", file)
	case one.GetType() == "submodule" || one.SubmoduleGitURL != nil:
		return forge.File{}, kit.Errorf(kit.FailedPrecondition, "%s is a submodule", file)
	}
	out := forge.File{Path: one.GetPath(), SHA: one.GetSHA(), Size: int64(one.GetSize()), URL: one.GetHTMLURL()}
	if out.Path == "" {
		out.Path = file
	}
	switch {
	case one.GetType() == "symlink" && one.Target != nil:
		out.Content = []byte(*one.Target)
	case one.Content != nil && one.GetEncoding() == "base64" && (*one.Content != "" || out.Size < wholeFile):
		if out.Content, err = base64.StdEncoding.DecodeString(strings.ReplaceAll(*one.Content, "\n", "")); err != nil {
			return out, kit.Errorf(kit.Unavailable, "decoding %s: %w", file, err)
		}
	default: // too large for the contents
		if out.Content, err = g.as(ctx, "raw", repoPath(repo, "contents/"+forge.EscapePath(file)), refQuery(ref)); err != nil {
			return out, err
		}
	}
	out.LFS = forge.IsLFS(out.Content)
	return out, nil
}

// folderEntries is how many entries of a folder GitHub shows.
const folderEntries = 1000

func (g *github) Tree(ctx context.Context, repo, ref, folder string, recursive bool) (forge.Tree, error) {
	if recursive {
		return g.deepTree(ctx, repo, ref, folder)
	}
	one, many, err := g.contents(ctx, repo, ref, folder)
	if err != nil {
		return forge.Tree{}, err
	}
	if one != nil {
		many = []*gh.RepositoryContent{one}
	}
	tree := forge.Tree{Cut: len(many) >= folderEntries}
	for _, e := range many {
		if e == nil {
			continue
		}
		kind := e.GetType()
		if kind == "file" && e.SubmoduleGitURL != nil {
			kind = "submodule"
		}
		tree.Entries = append(tree.Entries, forge.Entry{Path: e.GetPath(), Type: kind, SHA: e.GetSHA(), Size: int64(e.GetSize())})
	}
	return tree, nil
}

// deepTree reads all that is below a folder at once. Where that is too much for
// GitHub with the whole repository, it is asked for the folder alone.
func (g *github) deepTree(ctx context.Context, repo, ref, folder string) (forge.Tree, error) {
	sha, err := g.Resolve(ctx, repo, ref)
	if err != nil {
		return forge.Tree{}, err
	}
	owner, name := forge.OwnerName(repo)
	all, _, err := g.api.Git.GetTree(ctx, owner, name, sha, true)
	if err != nil {
		return forge.Tree{}, wrap(ctx, err)
	}
	prefix := ""
	if all.GetTruncated() && folder != "" {
		parent, base, _ := cutLast(folder)
		_, many, err := g.contents(ctx, repo, sha, parent)
		if err != nil {
			return forge.Tree{}, err
		}
		for _, e := range many {
			if e.GetName() == base && e.GetType() == "dir" {
				if all, _, err = g.api.Git.GetTree(ctx, owner, name, e.GetSHA(), true); err != nil {
					return forge.Tree{}, wrap(ctx, err)
				}
				prefix = folder + "/"
			}
		}
	}
	tree := forge.Tree{Cut: all.GetTruncated()}
	for _, e := range all.Entries {
		if e == nil {
			continue
		}
		entry := forge.GitEntry(e.GetPath(), e.GetSHA(), e.GetType(), e.GetMode(), int64(e.GetSize()))
		entry.Path = prefix + entry.Path
		if folder == "" || entry.Path == folder || strings.HasPrefix(entry.Path, folder+"/") {
			tree.Entries = append(tree.Entries, entry)
		}
	}
	if folder != "" && len(tree.Entries) == 0 && !tree.Cut {
		return tree, kit.Errorf(kit.NotFound, "%s has no %s", repo, folder)
	}
	return tree, nil
}

// cutLast is a path before and after its last slash.
func cutLast(path string) (before, after string, found bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

package main

import (
	"context"
	"encoding/base64"
	"net/http"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// headRef is what GitLab calls the default branch in a request for files.
const headRef = "HEAD"

func orHead(ref string) *string {
	if ref == "" {
		ref = headRef
	}
	return &ref
}

// GetFile asks again when there is no file: GitLab says the same of a folder.
func (g *gitlab) GetFile(ctx context.Context, repo, ref, file string) (forge.File, error) {
	f, _, err := g.api.RepositoryFiles.GetFile(repo, file, &gl.GetFileOptions{Ref: orHead(ref)}, in(ctx))
	if status(err) == http.StatusNotFound {
		below, _, failed := g.api.Repositories.ListTree(repo, &gl.ListTreeOptions{
			ListOptions: gl.ListOptions{Page: 1, PerPage: 1}, Path: &file, Ref: orHead(ref),
		}, in(ctx))
		if failed == nil && len(below) > 0 {
			return forge.File{}, kit.Errorf(kit.FailedPrecondition, "%s is a folder", file)
		}
	}
	if err != nil {
		return forge.File{}, wrap(ctx, err)
	}
	out := forge.File{Path: f.FilePath, SHA: f.BlobID, Commit: f.LastCommitID, Size: f.Size, URL: g.page(repo, "blob/"+*orHead(ref)+"/"+file)}
	switch f.Encoding {
	case "base64":
		if out.Content, err = base64.StdEncoding.DecodeString(f.Content); err != nil {
			return out, kit.Errorf(kit.Unavailable, "decoding %s: %w", file, err)
		}
	default:
		out.Content = []byte(f.Content)
	}
	out.LFS = forge.IsLFS(out.Content)
	return out, nil
}

// maxTreePages bounds a tree: a page has a hundred entries.
const maxTreePages = 100

func (g *gitlab) Tree(ctx context.Context, repo, ref, folder string, recursive bool) (forge.Tree, error) {
	read := func(ctx context.Context, page int) ([]*gl.TreeNode, *gl.Response, error) {
		nodes, r, err := g.api.Repositories.ListTree(repo, &gl.ListTreeOptions{
			ListOptions: gl.ListOptions{Page: int64(page), PerPage: maxPage}, Path: ptr(folder), Ref: orHead(ref), Recursive: &recursive,
		}, in(ctx))
		return nodes, r, wrap(ctx, err)
	}
	first, r, err := read(ctx, 1)
	if err != nil {
		return forge.Tree{}, err
	}
	var tree forge.Tree
	addNodes(&tree, first)
	switch {
	case r.NextPage == 0:
	case r.TotalPages > 0: // it says how many there are: they are read at once
		err = treeRest(ctx, &tree, int(r.TotalPages), read)
	default:
		for page := int(r.NextPage); page > 0; {
			if page > maxTreePages {
				tree.Cut = true
				break
			}
			nodes, r, err := read(ctx, page)
			if err != nil {
				return forge.Tree{}, err
			}
			addNodes(&tree, nodes)
			page = int(r.NextPage)
		}
	}
	if err != nil {
		return forge.Tree{}, err
	}
	if folder != "" && len(tree.Entries) == 0 { // before 17.7 an empty list stands for a path that is not there
		return tree, kit.Errorf(kit.NotFound, "%s has no %s", repo, folder)
	}
	return tree, nil
}

// treeRest reads the pages behind the first.
func treeRest(ctx context.Context, tree *forge.Tree, pages int, read func(context.Context, int) ([]*gl.TreeNode, *gl.Response, error)) error {
	tree.Cut = pages > maxTreePages
	rest := make([][]*gl.TreeNode, min(pages, maxTreePages)-1)
	var ask []func(context.Context) error
	for i := range rest {
		ask = append(ask, func(ctx context.Context) (err error) { rest[i], _, err = read(ctx, i+2); return err })
	}
	if err := upstream.All(ctx, ask...); err != nil {
		return err
	}
	for _, nodes := range rest {
		addNodes(tree, nodes)
	}
	return nil
}

// addNodes has no sizes: GitLab's tree does not say them.
func addNodes(tree *forge.Tree, nodes []*gl.TreeNode) {
	for _, n := range nodes {
		if n == nil {
			continue
		}
		tree.Entries = append(tree.Entries, forge.GitEntry(n.Path, n.ID, n.Type, n.Mode, 0))
	}
}

package main

import (
	"context"
	"slices"
	"strings"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/forge/keys"
)

const (
	hitLines  = 10 // of one file
	wordLines = 3  // of a part that was found by words
	// searchPages is what is read for a filter by path: GitLab has none with globs.
	searchPages = 5
)

// SearchCode asks GitLab's search, which shows parts of files.
func (g *gitlab) SearchCode(ctx context.Context, repo string, q forge.CodeQuery, at forge.At) (forge.List[forge.CodeHit], error) {
	var none forge.List[forge.CodeHit]
	want, err := forge.NewCodeMatcher(q)
	if err != nil {
		return none, err
	}
	find := func(o gl.ListOptions) ([]*gl.Blob, *gl.Response, error) {
		return g.api.Search.BlobsByProject(repo, q.Text, &gl.SearchOptions{ListOptions: o, Ref: ptr(q.Ref)}, in(ctx))
	}
	if q.Glob == "" && q.Language == "" {
		blobs, r, err := find(options(at))
		if err != nil {
			return none, wrap(ctx, err)
		}
		list := listed(blobs, r, func(b *gl.Blob) *gl.Blob { return b })
		return forge.List[forge.CodeHit]{Items: hits(list.Items, want), More: list.More, Total: list.Total, Estimate: true}, nil // of parts, not files
	}
	blobs, cut, err := everything(searchPages, find)
	if err != nil {
		return none, wrap(ctx, err)
	}
	blobs = slices.DeleteFunc(blobs, func(b *gl.Blob) bool { return !want.Path(pathOf(b)) })
	list := sliced(hits(blobs, want), cut, at)
	if cut && list.Hint != "" {
		list.Hint = "only the first hits of GitLab's search were looked at for path and language; narrow with query"
	}
	return list, nil
}

func pathOf(b *gl.Blob) string {
	if b.Path == "" {
		return b.Filename // before 12.4
	}
	return b.Path
}

// hits are the lines that were found, file by file. A part that does not have
// the text as it is was found by words: its first lines are shown.
func hits(blobs []*gl.Blob, want *forge.CodeMatcher) []forge.CodeHit {
	var list []forge.CodeHit
	place := make(map[string]int)
	for _, b := range blobs {
		name := pathOf(b)
		lines := strings.Split(strings.TrimRight(b.Data, "\n"), "\n")
		if b.Startline > 1 {
			keys.MaskPart(lines)
		} else {
			keys.Mask(lines)
		}
		found := want.Lines(name, strings.Join(lines, "\n"), hitLines)
		if found == nil {
			found = &forge.CodeHit{Path: name}
			for i, line := range lines[:min(len(lines), wordLines)] {
				found.Lines = append(found.Lines, forge.HitLine{Number: i + 1, Text: strings.TrimSpace(line)})
			}
		}
		for i := range found.Lines {
			found.Lines[i].Number += max(int(b.Startline), 1) - 1
		}
		i, there := place[name]
		if !there {
			place[name] = len(list)
			list = append(list, *found)
			continue
		}
		list[i].Lines = append(list[i].Lines, found.Lines...)
		list[i].More += found.More
	}
	return list
}

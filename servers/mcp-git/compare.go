package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-git/internal/repo"
)

type compareMeta struct {
	Repo      string     `json:"repo"`
	Base      string     `json:"base,omitempty"`
	Head      string     `json:"head"`
	MergeBase string     `json:"merge_base,omitempty"`
	Ahead     *int       `json:"ahead,omitempty"` // not counted again for the later pieces of a patch
	Behind    *int       `json:"behind,omitempty"`
	Changed   totals     `json:"changed"`
	Note      string     `json:"note,omitempty"`
	Patch     *patchMeta `json:"patch,omitempty"`

	NextArgs map[string]any `json:"next_args,omitempty"`
}

// compareCommits is how many of the new commits are listed.
const compareCommits = 20

func (rs *repositories) compareRefs() kit.Tool {
	type args struct {
		inRepo
		Base    string   `arg:"base,required" alias:"from,old"`
		Head    string   `arg:"head" default:"HEAD" alias:"to,new"`
		Patch   bool     `arg:"patch" doc:"show the patch, by whole hunks" alias:"diff"`
		Include []string `arg:"include" doc:"globs of files for the patch: *.go, cmd/**" alias:"paths,path,files"`
		Exclude []string `arg:"exclude" doc:"globs of files to leave out of it"`
		Resume  string   `arg:"resume" doc:"from next_args"`
	}
	return newTool(rs, kit.Def{
		Name:        "compare_refs",
		Title:       "Compare two refs",
		Description: "Commits and files by which head differs from its merge base with base, as in a pull request.",
		Example:     `{"base":"main","head":"HEAD"}`,
	}, func(ctx context.Context, r *repo.Repo, a args) (*kit.Result, error) {
		f, err := newFilter(a.Include, a.Exclude)
		if err != nil {
			return nil, err
		}
		key := "compare_refs " + f.String()
		var at resume
		meta := compareMeta{Repo: r.Root()}
		var body strings.Builder
		if a.Resume != "" {
			if at, err = readResume(ctx, r, key, a.Resume); err != nil {
				return nil, err
			}
			a.Patch, meta.MergeBase, meta.Head = true, at.From, at.To
		} else if at, err = meta.compare(ctx, r, a.Base, a.Head, &body); err != nil {
			return nil, err
		}
		changes, total, err := r.Changes(ctx, at.From, at.To, nil)
		if err != nil {
			return nil, err
		}
		meta.Changed = sum(changes, total)
		if a.Resume == "" && total > 0 {
			listed := len(changes)
			if a.Patch {
				listed = patchTable
			}
			body.WriteString("\n" + changesTable(changes, total, listed, func(i int) string { return f.reason(changes[i]) }))
		}
		if a.Patch {
			p, err := patchPiece(ctx, r, repo.PatchQuery{
				From: at.From, To: at.To, Changes: changes,
				Skip: func(i int) bool { return f.reason(changes[i]) != "" },
				At:   repo.PatchPosition{File: at.File, Line: at.Line},
			}, key, &body)
			if err != nil {
				return nil, err
			}
			meta.NextArgs, p.NextArgs = p.NextArgs, nil
			meta.Patch = &p
		}
		return kit.Payload(meta, body.String()).Untrusted().Narrow("narrow with include and exclude"), nil
	})
}

// compare fills in how the two refs stand to each other and lists the commits
// of head. The difference it returns begins at the merge base.
func (m *compareMeta) compare(ctx context.Context, r *repo.Repo, base, head string, body *strings.Builder) (at resume, err error) {
	if m.Base, err = r.Resolve(ctx, base); err != nil {
		return at, err
	}
	if m.Head, err = r.Resolve(ctx, head); err != nil {
		return at, err
	}
	behind, ahead, err := r.Count(ctx, m.Base, m.Head)
	if err != nil {
		return at, err
	}
	m.Behind, m.Ahead = &behind, &ahead
	if m.MergeBase, err = r.MergeBase(ctx, m.Base, m.Head); err != nil {
		return at, err
	}
	at = resume{From: m.MergeBase, To: m.Head}
	if m.MergeBase == "" {
		at.From = m.Base
		m.Note = "the two have no common ancestor: the files are compared directly"
	}
	commits, err := r.Log(ctx, repo.LogQuery{From: m.Head, Not: m.Base, Limit: compareCommits})
	if err != nil {
		return at, err
	}
	for _, c := range commits {
		fmt.Fprintf(body, "%s\t%s\t%s\t%s\n", short(c.SHA), when(c.CommitDate), kit.Shorten(c.Author, 60), kit.Shorten(c.Subject, 200))
	}
	if rest := ahead - len(commits); rest > 0 {
		fmt.Fprintf(body, "…(+%d commits: list_commits ref=%s..%s)\n", rest, base, head)
	}
	return at, nil
}

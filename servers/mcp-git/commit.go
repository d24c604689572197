package main

import (
	"context"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-git/internal/repo"
)

type commitMeta struct {
	Repo       string     `json:"repo"`
	SHA        string     `json:"sha"`
	Parents    []string   `json:"parents,omitempty"`
	Author     string     `json:"author"`
	Email      string     `json:"email"`
	AuthorDate string     `json:"author_date"`
	Committer  string     `json:"committer,omitempty"`
	CommitDate string     `json:"commit_date,omitempty"`
	Changed    totals     `json:"changed"`
	Note       string     `json:"note,omitempty"`
	Patch      *patchMeta `json:"patch,omitempty"`

	NextArgs map[string]any `json:"next_args,omitempty"`
}

func (rs *repositories) getCommit() kit.Tool {
	type args struct {
		inRepo
		SHA    string   `arg:"sha,required" doc:"or a branch or tag" alias:"ref,commit,branch"`
		Detail string   `arg:"detail" enum:"stat,patch" default:"stat"`
		Paths  []string `arg:"paths,nosplit" doc:"only these files or folders" alias:"path,files"`
		Resume string   `arg:"resume" doc:"from next_args"`
	}
	return newTool(rs, kit.Def{
		Name:        "get_commit",
		Title:       "Get a commit",
		Description: "Message, changed files and, with detail=patch, the patch against the first parent.",
		Example:     `{"sha":"HEAD~1"}`,
	}, func(ctx context.Context, r *repo.Repo, a args) (*kit.Result, error) {
		paths, err := parsePaths(r, a.Paths)
		if err != nil {
			return nil, err
		}
		key := "get_commit " + strings.Join(paths, "\n")
		var at resume
		if a.Resume != "" {
			if at, err = readResume(ctx, r, key, a.Resume); err != nil {
				return nil, err
			}
			a.Detail = "patch"
		} else if at.To, err = r.Resolve(ctx, a.SHA); err != nil {
			return nil, err
		}
		c, err := r.Commit(ctx, at.To)
		if err != nil {
			return nil, err
		}
		meta := describeCommit(r, c)
		if at.From = repo.EmptyTree(c.SHA); len(c.Parents) > 0 {
			at.From = c.Parents[0]
		}
		changes, total, err := r.Changes(ctx, at.From, at.To, paths)
		if err != nil {
			return nil, err
		}
		meta.Changed = sum(changes, total)
		var body strings.Builder
		if a.Resume == "" {
			writeCommit(&body, c, changes, total, a.Detail == "patch")
		}
		if a.Detail == "patch" {
			p, err := patchPiece(ctx, r, repo.PatchQuery{
				From: at.From, To: at.To, Paths: paths, Changes: changes,
				Skip: func(int) bool { return false },
				At:   repo.PatchPosition{File: at.File, Line: at.Line},
			}, key, &body)
			if err != nil {
				return nil, err
			}
			meta.NextArgs, p.NextArgs = p.NextArgs, nil
			meta.Patch = &p
		}
		return kit.Payload(meta, body.String()).Untrusted().Narrow("narrow with paths"), nil
	})
}

func describeCommit(r *repo.Repo, c repo.Commit) commitMeta {
	meta := commitMeta{
		Repo: r.Root(), SHA: c.SHA, Parents: c.Parents,
		Author: kit.Shorten(c.Author, 100), Email: kit.Shorten(c.AuthorEmail, 100), AuthorDate: when(c.AuthorDate),
	}
	if c.Committer != c.Author || !c.CommitDate.Equal(c.AuthorDate) {
		meta.Committer, meta.CommitDate = kit.Shorten(c.Committer, 100), when(c.CommitDate)
	}
	if len(c.Parents) > 1 {
		meta.Note = "a merge: the changes are those against its first parent"
	}
	return meta
}

// shortMessage is what is shown of a message before a patch.
const shortMessage = 4_000

func writeCommit(b *strings.Builder, c repo.Commit, changes []repo.Change, total int, patch bool) {
	message, files := c.Message, len(changes)
	if patch {
		message, files = kit.Shorten(message, shortMessage), patchTable
	}
	b.WriteString(c.Subject + "\n")
	if message != "" {
		b.WriteString("\n" + message + "\n")
	}
	if total > 0 {
		b.WriteString("\n" + changesTable(changes, total, files, nothingOmitted))
	}
}

func parsePaths(r *repo.Repo, args []string) ([]string, error) {
	var paths []string
	for _, arg := range args {
		p, err := r.ParsePath(arg)
		if err != nil {
			return nil, err
		}
		if p != "" {
			paths = append(paths, p)
		}
	}
	return paths, nil
}

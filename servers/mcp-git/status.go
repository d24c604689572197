package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-git/internal/repo"
)

type statusHead struct {
	Repo      string   `json:"repo"`
	Branch    string   `json:"branch,omitempty"`
	Head      string   `json:"head,omitempty"`
	Upstream  string   `json:"upstream,omitempty"`
	Ahead     int      `json:"ahead,omitempty"`
	Behind    int      `json:"behind,omitempty"`
	Operation string   `json:"operation,omitempty"` // merge, rebase, … under way
	Clean     bool     `json:"clean"`
	Warnings  []string `json:"warnings,omitempty"`
}

type statusRow struct {
	Path     string `json:"path"`
	Index    string `json:"index,omitempty"`
	Worktree string `json:"worktree,omitempty"`
	Kind     string `json:"kind"`
	OldPath  string `json:"old_path,omitempty"`
}

func (rs *repositories) getStatus() kit.Tool {
	type args struct {
		inRepo
		Path      string `arg:"path" alias:"file"`
		Untracked string `arg:"untracked" enum:"folders,all" default:"folders" doc:"all lists each untracked file"`
		kit.Paging
	}
	return newTool(rs, kit.Def{
		Name:        "get_status",
		Title:       "Get the status",
		Description: "Branch, upstream, unfinished merge or rebase, and changed files: index is what is staged, worktree what is not (M A D R T U).",
		Output:      statusHead{},
		ListName:    "files",
		PerPage:     50,
		MaxPerPage:  500,
	}, func(ctx context.Context, r *repo.Repo, a args) (*kit.Result, error) {
		path, err := r.ParsePath(a.Path)
		if err != nil {
			return nil, err
		}
		s, err := r.Status(ctx, []string{path}, a.Untracked == "all")
		if err != nil {
			return nil, err
		}
		head := statusHead{
			Repo: r.Root(), Branch: s.Branch, Head: short(s.Head), Upstream: s.Upstream,
			Ahead: s.Ahead, Behind: s.Behind, Operation: s.Operation, Clean: len(s.Files) == 0,
		}
		if s.More {
			head.Warnings = append(head.Warnings, fmt.Sprintf("only the first %d files are listed; narrow with path", len(s.Files)))
		}
		if len(s.Filters) > 0 && !head.Clean {
			head.Warnings = append(head.Warnings, "the filters of this repository ("+strings.Join(s.Filters, ", ")+
				") are not run: a file that they rewrite may be listed as changed when only its time stamp is new")
		}
		rows := make([]statusRow, 0, len(s.Files))
		for _, f := range s.Files {
			rows = append(rows, statusRow{Path: show(f.Path), Index: f.Index, Worktree: f.Worktree, Kind: f.Kind, OldPath: show(f.OldPath)})
		}
		return kit.Records(head, kit.Slice(a.Paging, rows)).Untrusted().Narrow("narrow with path"), nil
	})
}

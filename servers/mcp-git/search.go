package main

import (
	"context"
	"fmt"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-git/internal/repo"
)

type searchHead struct {
	Repo     string   `json:"repo"`
	Source   string   `json:"source"` // working tree, or a sha
	Warnings []string `json:"warnings,omitempty"`
}

type matchRow struct {
	Path   string   `json:"path"`
	Line   int      `json:"line"`
	Text   string   `json:"text"`
	Before []string `json:"before,omitempty"`
	After  []string `json:"after,omitempty"`
}

const workingTree = "working tree"

func (rs *repositories) searchCode() kit.Tool {
	type args struct {
		inRepo
		Query      string   `arg:"query,required,raw" doc:"text of one line" alias:"pattern,text,regexp"`
		Regex      bool     `arg:"regex" doc:"query is a Perl-compatible regular expression" alias:"is_regex"`
		IgnoreCase bool     `arg:"ignore_case" alias:"case_insensitive"`
		Paths      []string `arg:"path" doc:"files, folders or globs such as *.go" alias:"paths,glob,include"`
		Ref        string   `arg:"ref,loose" doc:"default: the working tree, as .gitignore lets through"`
		Context    int      `arg:"context_lines,clamp" doc:"around each match" max:"10" alias:"context"`
		kit.Paging
	}
	return newTool(rs, kit.Def{
		Name:        "search_code",
		Title:       "Search code",
		Description: "Lines that contain a text or match a regular expression. Binary files are left out.",
		Output:      searchHead{},
		ListName:    "matches",
		PerPage:     50,
		MaxPerPage:  500,
		Example:     `{"query":"TODO","path":"cmd"}`,
	}, func(ctx context.Context, r *repo.Repo, a args) (*kit.Result, error) {
		var err error
		q := repo.GrepQuery{Text: a.Query, Regex: a.Regex, IgnoreCase: a.IgnoreCase, Context: a.Context}
		head := searchHead{Repo: r.Root(), Source: workingTree}
		if a.Ref == "" && r.Bare() {
			a.Ref = "HEAD"
		}
		if a.Ref != "" {
			if q.SHA, err = r.Resolve(ctx, a.Ref); err != nil {
				return nil, err
			}
			head.Source = short(q.SHA)
		} else if head.Warnings, err = searchGap(ctx, r); err != nil {
			return nil, err
		}
		if q.Paths, err = searchPaths(r, a.Paths, q.SHA == ""); err != nil {
			return nil, err
		}
		q.Skip, q.Limit = a.Window()
		found, err := r.Grep(ctx, q)
		if err != nil {
			return nil, err
		}
		rows := make([]matchRow, 0, len(found.Matches))
		for _, m := range found.Matches {
			rows = append(rows, matchRow{Path: m.Path, Line: m.Line, Text: m.Text, Before: m.Before, After: m.After})
		}
		result := kit.Records(head, kit.Window(a.Paging, rows, found.More)).Untrusted().Narrow("narrow with path")
		if q.SHA != "" {
			result.Pin("ref", q.SHA)
		}
		return result, nil
	})
}

// searchGap says what a search of the working tree does not see: silence would
// be taken for "not there".
func searchGap(ctx context.Context, r *repo.Repo) ([]string, error) {
	n, err := r.GrepGap(ctx)
	if err != nil || n == 0 {
		return nil, err
	}
	return []string{fmt.Sprintf("%d tracked files that .gitignore names are not searched in the working tree; ref=HEAD searches them", n)}, nil
}

func searchPaths(r *repo.Repo, args []string, worktree bool) ([]string, error) {
	var paths []string
	for _, arg := range args {
		p, err := r.ParsePath(arg)
		if err != nil {
			return nil, err
		}
		if worktree {
			if err := r.CheckWorktreePath(p); err != nil {
				return nil, err
			}
		}
		if p != "" {
			paths = append(paths, p)
		}
	}
	return paths, nil
}

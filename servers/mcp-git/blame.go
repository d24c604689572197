package main

import (
	"context"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-git/internal/repo"
)

type blameHead struct {
	Repo       string `json:"repo"`
	Path       string `json:"path"`
	Commit     string `json:"commit"`
	TotalLines int    `json:"total_lines"`
	StartLine  int    `json:"start_line"`
	EndLine    int    `json:"end_line"`
	Hint       string `json:"hint,omitempty"`
}

type blameRow struct {
	Start   int    `json:"start_line"`
	End     int    `json:"end_line"`
	SHA     string `json:"sha"`
	Date    string `json:"date"`
	Author  string `json:"author"`
	Subject string `json:"subject"`
	Path    string `json:"path,omitempty"` // where the lines came from
}

// blameLines is how many lines one call looks at; git walks the history until
// it has found the origin of each.
const blameLines = 2_000

func (rs *repositories) getBlame() kit.Tool {
	type args struct {
		inRepo
		Path  string `arg:"path,required" alias:"file,file_path"`
		Ref   string `arg:"ref,loose" default:"HEAD"`
		Start int    `arg:"start_line" default:"1" min:"1" alias:"start"`
		End   int    `arg:"end_line" min:"1" alias:"end"`
		kit.Paging
	}
	return newTool(rs, kit.Def{
		Name:        "get_blame",
		Title:       "Get blame",
		Description: "Which commit last changed each range of lines of a committed file.",
		Output:      blameHead{},
		ListName:    "ranges",
		PerPage:     50,
		MaxPerPage:  500,
		Example:     `{"path":"main.go","start_line":10,"end_line":20}`,
	}, func(ctx context.Context, r *repo.Repo, a args) (*kit.Result, error) {
		sha, err := r.Resolve(ctx, a.Ref)
		if err != nil {
			return nil, err
		}
		head, path, err := blameWindow(ctx, r, sha, a.Path, a.Start, a.End)
		if err != nil {
			return nil, err
		}
		head.Commit = short(sha)
		var rows []blameRow
		if head.TotalLines > 0 {
			ranges, err := r.Blame(ctx, sha, path, head.StartLine, head.EndLine)
			if err != nil {
				return nil, err
			}
			for _, b := range ranges {
				rows = append(rows, blameRow{
					Start: b.Start, End: b.End, SHA: short(b.SHA), Date: when(b.Date),
					Author: kit.Shorten(b.Author, 60), Subject: kit.Shorten(b.Summary, 120), Path: b.Path,
				})
			}
		}
		return kit.Records(head, kit.Slice(a.Paging, rows)).Pin("ref", sha).Untrusted().Narrow("narrow with start_line and end_line"), nil
	})
}

// blameWindow says which lines to look at: git refuses a first line after the
// end of the file, and its message would not say what there is.
func blameWindow(ctx context.Context, r *repo.Repo, sha, arg string, start, end int) (blameHead, string, error) {
	path, err := r.ParsePath(arg)
	if err != nil {
		return blameHead{}, "", err
	}
	f, err := r.File(ctx, repo.FileQuery{SHA: sha, Path: path, Fits: func(string) bool { return false }})
	if err != nil {
		return blameHead{}, "", err
	}
	head := blameHead{Repo: r.Root(), Path: f.Path, TotalLines: f.TotalLines, StartLine: start}
	if f.Kind != "text" || f.TotalLines < 0 {
		return head, "", &repo.Error{Kind: repo.Unsupported, Message: f.Path + " has no lines to blame: it is a " + f.Kind}
	}
	if start > max(f.TotalLines, 1) {
		return head, "", &repo.Error{Kind: repo.Invalid, Message: f.Path + " ends before start_line", Hint: lines(f.TotalLines)}
	}
	if end != 0 && end < start {
		return head, "", &repo.Error{Kind: repo.Invalid, Message: "end_line is before start_line", Hint: lines(f.TotalLines)}
	}
	head.EndLine = f.TotalLines
	if end != 0 {
		head.EndLine = min(end, f.TotalLines)
	}
	if last := start + blameLines - 1; head.EndLine > last {
		head.EndLine = last
		head.Hint = "for the lines after that: " + startLine(last+1)
	}
	return head, path, nil
}

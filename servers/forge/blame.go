package forge

import (
	"context"

	"github.com/loom-core/loom/servers/kit"
)

type getBlameArgs struct {
	Repo  string `arg:"repo,required" doc:"{repo}"`
	Path  string `arg:"path,required"`
	Ref   string `arg:"ref"`
	Start int    `arg:"start_line" min:"1"`
	End   int    `arg:"end_line" min:"1"`
	kit.Paging
}

type blameRow struct {
	Lines string `json:"lines"` // 3-9
	commitRow
}

func (f *forge) getBlame() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "get_blame", Title: "Get blame", Description: "Which commit wrote which lines of a file.",
		Hints: kit.ReadWorld, ListName: "ranges", PerPage: 50, Toolset: setExtras, Example: `{"repo":"acme/web","path":"main.go","start_line":1,"end_line":40}`,
	}), func(ctx context.Context, a getBlameArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		name, err := filePath(a.Path)
		if err != nil {
			return nil, err
		}
		if err := refName("ref", a.Ref); err != nil {
			return nil, err
		}
		list, err := b.(Blamer).Blame(ctx, repo, a.Ref, name)
		if IsCode(err, kit.NotFound) {
			return nil, f.nearestPaths(ctx, b, repo, a.Ref, name, err)
		}
		if err != nil {
			return nil, err
		}
		var rows []blameRow
		for _, r := range list {
			start, end := max(r.Start, a.Start), r.End
			if a.End > 0 {
				end = min(end, a.End)
			}
			if start <= end {
				rows = append(rows, blameRow{span(start, end), newCommitRow(r.Commit)})
			}
		}
		if len(list) > 0 && len(rows) == 0 {
			return nil, kit.Errorf(kit.InvalidArgument, "%s has %d lines, so that none is from %d to %d", name, list[len(list)-1].End, max(a.Start, 1), max(a.Start, a.End))
		}
		return kit.Records(nil, kit.Slice(a.Paging, rows)).Untrusted().Narrow("set start_line and end_line"), nil
	})
}

func span(start, end int) string {
	if start == end {
		return itoa(start)
	}
	return itoa(start) + "-" + itoa(end)
}

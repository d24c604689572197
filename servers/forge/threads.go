package forge

import (
	"context"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

type threadRow struct {
	ID       string       `json:"thread_id"`
	Where    string       `json:"where"`
	Resolved bool         `json:"resolved,omitempty"`
	Outdated bool         `json:"outdated,omitempty"`
	Code     string       `json:"code,omitempty"`
	Comments []threadNote `json:"comments,omitempty"`
}

type threadNote struct {
	Author string `json:"author"`
	Date   string `json:"date,omitempty"`
	Body   string `json:"body"`
}

const codeLines = 4 // of the hunk, up to the line

func newThreadRow(t Thread) threadRow {
	row := threadRow{ID: t.ID, Where: t.Path, Resolved: t.Resolved, Outdated: t.Outdated}
	if t.Path == "" {
		row.Where = "the whole"
	}
	if t.Line > 0 {
		row.Where += ":" + itoa(t.Line)
	}
	if t.Side == "LEFT" {
		row.Where += " (before)"
	}
	hunk := lines(t.Hunk)
	if len(hunk) > 0 && strings.HasPrefix(hunk[0], "@@") {
		hunk = hunk[1:]
	}
	for i, line := range hunk {
		hunk[i] = short(line, titleRunes)
	}
	row.Code = strings.Join(hunk[max(0, len(hunk)-codeLines):], "\n")
	for _, c := range t.Comments {
		row.Comments = append(row.Comments, threadNote{c.Author, when(c.Created), c.Body})
	}
	return row
}

type listThreadsArgs struct {
	Repo       string `arg:"repo,required" doc:"{repo}"`
	Number     int    `arg:"number,required" min:"1"`
	Unresolved bool   `arg:"unresolved" default:"true" doc:"only those"`
	Path       string `arg:"path" doc:"glob"`
	kit.Paging
}

func (f *forge) listThreads() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "list_review_threads", Title: "List review threads", Description: "Conversations at lines of a {pull request}.",
		Hints: kit.ReadWorld, ListName: "threads", Example: `{"repo":"acme/web","number":7}`,
	}), func(ctx context.Context, a listThreadsArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		threads, err := b.Threads(ctx, repo, a.Number)
		if err != nil {
			return nil, hinted(err, kit.NotFound, "%s", f.Nouns.say("list_{pull}s repo="+repo+" has the numbers"))
		}
		var g globs
		if a.Path != "" {
			if g, err = newGlobs([]string{a.Path}); err != nil {
				return nil, err
			}
		}
		var rows []threadRow
		for _, t := range threads {
			if a.Unresolved && t.Resolved || g != nil && g.match(t.Path) == "" {
				continue
			}
			rows = append(rows, newThreadRow(t))
		}
		return kit.Records(nil, kit.Slice(a.Paging, rows)).Untrusted().Narrow("narrow with path"), nil
	})
}

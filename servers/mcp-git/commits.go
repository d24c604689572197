package main

import (
	"context"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/mcp-git/internal/repo"
)

type commitsHead struct {
	Repo  string `json:"repo"`
	Ref   string `json:"ref"`
	Since string `json:"since,omitempty"`
	Until string `json:"until,omitempty"`
}

type commitRow struct {
	SHA     string `json:"sha"`
	Date    string `json:"date"`
	Author  string `json:"author"`
	Subject string `json:"subject"`
	Merge   bool   `json:"merge,omitempty"`
}

func (rs *repositories) listCommits() kit.Tool {
	type args struct {
		inRepo
		Ref    string `arg:"ref,loose" default:"HEAD" doc:"or a range, v1.0..main"`
		Path   string `arg:"path" doc:"only commits that changed this file or folder" alias:"file"`
		Author string `arg:"author" doc:"part of name or email"`
		Query  string `arg:"query" doc:"part of the message" alias:"grep,message"`
		Since  string `arg:"since" alias:"start,after_date"`
		Until  string `arg:"until" alias:"end,before"`
		kit.Paging
	}
	return newTool(rs, kit.Def{
		Name:        "list_commits",
		Title:       "List commits",
		Description: "Commits that ref reaches, newest first.",
		Output:      commitsHead{},
		ListName:    "commits",
		Example:     `{"path":"main.go","since":"2w"}`,
	}, func(ctx context.Context, r *repo.Repo, a args) (*kit.Result, error) {
		since, until, err := span(a.Since, a.Until, rs.clock())
		if err != nil {
			return nil, err
		}
		q := repo.LogQuery{Author: a.Author, Query: a.Query, Since: since, Until: until}
		var pinned string
		if q.From, q.Not, pinned, err = ends(ctx, r, a.Ref); err != nil {
			return nil, err
		}
		if q.Path, err = r.ParsePath(a.Path); err != nil {
			return nil, err
		}
		offset, limit := a.Window()
		q.Skip, q.Limit = offset, limit+1
		commits, err := r.Log(ctx, q)
		if err != nil {
			return nil, err
		}
		rows := make([]commitRow, 0, len(commits))
		for _, c := range commits[:min(limit, len(commits))] {
			rows = append(rows, commitRow{
				SHA: short(c.SHA), Date: when(c.CommitDate), Author: kit.Shorten(c.Author, 60),
				Subject: kit.Shorten(c.Subject, 200), Merge: len(c.Parents) > 1,
			})
		}
		head := commitsHead{Repo: r.Root(), Ref: a.Ref, Since: when(since), Until: when(until)}
		return kit.Records(head, kit.Window(a.Paging, rows, len(commits) > limit)).
			Pin("ref", pinned).Untrusted().Narrow("narrow with path, author or since"), nil
	})
}

// ends resolves a ref or a range of two. pinned is the same in shas, so that
// the next page is one of the same list when a branch has moved.
func ends(ctx context.Context, r *repo.Repo, ref string) (from, not, pinned string, err error) {
	left, right, isRange := strings.Cut(ref, "..")
	if !isRange {
		from, err = r.Resolve(ctx, ref)
		return from, "", from, err
	}
	if strings.HasPrefix(right, ".") {
		return "", "", "", &repo.Error{Kind: repo.Invalid, Message: "ref " + ref + " has three dots", Hint: "use two, or compare_refs"}
	}
	if left == "" {
		left = "HEAD"
	}
	if right == "" {
		right = "HEAD"
	}
	if not, err = r.Resolve(ctx, left); err != nil {
		return "", "", "", err
	}
	from, err = r.Resolve(ctx, right)
	return from, not, not + ".." + from, err
}

// span reads since and until; either may be empty.
func span(since, until string, now time.Time) (from, to time.Time, err error) {
	if since != "" {
		if from, err = kit.ParseTime(since, now); err != nil {
			return from, to, kit.Errorf(kit.InvalidArgument, "argument \"since\": %w", err)
		}
	}
	if until != "" {
		if to, err = kit.ParseTime(until, now); err != nil {
			return from, to, kit.Errorf(kit.InvalidArgument, "argument \"until\": %w", err)
		}
	}
	if since != "" && until != "" && !from.Before(to) {
		return from, to, kit.Errorf(kit.InvalidArgument, "since %s is not before until %s", when(from), when(to)).
			WithHint("for example since=%s until=%s", when(to.AddDate(0, 0, -7)), when(to))
	}
	return from, to, nil
}

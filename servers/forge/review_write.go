package forge

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/forge/patch"
	"github.com/loom-core/loom/servers/kit"
)

type lineArg struct {
	Path       string `arg:"path,required"`
	Line       int    `arg:"line,required" min:"1"`
	Start      int    `arg:"start_line" min:"1"`
	Side       string `arg:"side" enum:"RIGHT,LEFT" default:"RIGHT" doc:"LEFT: before the change"`
	Body       string `arg:"body,raw"`
	Suggestion string `arg:"suggestion,raw" doc:"new text of the lines"`
}

type createReviewArgs struct {
	Repo     string    `arg:"repo,required" doc:"{repo}"`
	Number   int       `arg:"number,required" min:"1"`
	Event    string    `arg:"event" enum:"comment,approve,request_changes" default:"comment"`
	Body     string    `arg:"body,raw"`
	Comments []lineArg `arg:"comments"`
	DryRun   bool      `arg:"dry_run" doc:"only check the lines"`
}

type reviewMade struct {
	Changed  bool       `json:"changed"`
	ID       string     `json:"review_id,omitempty"`
	State    string     `json:"state,omitempty"`
	URL      string     `json:"url,omitempty"`
	Posted   int        `json:"posted"`
	Rejected []rejected `json:"rejected,omitempty"`
	Hints    []string   `json:"hints,omitempty"`
}

// rejected is a comment that was not posted, and where it could be.
type rejected struct {
	Index   int    `json:"index"`
	Path    string `json:"path"`
	Line    int    `json:"line"`
	Side    string `json:"side"`
	Reason  string `json:"reason"`
	Nearest []int  `json:"nearest_lines,omitempty"`
	Shown   string `json:"lines_in_diff,omitempty"`
}

func (f *forge) createReview() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "create_review", Title: "Create review",
		Description: "A review with comments at lines of the diff. Comments at other lines are not posted: they are in rejected, with the nearest lines that can be.",
		Hints:       creates, Output: reviewMade{},
		Example: `{"repo":"acme/web","number":7,"event":"request_changes","body":"One thing.","comments":[{"path":"login.go","line":12,"body":"401, not 403?"}]}`,
	}), func(ctx context.Context, a createReviewArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		p, err := f.pull(ctx, b, repo, a.Number)
		if err != nil {
			return nil, err
		}
		if p.State != "open" {
			return nil, kit.Errorf(kit.FailedPrecondition, "%s %d is %s", strings.ReplaceAll(f.Nouns.Pull, "_", " "), a.Number, p.State).WithHint("use add_comment with kind=pull")
		}
		var made reviewMade
		var comments []LineComment
		if a.Comments != nil {
			diff, err := b.PullDiff(ctx, repo, a.Number)
			if err != nil {
				return nil, err
			}
			comments, made.Rejected = f.place(a.Comments, patch.Parse(diff))
		}
		if a.DryRun {
			made.Hints = append(made.Hints, fmt.Sprintf("a dry run: %s would be posted", count(len(comments), "comment")))
			return kit.Record(made), nil
		}
		if len(comments) == 0 && strings.TrimSpace(a.Body) == "" && a.Event != "approve" {
			if made.Rejected == nil {
				return nil, kit.Errorf(kit.InvalidArgument, "the review says nothing: body or comments is required with event=%s", a.Event)
			}
			made.Hints = append(made.Hints, "nothing was posted: no comment is at a line of the diff, and there is no body")
			return kit.Record(made).Untrusted(), nil
		}
		review, err := b.CreateReview(ctx, repo, a.Number, NewReview{Event: a.Event, Body: a.Body, Commit: p.HeadSHA, Comments: comments})
		if err != nil {
			if a.Event != "comment" && strings.Contains(err.Error(), "your own") {
				for _, code := range []kit.Code{kit.InvalidArgument, kit.FailedPrecondition} {
					err = hinted(err, code, "nobody may approve or request changes of their own; event=comment works")
				}
			}
			return nil, err
		}
		made.Changed, made.ID, made.State, made.URL, made.Posted = true, review.ID, review.State, review.URL, len(comments)
		if made.Rejected != nil {
			made.Hints = append(made.Hints, count(len(made.Rejected), "comment")+" of "+itoa(len(a.Comments))+" NOT posted, see rejected; send them again at a line that can be")
		}
		return kit.Record(made).Untrusted(), nil
	})
}

const nearestLines = 4

// place sorts comments by whether their lines are in the diff.
func (f *forge) place(args []lineArg, files []patch.File) (good []LineComment, bad []rejected) {
	var paths []string
	for _, file := range files {
		paths = append(paths, file.Path)
	}
	for i, a := range args {
		no := rejected{Index: i, Path: a.Path, Line: a.Line, Side: a.Side}
		refuse := func(format string, v ...any) { no.Reason = fmt.Sprintf(format, v...); bad = append(bad, no) }
		body := a.body(f.Features)
		if strings.TrimSpace(body) == "" {
			refuse("it has no body")
			continue
		}
		at := slices.IndexFunc(files, func(file patch.File) bool { return file.Path == a.Path || file.Old == a.Path && a.Side == patch.Left })
		if at < 0 {
			if i := slices.IndexFunc(files, func(file patch.File) bool { return file.Old == a.Path }); i >= 0 {
				refuse("the file is now called %s; side=LEFT is for its old lines", files[i].Path)
			} else if near := kit.Nearest(a.Path, paths); near != "" {
				refuse("the file is not in the diff, did you mean %s?", near)
			} else {
				refuse("the file is not in the diff")
			}
			continue
		}
		side := files[at].Side(a.Side)
		last := patch.Find(side, a.Line)
		no.Nearest, no.Shown = patch.Nearest(side, a.Line, nearestLines), patch.Spans(side)
		switch {
		case len(side) == 0 && files[at].Binary:
			refuse("the file is binary")
			continue
		case len(side) == 0 && files[at].Omitted != "":
			refuse("its diff is not there: %s", files[at].Omitted)
			continue
		case len(side) == 0:
			refuse("the file has no lines on that side of the diff")
			continue
		case last == nil:
			refuse("the diff does not show that line")
			continue
		case a.Suggestion != "" && a.Side == patch.Left:
			refuse("a suggestion is for lines as they are now, side=RIGHT")
			continue
		case a.Start > a.Line:
			refuse("start_line is after line")
			continue
		}
		if a.Start > 0 {
			if first := patch.Find(side, a.Start); first == nil || first.Hunk != last.Hunk {
				refuse("start_line is not in the same hunk as line")
				continue
			}
		}
		c := LineComment{Path: files[at].Path, Side: a.Side, Body: body, Line: a.Line}
		if f.Features.ReviewRanges && a.Start < a.Line {
			c.Start = a.Start
		}
		good = append(good, c)
	}
	return good, bad
}

// body is the text with the suggestion. Where a forge has no comments of
// several lines, it says itself which are meant.
func (a lineArg) body(has Features) string {
	body, above := a.Body, ""
	several := a.Start > 0 && a.Start < a.Line
	if several && has.SuggestionLines {
		above = fmt.Sprintf(":-%d+0", a.Line-a.Start)
	}
	if several && !has.ReviewRanges {
		body = fmt.Sprintf("(lines %d to %d) %s", a.Start, a.Line, body)
	}
	if a.Suggestion != "" {
		fence := "```"
		for strings.Contains(a.Suggestion, fence) {
			fence += "`"
		}
		if body != "" {
			body += "\n\n"
		}
		body += fence + "suggestion" + above + "\n" + strings.TrimSuffix(a.Suggestion, "\n") + "\n" + fence
	}
	return body
}

type updateThreadArgs struct {
	Repo     string `arg:"repo,required" doc:"{repo}"`
	ID       string `arg:"thread_id,required"`
	Reply    string `arg:"reply,raw" alias:"body"`
	Resolved *bool  `arg:"resolved"`
}

type threadMade struct {
	Changed  bool   `json:"changed"`
	ID       string `json:"thread_id"`
	Replied  bool   `json:"replied,omitempty"`
	Resolved *bool  `json:"resolved,omitempty"`
	URL      string `json:"url,omitempty"`
}

func (f *forge) updateThread() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "update_review_thread", Title: "Update review thread", Description: "Answers a conversation, resolves it or opens it again.",
		Hints: creates, Output: threadMade{}, Example: `{"repo":"acme/web","thread_id":"7-123","reply":"Done.","resolved":true}`,
	}), func(ctx context.Context, a updateThreadArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		reply := strings.TrimSpace(a.Reply) != ""
		if !reply && a.Resolved == nil {
			return nil, kit.Errorf(kit.InvalidArgument, "what is to change: reply or resolved is required")
		}
		thread, err := b.GetThread(ctx, repo, a.ID)
		if err != nil {
			return nil, err
		}
		made := threadMade{ID: a.ID, Resolved: &thread.Resolved}
		if reply {
			if made.URL, err = b.ReplyThread(ctx, repo, a.ID, a.Reply); err != nil {
				return nil, err
			}
			made.Changed, made.Replied = true, true
		}
		if a.Resolved != nil && *a.Resolved != thread.Resolved {
			if err := b.ResolveThread(ctx, repo, a.ID, *a.Resolved); err != nil {
				if made.Replied {
					err = withHint(Half(err, "the reply was posted"), "call again with resolved and without reply")
				}
				return nil, err
			}
			made.Changed, made.Resolved = true, a.Resolved
		}
		return kit.Record(made), nil
	})
}

package forge

import (
	"context"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

type getPullArgs struct {
	Repo    string   `arg:"repo,required" doc:"{repo}"`
	Number  int      `arg:"number,required" min:"1"`
	Include []string `arg:"include" enum:"checks,reviews,threads,files,commits,comments" default:"checks,reviews"`
	From    int      `arg:"body_from" min:"0" doc:"where a long text goes on"`
}

// pullScreen is a pull request as a whole.
type pullScreen struct {
	Number     int          `json:"number"`
	Title      string       `json:"title"`
	State      string       `json:"state"`
	Draft      bool         `json:"draft,omitempty"`
	Author     string       `json:"author,omitempty"`
	Head       string       `json:"head"`
	HeadRepo   string       `json:"head_repo,omitempty"`
	HeadSHA    string       `json:"head_sha"`
	Base       string       `json:"base"`
	BaseSHA    string       `json:"base_sha,omitempty"`
	Labels     []string     `json:"labels,omitempty"`
	Assigned   []string     `json:"assignees,omitempty"`
	Reviewers  []string     `json:"reviewers,omitempty"`
	Milestone  string       `json:"milestone,omitempty"`
	Mergeable  *bool        `json:"mergeable,omitempty"`
	Blockers   []string     `json:"blockers,omitempty"`
	ReviewSays string       `json:"review,omitempty"`
	ChecksSay  string       `json:"checks_say,omitempty"`
	Unresolved *int         `json:"unresolved_threads,omitempty"`
	Changes    string       `json:"changes,omitempty"`
	Created    string       `json:"created,omitempty"`
	Updated    string       `json:"updated,omitempty"`
	Merged     string       `json:"merged,omitempty"`
	MergedBy   string       `json:"merged_by,omitempty"`
	MergeSHA   string       `json:"merge_sha,omitempty"`
	URL        string       `json:"url,omitempty"`
	Body       string       `json:"body,omitempty"`
	Checks     []checkRow   `json:"checks,omitempty"`
	Reviews    []reviewRow  `json:"reviews,omitempty"`
	Threads    []threadRow  `json:"threads,omitempty"`
	Files      []fileRow    `json:"files,omitempty"`
	Commits    []commitRow  `json:"commits,omitempty"`
	Comments   []commentRow `json:"comments,omitempty"`
	Warnings   []string     `json:"warnings,omitempty"`
}

type checkRow struct {
	Name     string `json:"name"`
	State    string `json:"state"`
	Required bool   `json:"required,omitempty"`
	Text     string `json:"text,omitempty"`
}

type reviewRow struct {
	Author   string `json:"author"`
	State    string `json:"state"`
	Stale    bool   `json:"stale,omitempty"`
	Date     string `json:"date,omitempty"`
	Comments int    `json:"comments,omitempty"`
	Body     string `json:"body,omitempty"`
}

type fileRow struct {
	Path      string `json:"path"`
	Status    string `json:"status"`
	Additions int    `json:"+"`
	Deletions int    `json:"-,"`
}

// pullLists bounds the lists of one answer.
const pullLists = 100

func (f *forge) getPull() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "get_{pull}", Title: "Get {pull request}", Description: "A {pull request}: text, what keeps it from being merged, checks, reviews.",
		Hints: kit.ReadWorld, Output: pullShape{}, Example: `{"repo":"acme/web","number":7,"include":["checks","reviews","files"]}`,
	}), func(ctx context.Context, a getPullArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		p, err := f.looked(ctx, b, repo, a.Number)
		if err != nil {
			return nil, err
		}
		s := newPullScreen(p)
		var warnings []string
		s.Body, warnings = bodyPart(p.Body, a.From)
		more, err := f.pullDetails(ctx, b, repo, p, a.Include, &s)
		if err != nil {
			return nil, err
		}
		s.Warnings = append(warnings, more...)
		return kit.Record(s).Untrusted().Narrow("ask for less with include"), nil
	})
}

// pull reads one, with the hint that fits when it is not there.
func (f *forge) pull(ctx context.Context, b Backend, repo string, number int) (Pull, error) {
	p, err := b.GetPull(ctx, repo, number)
	if err != nil {
		err = hinted(err, kit.NotFound, "%s", f.Nouns.say("list_{pull}s repo="+repo+" has them; "+itoa(number)+" may be an issue (get_issue), or the token may not see it"))
	}
	return p, err
}

func newPullScreen(p Pull) pullScreen {
	s := pullScreen{
		Number: p.Number, Title: p.Title, State: p.State, Draft: p.Draft, Author: p.Author,
		Head: p.Head, HeadRepo: p.HeadRepo, HeadSHA: p.HeadSHA, Base: p.Base, BaseSHA: p.BaseSHA,
		Labels: p.Labels, Assigned: p.Assignees, Reviewers: p.Reviewers, Milestone: p.Milestone,
		Created: when(p.Created), Updated: when(p.Updated), Merged: when(p.Merged), MergedBy: p.MergedBy, MergeSHA: p.MergeID, URL: p.URL,
	}
	if p.State == "open" {
		s.Mergeable = p.Mergeable
	}
	if p.Files != nil && p.Additions != nil && p.Deletions != nil {
		s.Changes = count(*p.Files, "file") + ", +" + itoa(*p.Additions) + " -" + itoa(*p.Deletions)
	}
	return s
}

// pullDetails asks for what is included, and for what the blockers need.
func (f *forge) pullDetails(ctx context.Context, b Backend, repo string, p Pull, include []string, s *pullScreen) ([]string, error) {
	var st pullState
	var tasks []upstream.Task
	add := func(name string, do func(ctx context.Context) error) { tasks = append(tasks, task(name, do)) }
	if p.State == "open" || contains(include, "checks") || contains(include, "reviews") {
		f.askState(b, repo, p, &st, add)
	}
	var notes []string // one task writes each
	note := func(at int, more bool, what string) {
		if more {
			notes[at] = "there are more " + what + " than the first " + itoa(pullLists)
		}
	}
	notes = make([]string, 3)
	if contains(include, "files") {
		add("files", func(ctx context.Context) error {
			list, more, err := all(ctx, f, pullLists, func(at At) (List[ChangedFile], error) { return b.PullFiles(ctx, repo, p.Number, at) })
			for _, one := range list {
				s.Files = append(s.Files, fileRow{one.Path, one.Status, one.Additions, one.Deletions})
			}
			note(0, more, "files")
			return err
		})
	}
	if contains(include, "commits") {
		add("commits", func(ctx context.Context) error {
			list, more, err := all(ctx, f, pullLists, func(at At) (List[Commit], error) { return b.PullCommits(ctx, repo, p.Number, at) })
			for _, one := range list {
				s.Commits = append(s.Commits, newCommitRow(one))
			}
			note(1, more, "commits")
			return err
		})
	}
	if contains(include, "comments") {
		add("comments", func(ctx context.Context) error {
			read := b.Comments
			if talker, ok := b.(PullTalker); ok {
				read = talker.PullComments
			}
			list, more, err := all(ctx, f, pullLists, func(at At) (List[Comment], error) { return read(ctx, repo, p.Number, at) })
			for _, one := range list {
				row := newCommentRow(one)
				row.Body = short(row.Body, bodyRunes*3)
				s.Comments = append(s.Comments, row)
			}
			note(2, more, "comments")
			return err
		})
	}
	warnings, err := upstream.Besides(ctx, tasks...)
	if err != nil {
		return nil, err
	}
	for _, text := range notes {
		if text != "" {
			warnings = append(warnings, text)
		}
	}
	st.show(p, include, s)
	return warnings, nil
}

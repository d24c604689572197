package forge

import (
	"context"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

type issueRow struct {
	Repo     string   `json:"repo,omitempty"`
	Number   int      `json:"number"`
	Title    string   `json:"title"`
	State    string   `json:"state"`
	Labels   []string `json:"labels,omitempty"`
	Author   string   `json:"author,omitempty"`
	Assigned []string `json:"assignees,omitempty"`
	Updated  string   `json:"updated,omitempty"`
	Comments int      `json:"comments,omitempty"`
}

func newIssueRow(i Issue) issueRow {
	return issueRow{
		Repo: i.Repo, Number: i.Number, Title: short(i.Title, titleRunes), State: i.State, Labels: i.Labels,
		Author: i.Author, Assigned: i.Assignees, Updated: when(i.Updated), Comments: i.Comments,
	}
}

type listIssuesArgs struct {
	Repo      string   `arg:"repo,required" doc:"{repo}"`
	State     string   `arg:"state" enum:"open,closed,all" default:"open"`
	Labels    []string `arg:"labels" doc:"all of them"`
	Assignee  string   `arg:"assignee"`
	Author    string   `arg:"author" alias:"creator"`
	Milestone string   `arg:"milestone"`
	Since     string   `arg:"since" doc:"updated after"`
	Sort      string   `arg:"sort" enum:"updated,created,comments"`
	kit.Fields
	kit.Paging
}

func (f *forge) listIssues() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "list_issues", Title: "List issues", Description: "Issues of a repository, without {pull request}s.",
		Hints: kit.ReadWorld, ListName: "issues", Example: `{"repo":"acme/web","labels":["bug"]}`,
	}), func(ctx context.Context, a listIssuesArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		filter := IssueFilter{State: a.State, Labels: a.Labels, Assignee: a.Assignee, Author: a.Author, Milestone: a.Milestone, Sort: a.Sort}
		if filter.Since, err = f.time("since", a.Since); err != nil {
			return nil, err
		}
		page, err := filtered(ctx, f, a.Paging, applied(f.Features.IssueFilters, filter.set()),
			func(at At) (List[Issue], error) { return b.ListIssues(ctx, repo, filter, at) }, filter.match)
		if err != nil {
			return nil, err
		}
		rows := convert(page, func(i Issue) issueRow { i.Repo = ""; return newIssueRow(i) })
		return kit.Records(nil, rows).Untrusted().Narrow("narrow with state, labels or since"), nil
	})
}

// set are the filters that are, by their argument. Of several labels a forge may
// want one only.
func (i IssueFilter) set() map[string]bool {
	return map[string]bool{
		"assignee": i.Assignee != "", "author": i.Author != "", "milestone": i.Milestone != "", "since": !i.Since.IsZero(),
		"label": len(i.Labels) == 1, "labels": len(i.Labels) > 1,
	}
}

// match applies what the forge may not have.
func (i IssueFilter) match(one Issue) bool {
	switch {
	case i.State != "" && i.State != "all" && one.State != i.State,
		i.Author != "" && !strings.EqualFold(one.Author, i.Author),
		i.Assignee != "" && !contains(one.Assignees, i.Assignee),
		i.Milestone != "" && !strings.EqualFold(one.Milestone, i.Milestone),
		i.Pulls != one.Pull,
		!i.Since.IsZero() && one.Updated.Before(i.Since):
		return false
	}
	for _, label := range i.Labels {
		if !contains(one.Labels, label) {
			return false
		}
	}
	return true
}

type searchIssuesArgs struct {
	Query  string   `arg:"query,required"`
	Repo   string   `arg:"repo" doc:"{repo}; none: all that can be seen"`
	Type   string   `arg:"type" enum:"issue,pull" default:"issue"`
	State  string   `arg:"state" enum:"open,closed,all" default:"all"`
	Labels []string `arg:"labels"`
	Author string   `arg:"author"`
	kit.Paging
}

func (f *forge) searchIssues() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "search_issues", Title: "Search issues", Description: "Issues or {pull request}s by words in title and text.",
		Hints: kit.ReadWorld, ListName: "issues", Example: `{"query":"login fails","repo":"acme/web"}`,
	}), func(ctx context.Context, a searchIssuesArgs) (*kit.Result, error) {
		repo := a.Repo
		if repo != "" {
			var err error
			if repo, err = f.repo(repo); err != nil {
				return nil, err
			}
		}
		filter := IssueFilter{State: a.State, Labels: a.Labels, Author: a.Author, Pulls: a.Type == "pull"}
		// Words of a search may name other repositories than the one that is given:
		// neither what they have is shown, nor how much that is.
		trusted := applied(f.Features.IssueFilters, filter.set()) && f.allowed == nil
		page, err := filtered(ctx, f, a.Paging, trusted,
			func(at At) (List[Issue], error) { return f.backend(ctx).SearchIssues(ctx, repo, a.Query, filter, at) },
			func(i Issue) bool { return filter.match(i) && (i.Repo == "" && repo != "" || f.allowed.has(i.Repo)) })
		if err != nil {
			return nil, err
		}
		return kit.Records(nil, convert(page, newIssueRow)).Untrusted().Narrow("narrow with repo, state or labels"), nil
	})
}

type getIssueArgs struct {
	Repo    string   `arg:"repo,required" doc:"{repo}"`
	Number  int      `arg:"number,required" min:"1"`
	Include []string `arg:"include" enum:"comments,timeline" default:"comments"`
	From    int      `arg:"body_from" min:"0" doc:"where a long text goes on"`
	kit.Paging
}

// issueScreen is an issue as a whole. Comments and events are a page of a list.
type issueScreen struct {
	Number    int      `json:"number"`
	Title     string   `json:"title"`
	State     string   `json:"state"`
	Author    string   `json:"author,omitempty"`
	Labels    []string `json:"labels,omitempty"`
	Assigned  []string `json:"assignees,omitempty"`
	Milestone string   `json:"milestone,omitempty"`
	Created   string   `json:"created,omitempty"`
	Updated   string   `json:"updated,omitempty"`
	Closed    string   `json:"closed,omitempty"`
	Locked    bool     `json:"locked,omitempty"`
	IsPull    bool     `json:"is_pull,omitempty"`
	URL       string   `json:"url,omitempty"`
	Comments  int      `json:"comment_count,omitempty"`
	Body      string   `json:"body,omitempty"`
	Timeline  []event  `json:"timeline,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
}

type event struct {
	Date  string `json:"date,omitempty"`
	Type  string `json:"type"`
	Actor string `json:"actor,omitempty"`
	Text  string `json:"text,omitempty"`
}

type commentRow struct {
	ID     string `json:"id"`
	Author string `json:"author,omitempty"`
	Date   string `json:"date,omitempty"`
	Edited string `json:"edited,omitempty"`
	Body   string `json:"body"`
}

func newCommentRow(c Comment) commentRow {
	row := commentRow{ID: c.ID, Author: c.Author, Date: when(c.Created), Body: c.Body}
	if c.Updated.After(c.Created) {
		row.Edited = when(c.Updated)
	}
	return row
}

func newIssueScreen(i Issue) issueScreen {
	return issueScreen{
		Number: i.Number, Title: i.Title, State: i.State, Author: i.Author, Labels: i.Labels, Assigned: i.Assignees, Milestone: i.Milestone,
		Created: when(i.Created), Updated: when(i.Updated), Closed: when(i.Closed), Locked: i.Locked, IsPull: i.Pull, URL: i.URL,
		Comments: i.Comments, Body: i.Body,
	}
}

const maxEvents = 100

func (f *forge) getIssue() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "get_issue", Title: "Get issue", Description: "An issue with its text and a page of its comments, the oldest first.",
		Hints: kit.ReadWorld, Output: issueShape{}, ListName: "comments", Example: `{"repo":"acme/web","number":42}`,
	}), func(ctx context.Context, a getIssueArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		issue, err := b.GetIssue(ctx, repo, a.Number)
		if err != nil {
			return nil, hinted(err, kit.NotFound, "list_issues repo=%s or search_issues find it; the token may not see it", repo)
		}
		screen := newIssueScreen(issue)
		screen.Body, screen.Warnings = bodyPart(issue.Body, a.From)
		if issue.Pull {
			screen.Warnings = append(screen.Warnings, f.Nouns.say("this is a {pull request}: get_{pull} says more"))
		}
		page := kit.Slice(a.Paging, []Comment(nil))
		if contains(a.Include, "comments") {
			page, err = fetch(ctx, f, a.Paging, func(at At) (List[Comment], error) { return b.Comments(ctx, repo, a.Number, at) })
			if err != nil {
				return nil, err
			}
		}
		if contains(a.Include, "timeline") {
			events, more, err := all(ctx, f, maxEvents, func(at At) (List[Event], error) { return b.Events(ctx, repo, a.Number, at) })
			if err != nil {
				return nil, err
			}
			for _, e := range events {
				screen.Timeline = append(screen.Timeline, event{when(e.Date), e.Type, e.Actor, short(e.Text, titleRunes)})
			}
			if more {
				screen.Warnings = append(screen.Warnings, "the timeline has more than these "+itoa(len(events))+" events")
			}
		}
		return kit.Records(screen, convert(page, newCommentRow)).Untrusted().Narrow("ask for fewer comments with per_page"), nil
	})
}

type metadataHead struct {
	Labels     []Label        `json:"labels,omitempty"`
	Milestones []milestoneRow `json:"milestones,omitempty"`
	Assignees  []string       `json:"assignees,omitempty"`
	Types      []string       `json:"types,omitempty"`
}

type milestoneRow struct {
	Title  string `json:"title"`
	State  string `json:"state"`
	Open   int    `json:"open"`
	Closed int    `json:"closed"`
	Due    string `json:"due,omitempty"`
}

func (f *forge) listIssueMetadata() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "list_issue_metadata", Title: "List issue metadata", Description: "Names that issues can have: labels, milestones, assignees.",
		Hints: kit.ReadWorld, Output: metadataHead{}, Toolset: setExtras, Example: `{"repo":"acme/web"}`,
	}), func(ctx context.Context, a repoArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		m, err := b.IssueMetadata(ctx, repo)
		if err != nil {
			return nil, err
		}
		head := metadataHead{Labels: m.Labels, Assignees: m.Assignees, Types: m.Types}
		for i := range head.Labels {
			head.Labels[i].Description = short(head.Labels[i].Description, titleRunes)
		}
		for _, one := range m.Milestones {
			head.Milestones = append(head.Milestones, milestoneRow{one.Title, one.State, one.Open, one.Closed, when(one.Due)})
		}
		return kit.Record(head).Untrusted(), nil
	})
}

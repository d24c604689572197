package forge

import (
	"context"
	"slices"
	"strings"

	"github.com/loom-core/loom/servers/kit"
)

type createIssueArgs struct {
	Repo      string   `arg:"repo,required" doc:"{repo}"`
	Title     string   `arg:"title,required"`
	Body      string   `arg:"body,raw"`
	Labels    []string `arg:"labels" doc:"names"`
	Assignees []string `arg:"assignees"`
	Milestone string   `arg:"milestone" doc:"its title"`
}

// written is what a tool that writes says it did.
type written struct {
	Changed bool           `json:"changed"`
	Number  int            `json:"number,omitempty"`
	State   string         `json:"state,omitempty"`
	URL     string         `json:"url,omitempty"`
	Before  map[string]any `json:"before,omitempty"`
	After   map[string]any `json:"after,omitempty"`
	Hints   []string       `json:"hints,omitempty"`
}

func (f *forge) createIssue() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "create_issue", Title: "Create issue", Description: "An issue; labels, assignees and milestone by name.",
		Hints: creates, Output: written{}, Example: `{"repo":"acme/web","title":"Login fails","labels":["bug"]}`,
	}), func(ctx context.Context, a createIssueArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		change := IssueChange{Title: &a.Title, Body: &a.Body, Labels: &a.Labels, Assignees: &a.Assignees, Milestone: &a.Milestone}
		issue, err := b.CreateIssue(ctx, repo, change)
		if err != nil {
			return nil, err
		}
		w := written{Changed: true, Number: issue.Number, State: issue.State, URL: issue.URL}
		w.Hints = missing("label", a.Labels, issue.Labels)
		w.Hints = append(w.Hints, missing("assignee", a.Assignees, issue.Assignees)...)
		return kit.Record(w).Untrusted(), nil
	})
}

// missing says what was asked for and did not happen: forges drop in silence
// what a token may not set.
func missing(what string, wanted, have []string) []string {
	var hints []string
	for _, name := range wanted {
		if !contains(have, name) {
			hints = append(hints, what+" "+name+" was not set: the forge dropped it, the token may not be allowed to")
		}
	}
	return hints
}

type updateIssueArgs struct {
	Repo      string   `arg:"repo,required" doc:"{repo}"`
	Number    int      `arg:"number,required" min:"1"`
	Title     string   `arg:"title"`
	Body      *string  `arg:"body,raw"`
	State     string   `arg:"state" enum:"open,closed"`
	Reason    string   `arg:"state_reason" enum:"completed,not_planned"`
	Labels    []string `arg:"labels" doc:"these and no others; none: no label"`
	Add       []string `arg:"add_labels"`
	Remove    []string `arg:"remove_labels"`
	Assignees []string `arg:"assignees" doc:"these and no others; none: nobody"`
	Milestone *string  `arg:"milestone" doc:"title; none: no milestone"`
}

func (f *forge) updateIssue() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "update_issue", Title: "Update issue", Description: "Changes an issue; what is not given stays. Says before and after.",
		Hints: updates, Output: written{}, Example: `{"repo":"acme/web","number":42,"state":"closed","add_labels":["done"]}`,
	}), func(ctx context.Context, a updateIssueArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		for _, name := range a.Add {
			if contains(a.Remove, name) {
				return nil, kit.Errorf(kit.InvalidArgument, "the label %s is to be added and removed", name)
			}
		}
		before, err := b.GetIssue(ctx, repo, a.Number)
		if err != nil {
			return nil, hinted(err, kit.NotFound, "list_issues repo=%s has the issues", repo)
		}
		change := IssueChange{Title: given(a.Title), Body: a.Body, State: given(a.State), StateReason: given(a.Reason),
			Labels: names(a.Labels), AddLabels: a.Add, RemoveLabels: a.Remove, Assignees: names(a.Assignees), Milestone: noneIsEmpty(a.Milestone)}
		after, err := b.UpdateIssue(ctx, repo, a.Number, change)
		if err != nil {
			return nil, err
		}
		w := written{Number: after.Number, State: after.State, URL: after.URL}
		w.Before, w.After = difference(issueFields(before), issueFields(after))
		w.Changed = w.After != nil
		w.Hints = missing("label", slices.Concat(a.Add, without(a.Labels, "none")), after.Labels)
		w.Hints = append(w.Hints, missing("assignee", without(a.Assignees, "none"), after.Assignees)...)
		return kit.Record(w).Untrusted(), nil
	})
}

func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// names is a list that replaces another; none stands for an empty one, which
// arguments cannot say.
func names(list []string) *[]string {
	if list == nil {
		return nil
	}
	out := without(list, "none")
	return &out
}

func without(list []string, name string) []string {
	out := []string{}
	for _, s := range list {
		if !strings.EqualFold(s, name) {
			out = append(out, s)
		}
	}
	return out
}

func noneIsEmpty(s *string) *string {
	if s != nil && strings.EqualFold(*s, "none") {
		empty := ""
		return &empty
	}
	return s
}

func issueFields(i Issue) map[string]any {
	return map[string]any{
		"title": short(i.Title, titleRunes), "state": i.State, "labels": sorted(i.Labels), "assignees": sorted(i.Assignees),
		"milestone": i.Milestone, "body": short(i.Body, bodyRunes),
	}
}

func sorted(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return out
}

// difference is what is not the same, before and after; nil if all is.
func difference(before, after map[string]any) (was, is map[string]any) {
	for name, v := range after {
		if same(before[name], v) {
			continue
		}
		if was == nil {
			was, is = make(map[string]any), make(map[string]any)
		}
		was[name], is[name] = before[name], v
	}
	return was, is
}

func same(a, b any) bool {
	x, isList := a.([]string)
	y, _ := b.([]string)
	if isList {
		return slices.Equal(x, y)
	}
	return a == b
}

type addCommentArgs struct {
	Repo   string `arg:"repo,required" doc:"{repo}"`
	Number int    `arg:"number,required" min:"1"`
	Body   string `arg:"body,required,raw"`
	Kind   string `arg:"kind" enum:"issue,pull" default:"issue"`
}

func (f *forge) addComment() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "add_comment", Title: "Add comment", Description: "A comment on an issue or a {pull request} as a whole.",
		Hints: creates, Output: commentMade{}, Example: `{"repo":"acme/web","number":42,"body":"Fixed in v1.2."}`,
	}), func(ctx context.Context, a addCommentArgs) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		if strings.TrimSpace(a.Body) == "" {
			return nil, kit.Errorf(kit.InvalidArgument, "body is empty")
		}
		c, err := b.AddComment(ctx, repo, a.Number, a.Kind == "pull", a.Body)
		if err != nil {
			return nil, hinted(err, kit.NotFound, "%s", f.Nouns.say("list_issues and list_{pull}s have the numbers; for that of a {pull request} set kind=pull"))
		}
		return kit.Record(commentMade{Changed: true, ID: c.ID, URL: c.URL}), nil
	})
}

type commentMade struct {
	Changed bool   `json:"changed"`
	ID      string `json:"id,omitempty"`
	URL     string `json:"url,omitempty"`
}

func (f *forge) deleteComment() kit.Tool {
	return kit.NewTool(f.def(kit.Def{
		Name: "delete_issue_comment", Title: "Delete comment", Description: "First a plan and a token, then with confirm the comment is gone.",
		Hints: destroy, Output: deletePlan{}, Toolset: setDestructive, Example: `{"repo":"acme/web","comment_id":"123"}`,
	}), func(ctx context.Context, a struct {
		Repo    string `arg:"repo,required" doc:"{repo}"`
		ID      string `arg:"comment_id,required"`
		Confirm string `arg:"confirm" doc:"token of the plan"`
	}) (*kit.Result, error) {
		b, repo, err := f.at(ctx, a.Repo)
		if err != nil {
			return nil, err
		}
		c, err := b.GetComment(ctx, repo, a.ID)
		if err != nil {
			return nil, hinted(err, kit.NotFound, "get_issue shows the ids of its comments")
		}
		action := f.action(ctx, "delete_issue_comment", []string{repo, a.ID}, []string{c.Body, when(c.Updated)})
		if a.Confirm == "" {
			plan := "delete comment " + a.ID + " of " + c.Author + ", " + when(c.Created) + ": " + short(c.Body, titleRunes)
			return kit.Record(deletePlan{Plan: plan, Confirm: f.confirm.Token(action)}).Untrusted(), nil
		}
		if err := f.confirm.Check(a.Confirm, action); err != nil {
			return nil, err
		}
		if err := b.DeleteComment(ctx, repo, a.ID); err != nil {
			return nil, err
		}
		return kit.Record(deletePlan{Changed: true, Deleted: "comment " + a.ID}), nil
	})
}

package main

import (
	"strconv"
	"strings"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
)

// What GitLab leaves null, or what an older one does not have, is nil or empty
// here: each of these takes it.

func login(u *gl.BasicUser) string {
	if u == nil {
		return ""
	}
	return u.Username
}

func logins(users []*gl.BasicUser) []string {
	var list []string
	for _, u := range users {
		if name := login(u); name != "" {
			list = append(list, name)
		}
	}
	return list
}

func milestoneTitle(m *gl.Milestone) string {
	if m == nil {
		return ""
	}
	return m.Title
}

func id(n int64) string { return strconv.FormatInt(n, 10) }

// state is open, closed or merged. While a merge is under way GitLab calls a
// merge request locked.
func state(s string) string {
	switch s {
	case "opened", "locked", "reopened":
		return "open"
	}
	return s
}

// repoOf takes the project from a reference such as group/project#7.
func repoOf(r *gl.IssueReferences) string {
	if r == nil {
		return ""
	}
	if i := strings.LastIndexAny(r.Full, "#!"); i > 0 {
		return r.Full[:i]
	}
	return ""
}

func toRepo(p *gl.Project) forge.Repo {
	if p == nil {
		return forge.Repo{}
	}
	out := forge.Repo{
		Path: p.PathWithNamespace, Description: p.Description, DefaultBranch: p.DefaultBranch, URL: p.WebURL,
		Private: p.Visibility != "" && p.Visibility != gl.PublicVisibility, Archived: p.Archived, Empty: p.EmptyRepo,
		Stars: int(p.StarCount), OpenIssues: int(p.OpenIssuesCount), Topics: p.Topics, Updated: forge.Value(p.LastActivityAt),
	}
	if p.ForkedFromProject != nil {
		out.Fork, out.Parent = true, p.ForkedFromProject.PathWithNamespace
	}
	switch p.SquashOption {
	case gl.SquashOptionAlways:
		out.MergeMethods = []string{"squash"}
	case gl.SquashOptionNever:
		out.MergeMethods = []string{"merge"}
	case gl.SquashOptionDefaultOn:
		out.MergeMethods = []string{"squash", "merge"}
	default:
		out.MergeMethods = []string{"merge", "squash"}
	}
	return out
}

func toCommit(c *gl.Commit) forge.Commit {
	if c == nil {
		return forge.Commit{}
	}
	out := forge.Commit{
		SHA: c.ID, Message: c.Message, Author: c.AuthorName, Email: c.AuthorEmail, URL: c.WebURL, Date: forge.Value(c.AuthoredDate), Parents: c.ParentIDs,
	}
	if out.Message == "" {
		out.Message = c.Title
	}
	if out.Date.IsZero() {
		out.Date = forge.Value(c.CreatedAt)
	}
	if c.Stats != nil {
		out.Additions, out.Deletions = int(c.Stats.Additions), int(c.Stats.Deletions)
	}
	return out
}

func toIssue(i *gl.Issue) forge.Issue {
	if i == nil {
		return forge.Issue{}
	}
	out := forge.Issue{
		Repo: repoOf(i.References), Title: i.Title, State: state(i.State), Body: i.Description, Milestone: milestoneTitle(i.Milestone), URL: i.WebURL,
		Number: int(i.IID), Comments: int(i.UserNotesCount), Labels: i.Labels, Locked: i.DiscussionLocked,
		Created: forge.Value(i.CreatedAt), Updated: forge.Value(i.UpdatedAt), Closed: forge.Value(i.ClosedAt),
	}
	if i.Author != nil {
		out.Author = i.Author.Username
	}
	for _, u := range i.Assignees {
		if u != nil {
			out.Assignees = append(out.Assignees, u.Username)
		}
	}
	return out
}

func toRelease(r *gl.Release) forge.Release {
	if r == nil {
		return forge.Release{}
	}
	out := forge.Release{
		Tag: r.TagName, Name: r.Name, Body: r.Description, Author: r.Author.Username, Commit: r.Commit.ID, URL: r.Links.Self,
		Prerelease: r.UpcomingRelease, Published: forge.Value(r.ReleasedAt),
	}
	for _, l := range r.Assets.Links {
		if l != nil {
			out.Assets = append(out.Assets, forge.Asset{Name: l.Name})
		}
	}
	return out
}

// ptr is what the library wants of a text: nil leaves it out.
func ptr(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

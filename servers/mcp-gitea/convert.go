package main

import (
	"strconv"
	"strings"
	"time"

	sdk "code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/servers/forge"
)

// What Gitea leaves null is nil here: each of these takes it.

func login(u *sdk.User) string {
	if u == nil {
		return ""
	}
	return u.UserName
}

func logins(users []*sdk.User) []string {
	var list []string
	for _, u := range users {
		if name := login(u); name != "" {
			list = append(list, name)
		}
	}
	return list
}

func labelNames(labels []*sdk.Label) []string {
	var list []string
	for _, l := range labels {
		if l != nil {
			list = append(list, l.Name)
		}
	}
	return list
}

func milestoneTitle(m *sdk.Milestone) string {
	if m == nil {
		return ""
	}
	return m.Title
}

func id(n int64) string { return strconv.FormatInt(n, 10) }

func toRepo(r *sdk.Repository) forge.Repo {
	if r == nil {
		return forge.Repo{}
	}
	out := forge.Repo{
		Path: r.FullName, Description: r.Description, DefaultBranch: r.DefaultBranch, Language: r.Language, URL: r.HTMLURL,
		Private: r.Private || r.Internal, Archived: r.Archived, Fork: r.Fork, Empty: r.Empty,
		Stars: r.Stars, OpenIssues: r.OpenIssues, OpenPulls: r.OpenPulls, Topics: r.Topics, Updated: r.Updated,
	}
	if r.Parent != nil {
		out.Parent = r.Parent.FullName
	}
	for _, m := range []struct {
		name    string
		allowed bool
	}{
		{"merge", r.AllowMerge}, {"squash", r.AllowSquash}, {"rebase", r.AllowRebase},
		{"rebase-merge", r.AllowRebaseMerge}, {"fast-forward-only", r.AllowFastForwardOnlyMerge},
	} {
		if m.allowed {
			out.MergeMethods = append(out.MergeMethods, m.name)
		}
	}
	return out
}

func toCommit(c *sdk.Commit) forge.Commit {
	if c == nil {
		return forge.Commit{}
	}
	out := forge.Commit{URL: c.HTMLURL}
	if c.CommitMeta != nil {
		out.SHA, out.Date = c.SHA, c.Created
	}
	if r := c.RepoCommit; r != nil {
		out.Message = r.Message
		if a := r.Author; a != nil {
			out.Author, out.Email = a.Name, a.Email
			if t, err := time.Parse(time.RFC3339, a.Date); err == nil {
				out.Date = t
			}
		}
	}
	if name := login(c.Author); name != "" {
		out.Author = name
	}
	for _, p := range c.Parents {
		if p != nil {
			out.Parents = append(out.Parents, p.SHA)
		}
	}
	for _, f := range c.Files {
		if f != nil {
			out.Files = append(out.Files, forge.ChangedFile{Path: f.Filename, Status: "changed"})
		}
	}
	if c.Stats != nil {
		out.Additions, out.Deletions = c.Stats.Additions, c.Stats.Deletions
	}
	return out
}

func toIssue(i *sdk.Issue) forge.Issue {
	if i == nil {
		return forge.Issue{}
	}
	out := forge.Issue{
		Title: i.Title, State: string(i.State), Body: i.Body, Author: login(i.Poster), Milestone: milestoneTitle(i.Milestone), URL: i.HTMLURL,
		Number: int(i.Index), Comments: i.Comments, Labels: labelNames(i.Labels), Assignees: logins(i.Assignees),
		Locked: i.IsLocked, Pull: i.PullRequest != nil, Created: i.Created, Updated: i.Updated, Closed: forge.Value(i.Closed),
	}
	if i.OriginalAuthor != "" {
		out.Author = i.OriginalAuthor
	}
	if i.Repository != nil {
		out.Repo = i.Repository.FullName
	}
	return out
}

func toComment(c *sdk.Comment) forge.Comment {
	if c == nil {
		return forge.Comment{}
	}
	out := forge.Comment{ID: id(c.ID), Author: login(c.Poster), Body: c.Body, URL: c.HTMLURL, Created: c.Created, Updated: c.Updated}
	if c.OriginalAuthor != "" {
		out.Author = c.OriginalAuthor
	}
	return out
}

func toPull(p *sdk.PullRequest) forge.Pull {
	if p == nil {
		return forge.Pull{}
	}
	out := forge.Pull{
		Title: p.Title, State: string(p.State), Body: p.Body, Author: login(p.Poster), Milestone: milestoneTitle(p.Milestone), URL: p.HTMLURL,
		Number: int(p.Index), Comments: p.Comments, Draft: p.Draft, Locked: p.IsLocked,
		Labels: labelNames(p.Labels), Assignees: logins(p.Assignees), Reviewers: logins(p.RequestedReviewers),
		Additions: p.Additions, Deletions: p.Deletions, Files: p.ChangedFiles,
		Created: forge.Value(p.Created), Updated: forge.Value(p.Updated), Closed: forge.Value(p.Closed), Merged: forge.Value(p.Merged), MergedBy: login(p.MergedBy),
	}
	mergeable := p.Mergeable
	out.Mergeable = &mergeable
	if p.HasMerged {
		out.State = "merged"
	}
	if p.MergedCommitID != nil {
		out.MergeID = *p.MergedCommitID
	}
	if b := p.Base; b != nil {
		out.Base, out.BaseSHA = b.Ref, b.Sha
	}
	if h := p.Head; h != nil {
		out.Head, out.HeadSHA = h.Ref, h.Sha
		if strings.HasPrefix(h.Ref, "refs/pull/") && h.Name != "" { // the branch is gone
			out.Head = h.Name
		}
		if h.Repository != nil && p.Base != nil && p.Base.Repository != nil && h.Repository.FullName != p.Base.Repository.FullName {
			out.HeadRepo = h.Repository.FullName
		}
	}
	return out
}

func toRelease(r *sdk.Release) forge.Release {
	if r == nil {
		return forge.Release{}
	}
	out := forge.Release{
		Tag: r.TagName, Name: r.Title, Body: r.Note, Author: login(r.Publisher), Commit: r.Target, URL: r.HTMLURL,
		Draft: r.IsDraft, Prerelease: r.IsPrerelease, Published: r.PublishedAt,
	}
	for _, a := range r.Attachments {
		if a != nil {
			out.Assets = append(out.Assets, forge.Asset{Name: a.Name, Size: a.Size, Downloads: int(a.DownloadCount)})
		}
	}
	return out
}

// state is a status of CI as the tools have it.
func state(status, conclusion string) string {
	if conclusion != "" && (status == "completed" || status == "") {
		status = conclusion
	}
	switch s := strings.ToLower(status); s {
	case "success", "failure", "cancelled", "skipped":
		return s
	case "in_progress", "running":
		return "running"
	case "timed_out", "error", "action_required":
		return "failure"
	case "neutral":
		return "skipped"
	}
	return "queued"
}

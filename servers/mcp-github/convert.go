package main

import (
	"strings"
	"time"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
)

// What GitHub leaves null is nil in the library, and its Get methods take it.

func logins(users []*gh.User) []string {
	var list []string
	for _, u := range users {
		if name := u.GetLogin(); name != "" {
			list = append(list, name)
		}
	}
	return list
}

func labelNames(labels []*gh.Label) []string {
	var list []string
	for _, l := range labels {
		if l.GetName() != "" {
			list = append(list, l.GetName())
		}
	}
	return list
}

// at is a time, the zero one for null.
func at(t *gh.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Time
}

func toRepo(r *gh.Repository) forge.Repo {
	out := forge.Repo{
		Path: r.GetFullName(), Description: r.GetDescription(), DefaultBranch: r.GetDefaultBranch(), Language: r.GetLanguage(), URL: r.GetHTMLURL(),
		Private: r.GetPrivate(), Archived: r.GetArchived(), Fork: r.GetFork(), Parent: r.GetParent().GetFullName(),
		Stars: r.GetStargazersCount(), OpenIssues: r.GetOpenIssuesCount(), Topics: r.Topics, Updated: at(r.UpdatedAt),
	}
	for _, m := range []struct {
		name    string
		allowed *bool
	}{{"merge", r.AllowMergeCommit}, {"squash", r.AllowSquashMerge}, {"rebase", r.AllowRebaseMerge}} {
		if m.allowed != nil && *m.allowed {
			out.MergeMethods = append(out.MergeMethods, m.name)
		}
	}
	return out
}

func toCommit(c *gh.RepositoryCommit) forge.Commit {
	git := c.GetCommit()
	out := forge.Commit{
		SHA: c.GetSHA(), Message: git.GetMessage(), URL: c.GetHTMLURL(),
		Author: git.GetAuthor().GetName(), Email: git.GetAuthor().GetEmail(), Date: git.GetAuthor().GetDate().Time,
		Additions: c.GetStats().GetAdditions(), Deletions: c.GetStats().GetDeletions(),
	}
	if name := c.GetAuthor().GetLogin(); name != "" {
		out.Author = name
	}
	for _, p := range c.Parents {
		if p.GetSHA() != "" {
			out.Parents = append(out.Parents, p.GetSHA())
		}
	}
	for _, f := range c.Files {
		if f != nil {
			out.Files = append(out.Files, toFile(f))
		}
	}
	return out
}

func toFile(f *gh.CommitFile) forge.ChangedFile {
	status := f.GetStatus()
	switch status {
	case "removed":
		status = "deleted"
	case "modified", "copied", "unchanged", "":
		status = "changed"
	}
	return forge.ChangedFile{Path: f.GetFilename(), Old: f.GetPreviousFilename(), Status: status, Additions: f.GetAdditions(), Deletions: f.GetDeletions()}
}

func toIssue(i *gh.Issue) forge.Issue {
	out := forge.Issue{
		Title: i.GetTitle(), State: i.GetState(), Body: i.GetBody(), Author: i.GetUser().GetLogin(), Milestone: i.GetMilestone().GetTitle(), URL: i.GetHTMLURL(),
		Number: i.GetNumber(), Comments: i.GetComments(), Labels: labelNames(i.Labels), Assignees: logins(i.Assignees),
		Locked: i.GetLocked(), Pull: i.PullRequestLinks != nil, Created: at(i.CreatedAt), Updated: at(i.UpdatedAt), Closed: at(i.ClosedAt),
	}
	// The search says only where the repository is in the API.
	if _, path, ok := strings.Cut(i.GetRepositoryURL(), "/repos/"); ok {
		out.Repo = path
	}
	return out
}

func toComment(c *gh.IssueComment) forge.Comment {
	return forge.Comment{ID: id(c.GetID()), Author: c.GetUser().GetLogin(), Body: c.GetBody(), URL: c.GetHTMLURL(), Created: at(c.CreatedAt), Updated: at(c.UpdatedAt)}
}

// unmergeable are the words for why a pull request cannot be merged.
var unmergeable = map[string]string{
	"behind":  "its head is behind the base, which has to be merged into it first",
	"blocked": "rules of the base branch block it: reviews, checks or who may merge",
	"dirty":   "it has conflicts with the base",
}

func toPull(p *gh.PullRequest) forge.Pull {
	out := forge.Pull{
		Title: p.GetTitle(), State: p.GetState(), Body: p.GetBody(), Author: p.GetUser().GetLogin(), Milestone: p.GetMilestone().GetTitle(), URL: p.GetHTMLURL(),
		Number: p.GetNumber(), Comments: p.GetComments(), Draft: p.GetDraft(), Locked: p.GetLocked(), Mergeable: p.Mergeable,
		Head: p.GetHead().GetRef(), HeadSHA: p.GetHead().GetSHA(), Base: p.GetBase().GetRef(), BaseSHA: p.GetBase().GetSHA(),
		Labels: labelNames(p.Labels), Assignees: logins(p.Assignees), Reviewers: logins(p.RequestedReviewers),
		Additions: p.Additions, Deletions: p.Deletions, Files: p.ChangedFiles,
		Created: at(p.CreatedAt), Updated: at(p.UpdatedAt), Closed: at(p.ClosedAt), Merged: at(p.MergedAt), MergedBy: p.GetMergedBy().GetLogin(),
	}
	for _, t := range p.RequestedTeams {
		if t.GetSlug() != "" {
			out.Reviewers = append(out.Reviewers, teamPrefix+t.GetSlug())
		}
	}
	if p.GetMerged() || p.MergedAt != nil {
		out.State, out.MergeID = "merged", p.GetMergeCommitSHA()
	}
	if why := unmergeable[p.GetMergeableState()]; why != "" && out.State == "open" {
		out.Blocked = []string{why}
	}
	if from := p.GetHead().GetRepo().GetFullName(); from != p.GetBase().GetRepo().GetFullName() {
		out.HeadRepo = from // empty when the fork is gone
	}
	return out
}

func toRelease(r *gh.RepositoryRelease) forge.Release {
	out := forge.Release{
		Tag: r.GetTagName(), Name: r.GetName(), Body: r.GetBody(), Author: r.GetAuthor().GetLogin(), Commit: r.GetTargetCommitish(), URL: r.GetHTMLURL(),
		Draft: r.GetDraft(), Prerelease: r.GetPrerelease(), Published: at(r.PublishedAt),
	}
	for _, a := range r.Assets {
		if a != nil {
			out.Assets = append(out.Assets, forge.Asset{Name: a.GetName(), Size: int64(a.GetSize()), Downloads: a.GetDownloadCount()})
		}
	}
	return out
}

// state is a status of CI as the tools have it.
func state(status, conclusion string) string {
	if conclusion != "" && (status == "completed" || status == "") {
		status = conclusion
	}
	switch status {
	case "success", "failure", "cancelled", "skipped":
		return status
	case "in_progress":
		return "running"
	case "timed_out", "startup_failure", "error", "action_required":
		return "failure"
	case "neutral":
		return "skipped"
	case "stale":
		return "cancelled"
	}
	return "queued"
}

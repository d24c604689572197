package main

import (
	"slices"

	gl "gitlab.com/gitlab-org/api/client-go/v2"
)

// unknownYet are the words of GitLab for a merge that it has not looked at.
var unknownYet = []string{"unchecked", "checking", "preparing", "approvals_syncing"}

// reasons why something cannot be merged, by GitLab's words for them. Empty ones
// are those that the tools say themselves.
var reasons = map[string]string{
	"mergeable":                      "",
	"draft_status":                   "",
	"not_open":                       "",
	"blocked_status":                 "another merge request has to be merged first",
	"merge_request_blocked":          "another merge request has to be merged first",
	"ci_must_pass":                   "the pipeline has to succeed",
	"ci_still_running":               "the pipeline is still running",
	"commits_status":                 "the branch is not there, or has no commits",
	"broken_status":                  "GitLab cannot merge it: conflicts, or a branch is not there",
	"conflict":                       "it has conflicts",
	"discussions_not_resolved":       "threads have to be resolved",
	"external_status_checks":         "external status checks have to pass",
	"status_checks_must_pass":        "external status checks have to pass",
	"jira_association_missing":       "title or text has to name an issue of Jira",
	"locked_paths":                   "it changes paths that somebody has locked",
	"locked_lfs_files":               "it changes LFS files that somebody has locked",
	"merge_time":                     "it may not be merged before the time that is set",
	"need_rebase":                    "it has to be rebased",
	"not_approved":                   "approvals are missing",
	"policies_denied":                "a policy does not allow it",
	"requested_changes":              "a reviewer requests changes",
	"security_policy_violations":     "a security policy is violated",
	"security_policy_pipeline_check": "the pipelines that a security policy asks for have to succeed",
	"title_regex":                    "the title is not as the project wants titles",
}

// mergeability is whether it can be merged, nil while GitLab does not know, and
// why not. Before 15.6 it says no more than whether there are conflicts.
func mergeability(m *gl.BasicMergeRequest) (*bool, []string) {
	if state(m.State) != "open" || slices.Contains(unknownYet, m.DetailedMergeStatus) {
		return nil, nil
	}
	var blocked []string
	word := m.DetailedMergeStatus
	can := word == "mergeable" || word == "" && !m.HasConflicts
	if reason, known := reasons[word]; reason != "" {
		blocked = append(blocked, reason)
	} else if !known && word != "" {
		blocked = append(blocked, "GitLab says "+word)
	}
	if m.HasConflicts && word != "conflict" && word != "broken_status" {
		can, blocked = false, append(blocked, "it has conflicts")
	}
	return &can, blocked
}

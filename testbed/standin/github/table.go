package github

import "strconv"

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// table is what it answers. TestTable holds it against the list of operations.
func (h *Hub) table() map[string]handler {
	const r = "/repos/{owner}/{repo}"
	return map[string]handler{
		"GET /user":          (*call).getUser,
		"GET /notifications": (*call).listNotices,

		"GET /search/repositories": (*call).searchRepos,
		"GET /search/issues":       (*call).searchIssues,
		"GET /search/code":         (*call).searchCode,

		"GET /user/repos":                        (*call).ownRepos,
		"POST /user/repos":                       (*call).createRepo,
		"POST /orgs/{org}/repos":                 (*call).createRepo,
		"GET " + r:                               (*call).getRepo,
		"POST " + r + "/forks":                   (*call).fork,
		"GET " + r + "/languages":                (*call).languages,
		"GET " + r + "/rules/branches/{branch}":  (*call).branchRules,
		"GET " + r + "/actions/variables":        (*call).listVariables,
		"GET " + r + "/actions/secrets":          (*call).listSecrets,
		"GET " + r + "/contents/{path}":          (*call).getContents,
		"POST " + r + "/git/blobs":               (*call).createBlob,
		"POST " + r + "/git/trees":               (*call).createTree,
		"GET " + r + "/git/trees/{tree_sha}":     (*call).getTree,
		"POST " + r + "/git/commits":             (*call).createCommit,
		"GET " + r + "/git/commits/{commit_sha}": (*call).getGitCommit,
		"POST " + r + "/git/refs":                (*call).createRef,
		"PATCH " + r + "/git/refs/{ref}":         (*call).updateRef,
		"DELETE " + r + "/git/refs/{ref}":        (*call).deleteRef,

		"GET " + r + "/branches":                     (*call).listBranches,
		"GET " + r + "/branches/{branch}":            (*call).getBranch,
		"GET " + r + "/branches/{branch}/protection": (*call).branchProtection,
		"POST " + r + "/branches/{branch}/rename":    (*call).renameBranch,
		"GET " + r + "/tarball/{ref}":                (*call).tarball,
		"GET " + r + "/tags":                         (*call).listTags,
		"GET " + r + "/commits":                      (*call).listCommits,
		"GET " + r + "/commits/{ref}":                (*call).getCommit,
		"GET " + r + "/commits/{ref}/check-runs":     (*call).listCheckRuns,
		"GET " + r + "/commits/{ref}/status":         (*call).combinedStatus,
		"GET " + r + "/compare/{basehead}":           (*call).compare,

		"GET " + r + "/issues":                                 (*call).listIssues,
		"POST " + r + "/issues":                                (*call).createIssue,
		"GET " + r + "/issues/{issue_number}":                  (*call).getIssue,
		"PATCH " + r + "/issues/{issue_number}":                (*call).updateIssue,
		"GET " + r + "/issues/{issue_number}/comments":         (*call).listComments,
		"POST " + r + "/issues/{issue_number}/comments":        (*call).addComment,
		"GET " + r + "/issues/{issue_number}/timeline":         (*call).timeline,
		"POST " + r + "/issues/{issue_number}/labels":          (*call).addLabels,
		"DELETE " + r + "/issues/{issue_number}/labels/{name}": (*call).removeLabel,
		"GET " + r + "/issues/comments/{comment_id}":           (*call).getComment,
		"DELETE " + r + "/issues/comments/{comment_id}":        (*call).deleteComment,
		"GET " + r + "/labels":                                 (*call).listLabels,
		"GET " + r + "/milestones":                             (*call).listMilestones,
		"GET " + r + "/assignees":                              (*call).listAssignees,

		"GET " + r + "/pulls":                                              (*call).listPulls,
		"POST " + r + "/pulls":                                             (*call).createPull,
		"GET " + r + "/pulls/{pull_number}":                                (*call).getPull,
		"PATCH " + r + "/pulls/{pull_number}":                              (*call).updatePull,
		"GET " + r + "/pulls/{pull_number}/files":                          (*call).listFiles,
		"GET " + r + "/pulls/{pull_number}/commits":                        (*call).listPullCommits,
		"PUT " + r + "/pulls/{pull_number}/merge":                          (*call).mergePull,
		"GET " + r + "/pulls/{pull_number}/reviews":                        (*call).listReviews,
		"POST " + r + "/pulls/{pull_number}/reviews":                       (*call).createReview,
		"POST " + r + "/pulls/{pull_number}/comments/{comment_id}/replies": (*call).replyToNote,
		"POST " + r + "/pulls/{pull_number}/requested_reviewers":           (*call).requestReviewers,
		"DELETE " + r + "/pulls/{pull_number}/requested_reviewers":         (*call).removeReviewers,

		"GET " + r + "/actions/runs":                                (*call).listRuns,
		"GET " + r + "/actions/runs/{run_id}":                       (*call).getRun,
		"GET " + r + "/actions/runs/{run_id}/jobs":                  (*call).listJobs,
		"POST " + r + "/actions/runs/{run_id}/rerun":                (*call).rerun,
		"POST " + r + "/actions/runs/{run_id}/rerun-failed-jobs":    (*call).rerun,
		"POST " + r + "/actions/runs/{run_id}/cancel":               (*call).cancel,
		"GET " + r + "/actions/jobs/{job_id}":                       (*call).getJob,
		"GET " + r + "/actions/jobs/{job_id}/logs":                  (*call).jobLogs,
		"POST " + r + "/actions/jobs/{job_id}/rerun":                (*call).rerunJob,
		"GET " + r + "/actions/workflows/{workflow_id}/runs":        (*call).listRuns,
		"POST " + r + "/actions/workflows/{workflow_id}/dispatches": (*call).dispatch,

		"GET " + r + "/releases":            (*call).listReleases,
		"POST " + r + "/releases":           (*call).createRelease,
		"GET " + r + "/releases/latest":     (*call).latestRelease,
		"GET " + r + "/releases/tags/{tag}": (*call).releaseByTag,
	}
}

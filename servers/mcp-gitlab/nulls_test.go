package main

import (
	"strings"
	"testing"
)

// Objects as GitLab documents them, with null in everything that may be.
const (
	nullIssue = `{"id":9,"iid":1,"project_id":null,"title":"t","state":"opened","description":null,"author":null,"labels":null,"milestone":null,"assignees":[null],
		"assignee":null,"closed_at":null,"created_at":null,"updated_at":null,"due_date":null,"references":null,"user_notes_count":null,"discussion_locked":null,
		"time_stats":null,"task_completion_status":null,"weight":null,"epic":null,"web_url":null,"_links":null,"moved_to_id":null,"closed_by":null,"issue_type":null}`
	nullMerge = `{"id":9,"iid":1,"project_id":null,"title":null,"state":"opened","description":null,"author":null,"assignees":null,"reviewers":[null],"labels":[],
		"milestone":null,"draft":null,"merge_user":null,"merged_by":null,"merged_at":null,"closed_at":null,"created_at":null,"updated_at":null,"sha":"0123456789abcdef",
		"merge_commit_sha":null,"squash_commit_sha":null,"source_branch":"fix","target_branch":"main","source_project_id":null,"target_project_id":null,
		"detailed_merge_status":null,"has_conflicts":null,"blocking_discussions_resolved":null,"merge_error":null,"changes_count":null,"diff_refs":null,
		"head_pipeline":null,"pipeline":null,"user":null,"references":null,"web_url":null,"user_notes_count":null,"discussion_locked":null,"time_stats":null}`
	nullCommit   = `{"id":"0123456789abcdef","title":"x","message":null,"author_name":null,"author_email":null,"authored_date":null,"committed_date":null,"created_at":null,"parent_ids":null,"stats":null,"status":null,"last_pipeline":null,"trailers":null,"web_url":null}`
	nullNote     = `{"id":1,"type":null,"body":null,"author":null,"attachment":null,"created_at":null,"updated_at":null,"system":null,"noteable_iid":null,"resolvable":true,"resolved":null,"resolved_by":null,"position":null,"commit_id":null}`
	nullPipeline = `{"id":1,"iid":null,"project_id":null,"sha":null,"ref":null,"status":null,"source":null,"name":null,"created_at":null,"updated_at":null,"started_at":null,"finished_at":null,"duration":null,"queued_duration":null,"coverage":null,"user":null,"yaml_errors":null,"before_sha":null,"web_url":null,"detailed_status":null}`
	nullJob      = `{"id":3,"name":"test","stage":null,"status":"failed","failure_reason":null,"allow_failure":null,"created_at":null,"started_at":null,"finished_at":null,"duration":null,"pipeline":null,"runner":null,"artifacts":null,"artifacts_file":null,"commit":null,"user":null,"coverage":null,"tag_list":null,"web_url":null,"project":null}`
)

// TestNulls: what may be null is, in every list and screen, and nothing of it is shown.
func TestNulls(t *testing.T) {
	u := newFake(t).
		on("GET /user", reply(200, `{"id":1,"username":"ann","name":null,"web_url":null,"is_admin":null,"created_at":null,"identities":null}`)).
		on("GET /metadata", reply(200, `{"version":null,"kas":null}`)).on("GET /personal_access_tokens/self", reply(200, `{"scopes":null,"expires_at":null}`)).
		on("GET "+repo, reply(200, `{"id":7,"path_with_namespace":"a/b/c","namespace":null,"topics":null,"default_branch":"main","description":null,"forked_from_project":null,"squash_option":null,"merge_method":null,"last_activity_at":null,"permissions":null,"visibility":null}`)).
		on("GET {}/languages", reply(200, `{}`)).on("GET {}/releases", reply(200, `[{"tag_name":"v1","author":null,"commit":null,"assets":null,"released_at":null,"description":null,"_links":null},null]`)).
		on("GET {}/repository/branches/main", reply(200, `{"name":"main","commit":null,"protected":null}`)).
		on("GET {}/repository/branches", reply(200, `[{"name":"main","commit":null},null]`)).
		on("GET {}/repository/commits/main/statuses", reply(200, `[{"id":1,"name":null,"status":null,"author":null,"description":null,"target_url":null},null]`)).
		on("GET {}/repository/commits", reply(200, jsonList(nullCommit, "null"))).
		on("GET {}/issues", reply(200, jsonList(nullIssue, "null"))).on("GET {}/issues/1", reply(200, nullIssue)).
		on("GET {}/issues/1/notes", reply(200, jsonList(nullNote, "null"))).
		on("GET {}/issues/1/resource_label_events", reply(200, `[{"id":1,"user":null,"label":null,"action":null},null]`)).
		on("GET {}/issues/1/resource_state_events", reply(200, `[{"id":1,"user":null,"state":null},null]`)).
		on("GET {}/merge_requests", reply(200, jsonList(nullMerge))).on("GET {}/merge_requests/1", reply(200, nullMerge)).
		on("GET {}/merge_requests/1/approvals", reply(200, `{"approved_by":[{"user":null},null],"suggested_approvers":null}`)).
		on("GET {}/merge_requests/1/reviewers", reply(200, `[{"user":null,"state":null,"created_at":null},null]`)).
		on("GET {}/merge_requests/1/discussions", reply(200, `[{"id":"f0","individual_note":null,"notes":[`+nullNote+`,null]},{"id":"f1","notes":null},null]`)).
		on("GET {}/merge_requests/1/notes", reply(200, jsonList(nullNote, "null"))).
		on("GET {}/merge_requests/1/commits", reply(200, jsonList(nullCommit, "null"))).
		on("GET {}/merge_requests/1/diffs", reply(200, `[{"old_path":"x","new_path":"x","diff":null,"a_mode":null,"b_mode":null,"new_file":null,"renamed_file":null,"deleted_file":null,"generated_file":null,"collapsed":null,"too_large":null},null]`)).
		on("GET {}/repository/commits/0123456789abcdef/statuses", reply(200, `[]`)).
		on("GET {}/pipelines", reply(200, jsonList(nullPipeline, "null"))).on("GET {}/pipelines/1", reply(200, nullPipeline)).
		on("GET {}/pipelines/1/jobs", reply(200, jsonList(nullJob, "null"))).
		on("GET {}/pipelines/1/bridges", reply(200, `[{"id":5,"name":"deploy","status":null,"downstream_pipeline":null,"pipeline":null},null]`)).
		on("GET {}/pipelines/1/test_report", reply(200, `{"total_time":null,"test_suites":[{"name":null,"test_cases":[{"status":"failed","name":null,"classname":null,"execution_time":null,"system_output":null,"stack_trace":null,"recent_failures":null},null]},null]}`)).
		on("GET {}/jobs/3", reply(200, nullJob)).on("GET {}/jobs/3/trace", reply(200, "")).
		on("GET {}/labels", reply(200, `[{"id":1,"name":"bug","description":null,"priority":null,"color":null},null]`)).
		on("GET {}/milestones", reply(200, `[{"id":1,"title":"v1","due_date":null,"start_date":null},null]`)).on("GET {}/users", reply(200, `[null]`)).
		on("GET {}/variables", reply(200, `[{"key":"K","value":null,"environment_scope":null,"description":null},null]`)).
		on("GET {}/repository/files/x/blame", reply(200, `[{"commit":null,"lines":["a"]},{"commit":null,"lines":null},null]`)).
		on("GET {}/ci/lint", reply(200, `{"valid":null,"errors":null,"warnings":null,"merged_yaml":null,"includes":null}`)).
		on("GET /todos", reply(200, `[{"id":1,"project":null,"author":null,"target":null,"body":null,"action_name":null,"target_type":null,"state":null,"created_at":null},null]`)).
		on("GET /projects", reply(200, `[{"id":7,"path_with_namespace":"a/b/c","description":null,"topics":null},null]`))
	c := u.connect(t)
	for tool, args := range map[string]map[string]any{
		"get_me": {}, "get_repo": a(), "search_repos": {"query": "c"}, "list_refs": a(), "list_commits": a(), "list_issues": a("state", "all"),
		"get_issue": a("number", 1, "include", "comments,timeline"), "list_merge_requests": a("state", "all", "include", "checks,review"),
		"get_merge_request": a("number", 1, "include", "checks,reviews,threads,files,commits,comments"), "get_merge_request_diff": a("number", 1),
		"list_review_threads": a("number", 1), "list_pipelines": a(), "get_pipeline": a("run_id", 1), "diagnose_pipeline": a("run_id", 1), "get_job_logs": a("job_id", 3),
		"get_test_report": a("run_id", 1), "list_releases": a(), "get_release": a(), "list_issue_metadata": a(), "list_todos": {"all": true}, "list_ci_variables": a(),
		"get_blame": a("path", "x"), "check_ci_config": a(),
	} {
		text := c.MustText(tool, args)
		for _, bad := range []string{"0001-01-01", "1970-01-01", "<nil>", "null", "%!"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s shows %q:\n%s", tool, bad, text)
			}
		}
	}
}

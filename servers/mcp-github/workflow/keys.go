package workflow

// What GitHub's documentation of the syntax has, as of November 2026.
var (
	topKeys  = []string{"name", "run-name", "on", "permissions", "env", "defaults", "concurrency", "jobs"}
	jobKeys  = []string{"name", "permissions", "needs", "if", "runs-on", "snapshot", "environment", "concurrency", "outputs", "env", "defaults", "steps", "timeout-minutes", "strategy", "continue-on-error", "container", "services", "uses", "with", "secrets"}
	callKeys = []string{"name", "permissions", "needs", "if", "concurrency", "strategy", "uses", "with", "secrets"} // of a job that calls a workflow
	stepKeys = []string{"id", "if", "name", "uses", "run", "working-directory", "shell", "with", "env", "continue-on-error", "timeout-minutes"}
	planKeys = []string{"matrix", "fail-fast", "max-parallel"}

	events = []string{
		"branch_protection_rule", "check_run", "check_suite", "create", "delete", "deployment", "deployment_status", "discussion", "discussion_comment",
		"fork", "gollum", "image_version", "issue_comment", "issues", "label", "merge_group", "milestone", "page_build", "project", "project_card",
		"project_column", "public", "pull_request", "pull_request_comment", "pull_request_review", "pull_request_review_comment", "pull_request_target",
		"push", "registry_package", "release", "repository_dispatch", "schedule", "status", "watch", "workflow_call", "workflow_dispatch", "workflow_run",
	}
)

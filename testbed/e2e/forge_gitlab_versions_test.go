package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/loom-core/loom/testbed/standin/gitlab"
)

// versions before the one that the stand-in is otherwise: what they lack is done
// in another way, or is said.
func (g *gitlabs) versions(t *testing.T) {
	for _, version := range []string{"14.10.5", "15.4.0", "16.11.0", "18.8.0"} {
		t.Run(version, func(t *testing.T) {
			l := g.line(t)
			l.Lab.Set(func(s *gitlab.Switches) { s.Version = version })
			repo := l.NewRepo(t, "old")
			l.says(t, "get_me", nil, version)
			number := l.request(t, repo, "side", map[string]string{"a.txt": "1\n2\n", "b.txt": "b\n"})
			l.says(t, "get_merge_request", named{"repo": repo, "number": number, "include": "checks,reviews,threads,files,commits"}, "a.txt")
			l.says(t, "get_merge_request_diff", named{"repo": repo, "number": number}, "+1", "+b")
			l.says(t, "get_file", named{"repo": repo, "path": "README.md"})
			at := func(path string, line int) named { return named{"path": path, "line": line, "body": "at " + path} }
			made := l.review(t, "create_review", named{"repo": repo, "number": number, "body": "All of it.", "comments": []any{at("a.txt", 2), at("b.txt", 1)}})
			if made.IsError || len(l.LineComments(t, repo, number)) != 2 {
				t.Errorf("a review says %s; the comments are %v", made.Text, l.LineComments(t, repo, number))
			}
			asked := l.review(t, "create_review", named{"repo": repo, "number": number, "event": "request_changes", "body": "No."})
			states := l.Reviews(t, repo, number)
			switch version {
			case "14.10.5", "15.4.0", "16.11.0": // none of them has a way to do it
				if !asked.IsError || !strings.HasPrefix(asked.Text, "ERROR unsupported:") || slices.Contains(states, "changes_requested") {
					t.Errorf("requesting changes says %s; the states are %v", asked.Text, states)
				}
			default:
				if asked.IsError || !slices.Contains(states, "changes_requested") {
					t.Errorf("requesting changes says %s; the states are %v", asked.Text, states)
				}
			}
			l.says(t, "merge_merge_request", named{"repo": repo, "number": number, "expected_head_sha": l.Head(t, repo, "side")}, "confirm")
		})
	}
}

// nulls stand in every field that is not needed: each tool that reads still
// answers.
func (g *gitlabs) nulls(t *testing.T) {
	l := g.line(t)
	repo := l.NewRepo(t, "nulls")
	path, workflow := l.Workflow("test")
	l.change(t, repo, "main", map[string]string{path: workflow, "a.txt": "1\n"})
	run, job := l.Lab.Play(repo, "main", []gitlab.Step{{Name: "test", Failed: true, Log: []string{"error: no"}}})
	issue := l.Issue(t, repo, "An issue", "text")
	l.Comment(t, repo, issue, "a comment")
	l.says(t, "update_issue", named{"repo": repo, "number": issue, "state": "closed"})
	number := l.request(t, repo, "side", map[string]string{"a.txt": "one\n", "b.txt": "b\n"})
	if r := l.review(t, "create_review", named{"repo": repo, "number": number, "body": "x", "comments": []any{named{"path": "b.txt", "line": 1, "body": "y"}}}); r.IsError {
		t.Fatal(r.Text)
	}
	l.says(t, "create_release", named{"repo": repo, "tag": "v1", "target": "main", "name": "One", "notes": "x"})
	l.says(t, "update_merge_request", named{"repo": repo, "number": number, "reviewers": "reviewer"})
	l.Lab.Report(repo, run, []gitlab.TestCase{{Name: "TestAdd", Status: "failed"}})

	l.Lab.Set(func(s *gitlab.Switches) { s.Nulls = true })
	head := l.Head(t, repo, "main")
	for tool, with := range map[string]named{
		"get_me": {}, "search_repos": {"query": "nulls"}, "get_repo": {}, "get_file": {"path": "a.txt"}, "list_files": {}, "search_code": {"query": "1"}, "list_refs": {"type": "tag"},
		"list_commits": {}, "get_commit": {"sha": head, "detail": "patch"}, "compare_refs": {"base": "main", "head": "side", "patch": true}, "get_blame": {"path": "a.txt"},
		"list_issues": {"state": "all"}, "search_issues": {"query": "issue"}, "get_issue": {"number": issue, "include": "comments,timeline"}, "list_issue_metadata": {},
		"list_merge_requests": {"include": "checks,review"}, "get_merge_request": {"number": number, "include": "checks,reviews,threads,files,commits,comments"},
		"get_merge_request_diff": {"number": number}, "list_review_threads": {"number": number}, "list_pipelines": {}, "get_pipeline": {"run_id": run}, "get_job_logs": {"job_id": job},
		"diagnose_pipeline": {"run_id": run}, "list_releases": {}, "get_release": {"tag": "v1"}, "list_ci_variables": {}, "check_ci_config": {}, "get_test_report": {"run_id": run},
	} {
		t.Run(tool, func(t *testing.T) {
			if tool != "get_me" && tool != "search_repos" {
				with["repo"] = repo
			}
			l.says(t, tool, with)
		})
	}
	if r := l.review(t, "list_todos", named{}); r.IsError {
		t.Errorf("list_todos: %s", r.Text)
	}
}

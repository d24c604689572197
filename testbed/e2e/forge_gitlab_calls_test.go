package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/loom-core/loom/testbed/fault"
	"github.com/loom-core/loom/testbed/standin/gitlab"
)

type named = map[string]any

// says calls a tool that has to succeed, with words in what it says.
func (l *gitlabLine) says(t *testing.T, tool string, with named, words ...string) string {
	t.Helper()
	r := l.call(t, tool, with)
	if r.IsError {
		t.Fatalf("%s %v: %s", tool, with, r.Text)
	}
	for _, word := range words {
		if !strings.Contains(r.Text, word) {
			t.Errorf("%s %v does not say %q:\n%.1500s", tool, with, word, r.Text)
		}
	}
	return r.Text
}

// refuses calls a tool that has to fail with a code.
func (l *gitlabLine) refuses(t *testing.T, tool string, with named, code string, words ...string) {
	t.Helper()
	r := l.call(t, tool, with)
	if !r.IsError || !strings.HasPrefix(r.Text, "ERROR "+code+":") {
		t.Errorf("%s %v is no %s: %.600s", tool, with, code, r.Text)
	}
	for _, word := range words {
		if !strings.Contains(r.Text, word) {
			t.Errorf("%s %v does not say %q: %.600s", tool, with, word, r.Text)
		}
	}
}

// answer is the structured content of a tool.
func answer[T any](t *testing.T, l *gitlabLine, tool string, with named) (out T) {
	t.Helper()
	r := l.call(t, tool, with)
	if r.IsError {
		t.Fatalf("%s %v: %s", tool, with, r.Text)
	}
	if err := json.Unmarshal(r.Structured, &out); err != nil {
		t.Fatalf("%s: %v: %s", tool, err, r.Structured)
	}
	return out
}

// change commits files to a branch, which begins at main if it is new.
func (l *gitlabLine) change(t *testing.T, repo, branch string, files map[string]string) {
	t.Helper()
	var changes []any
	for path, content := range files {
		action := "create"
		if l.File(t, repo, branch, path) != "" || l.Head(t, repo, branch) == "" && l.File(t, repo, "main", path) != "" {
			action = "update"
		}
		changes = append(changes, named{"path": path, "action": action, "content": content})
	}
	with := named{"repo": repo, "branch": branch, "message": "change of " + branch, "changes": changes}
	if l.Head(t, repo, branch) == "" {
		with["start_branch"] = "main"
	}
	l.says(t, "commit_files", with)
}

// request makes a merge request of a branch with one file.
func (l *gitlabLine) request(t *testing.T, repo, branch string, files map[string]string) int {
	t.Helper()
	l.change(t, repo, branch, files)
	return answer[struct{ Number int }](t, l, "create_merge_request", named{"repo": repo, "title": branch, "head": branch}).Number
}

// tools are those calls of mcp-gitlab that the suite does not make.
func (g *gitlabs) tools(t *testing.T) {
	l := g.line(t)
	repo := l.NewRepo(t, "deep/er/tools")
	l.Lab.Variable(repo, "TOKEN", "a value that nobody sees", true, true)
	if text := l.says(t, "list_ci_variables", named{"repo": repo}, "TOKEN"); strings.Contains(text, "nobody sees") {
		t.Errorf("the value is shown: %s", text)
	}
	l.says(t, "get_repo", named{"repo": fmt.Sprint(l.Lab.ID(repo))}, "default_branch: main")
	l.says(t, "search_repos", named{}, repo)
	l.says(t, "search_repos", named{"owner": "reviewer"})
	l.says(t, "query_graphql", named{"query": "query { currentUser { username } }"}, `"author"`)
	l.refuses(t, "query_graphql", named{"query": "query { nothing }"}, "invalid_argument", "doesn't exist on type 'Query'")

	path, workflow := l.Workflow("test")
	config := workflow + "deploy:\n  stage: deploy\n  when: manual\n  script: x\n"
	l.change(t, repo, "main", map[string]string{path: config, "a.txt": "1\n2\n"})
	l.change(t, repo, "main", map[string]string{"a.txt": "1\ntwo\n"})
	l.says(t, "get_blame", named{"repo": repo, "path": "a.txt"}, l.Head(t, repo, "main")[:12])
	l.says(t, "check_ci_config", named{"repo": repo})
	l.says(t, "check_ci_config", named{"repo": repo, "content": "a: {stage: nope, script: x}"}, "chosen stage nope does not exist")

	run, job := l.Lab.Play(repo, "main", []gitlab.Step{{Name: "test", Failed: true, Log: []string{"error: no"}}})
	l.Lab.Report(repo, run, []gitlab.TestCase{{Class: "calc", Name: "TestAdd", Status: "failed", Output: "want 3"}, {Class: "calc", Name: "TestSub", Status: "success"}})
	l.says(t, "get_test_report", named{"repo": repo, "run_id": run}, "TestAdd", "want 3")
	jobs := answer[struct {
		Jobs []struct {
			ID   int64 `json:"job_id"`
			Name string
		}
	}](t, l, "get_pipeline", named{"repo": repo, "run_id": run}).Jobs
	for _, j := range jobs {
		if j.Name == "deploy" {
			l.says(t, "control_pipeline", named{"repo": repo, "run_id": run, "action": "play", "job_id": j.ID})
		}
	}
	l.says(t, "control_pipeline", named{"repo": repo, "run_id": run, "action": "cancel"})
	l.says(t, "control_pipeline", named{"repo": repo, "run_id": run, "action": "retry", "job_id": job})

	number := l.request(t, repo, "side", map[string]string{"b.txt": "b\n"})
	l.Lab.Play(repo, "side", []gitlab.Step{{Name: "test", Failed: true, Log: []string{"error: side"}}})
	l.says(t, "diagnose_pipeline", named{"repo": repo, "number": number}, "error: side")
	l.says(t, "update_merge_request", named{"repo": repo, "number": number, "reviewers": "reviewer"})
	if text := l.review(t, "list_todos", named{}).Text; !strings.Contains(text, "review_requested") {
		t.Errorf("the to-dos are %s", text)
	}
	l.says(t, "search_issues", named{"query": "side", "type": "pull"})
	l.says(t, "add_comment", named{"repo": repo, "number": number, "kind": "pull", "body": "/merge"})
	if state := l.GetPull(t, repo, number).State; state != "open" {
		t.Errorf("a comment made it %s", state)
	}
	comments := answer[struct{ Comments []struct{ ID string } }](t, l, "get_merge_request", named{"repo": repo, "number": number, "include": "comments"}).Comments
	if len(comments) != 1 {
		t.Fatalf("the comments are %v", comments)
	}
	plan := answer[struct{ Confirm string }](t, l, "delete_issue_comment", named{"repo": repo, "comment_id": comments[0].ID})
	l.says(t, "delete_issue_comment", named{"repo": repo, "comment_id": comments[0].ID, "confirm": plan.Confirm})
	l.drafts(t, repo, number)
}

// drafts of somebody's that are not done are left alone, and those of a review
// that is refused are removed.
func (l *gitlabLine) drafts(t *testing.T, repo string, number int) {
	comment := func(body string) named { return named{"path": "b.txt", "line": 1, "body": body} }
	review := named{"repo": repo, "number": number, "comments": []any{comment("one"), comment("two")}}
	l.front.On(fault.Nth(2, fault.All(fault.Method("POST"), fault.Path("/api/v4/projects/*/merge_requests/*/draft_notes"))), fault.Answer(400, "application/json", `{"message":"400 Bad request - Draft note {:note=>[\"is too long\"]}"}`))
	l.refuses(t, "create_review", review, "invalid_argument", "nothing was posted", "b.txt:1", "is too long")
	l.front.Honest()
	if left := l.Lab.Drafts(repo, number); len(left) != 0 || len(l.LineComments(t, repo, number)) != 0 {
		t.Errorf("left are the drafts %v and the comments %v", left, l.LineComments(t, repo, number))
	}
	l.Lab.Draft(repo, number, "author", "not done yet")
	l.says(t, "create_review", review)
	if left := l.Lab.Drafts(repo, number); len(left) != 1 || len(l.LineComments(t, repo, number)) != 2 {
		t.Errorf("left are the drafts %v and the comments %v", left, l.LineComments(t, repo, number))
	}
}

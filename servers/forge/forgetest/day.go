package forgetest

import (
	"slices"
	"strings"
	"testing"
)

func replaceNoun(text, noun, with string) string { return strings.ReplaceAll(text, noun, with) }

type writeAnswer struct {
	Changed bool
	Number  int
	SHA     string
	State   string
	Before  map[string]any
	After   map[string]any
	Hints   []string
}

const login = "package login\n\n// Status is what the server says to a wrong password.\nfunc Status() int {\n\treturn 403\n}\n\n" +
	"func one() {}\n\nfunc two() {}\n\nfunc three() {}\n\nfunc four() {}\n\nfunc five() {}\n"

// day is a working day: from a branch to a release. What the tools did is
// compared with what the forge says.
func day(t *testing.T, w World) {
	repo := w.Forge.NewRepo(t, "day")
	main := w.Forge.Head(t, repo, "main")

	// A file on main, then a branch that changes it.
	first := decode[writeAnswer](t, w.Call, "commit_files", args("repo", repo, "branch", "main", "message", "login: begin", "expected_head_sha", main,
		"changes", []any{args("path", "login/login.go", "action", "create", "content", login), args("path", "old.txt", "action", "create", "content", "old\n")}))
	if !first.Changed || first.SHA != w.Forge.Head(t, repo, "main") || w.Forge.File(t, repo, "main", "login/login.go") != login {
		t.Fatalf("commit_files says %+v, main is at %s", first, w.Forge.Head(t, repo, "main"))
	}
	decode[writeAnswer](t, w.Call, "create_branch", args("repo", repo, "name", "fix/login"))
	if head := w.Forge.Head(t, repo, "fix/login"); head != first.SHA {
		t.Fatalf("the branch is at %s, not at %s", head, first.SHA)
	}
	fix := decode[writeAnswer](t, w.Call, "commit_files", args("repo", repo, "branch", "fix/login", "message", "login: 401\n\nIt is no 403.", "changes", []any{
		args("path", "login/login.go", "action", "update", "edits", []any{args("find", "return 403", "replace", "return 401 // Unauthorized")}),
		args("path", "docs/old.txt", "action", "move", "from", "old.txt"),
	}))
	if got := w.Forge.File(t, repo, "fix/login", "login/login.go"); got != strings.Replace(login, "return 403", "return 401 // Unauthorized", 1) {
		t.Fatalf("after the edit the file is\n%s", got)
	}
	if w.Forge.File(t, repo, "fix/login", "old.txt") != "" || w.Forge.File(t, repo, "fix/login", "docs/old.txt") != "old\n" {
		t.Error("the file was not moved")
	}

	// The pull request, and what a reviewer sees.
	pull := decode[writeAnswer](t, w.Call, w.pull("create_{pull}"), args("repo", repo, "title", "Take 401 for what it is", "head", "fix/login", "body", "See the docs."))
	number := pull.Number
	if state := w.Forge.GetPull(t, repo, number); state.State != "open" || state.Head != "fix/login" || state.Base != "main" || state.Title != "Take 401 for what it is" {
		t.Fatalf("the pull request is %+v", state)
	}
	diff := must(t, w.Review, w.pull("get_{pull}_diff"), args("repo", repo, "number", number)).Text
	has(t, "the diff", diff, "login/login.go", "-\treturn 403", "+\treturn 401 // Unauthorized", "docs/old.txt")

	// A review with two comments, of which one is at a line that the diff does not show.
	review := decode[struct {
		Changed  bool
		Posted   int
		Rejected []struct {
			Index        int
			NearestLines []int `json:"nearest_lines"`
		}
	}](t, w.Review, "create_review", args("repo", repo, "number", number, "event", "request_changes", "body", "Almost.", "comments", []any{
		args("path", "login/login.go", "line", 5, "body", "No comment, please.", "suggestion", "\treturn 401"),
		args("path", "login/login.go", "line", 17, "body", "And this?"),
	}))
	if !review.Changed || review.Posted != 1 || len(review.Rejected) != 1 || review.Rejected[0].Index != 1 || len(review.Rejected[0].NearestLines) == 0 {
		t.Fatalf("create_review says %+v", review)
	}
	comments := w.Forge.LineComments(t, repo, number)
	if len(comments) != 1 || comments[0].Path != "login/login.go" || comments[0].Line != 5 || !strings.Contains(comments[0].Body, "```suggestion\n\treturn 401\n```") {
		t.Fatalf("the forge has the comments %+v", comments)
	}
	if states := w.Forge.Reviews(t, repo, number); !slices.Contains(states, "changes_requested") {
		t.Errorf("the reviews are %v", states)
	}
	screen := must(t, w.Call, w.pull("get_{pull}"), args("repo", repo, "number", number)).Text
	has(t, "the pull request", screen, "review: changes_requested", "changes are requested", "unresolved_threads: 1")

	// The author mends it, answers, and resolves the thread.
	threads := decode[struct {
		Threads []struct {
			ThreadID string `json:"thread_id"`
			Where    string
		}
	}](t, w.Call, "list_review_threads", args("repo", repo, "number", number)).Threads
	if len(threads) != 1 || threads[0].Where != "login/login.go:5" {
		t.Fatalf("the threads are %+v", threads)
	}
	refused(t, w.Call, "commit_files", args("repo", repo, "branch", "fix/login", "message", "x", "expected_head_sha", main,
		"changes", []any{args("path", "x", "action", "create", "content", "x")}), "conflict", fix.SHA)
	mended := decode[writeAnswer](t, w.Call, "commit_files", args("repo", repo, "branch", "fix/login", "message", "login: without the comment", "expected_head_sha", fix.SHA,
		"changes", []any{args("path", "login/login.go", "action", "update", "edits", []any{args("find", " // Unauthorized", "replace", "")})}))
	must(t, w.Call, "update_review_thread", args("repo", repo, "thread_id", threads[0].ThreadID, "reply", "Done.", "resolved", true))
	comments = w.Forge.LineComments(t, repo, number)
	if len(comments) != 2 || !slices.ContainsFunc(comments, func(c CommentState) bool { return c.Resolved }) || !slices.ContainsFunc(comments, func(c CommentState) bool { return c.Body == "Done." }) {
		t.Errorf("after the answer the comments are %+v", comments)
	}
	must(t, w.Review, "create_review", args("repo", repo, "number", number, "event", "approve", "body", "Good."))

	merge(t, w, repo, number, mended.SHA)
	release(t, w, repo)
}

type planAnswer struct {
	Changed  bool
	Plan     string
	Confirm  string
	MergeSHA string `json:"merge_sha"`
	Blockers []string
}

// merge is a plan, then a merge, and no other way.
func merge(t *testing.T, w World, repo string, number int, head string) {
	t.Helper()
	tool := w.pull("merge_{pull}")
	refused(t, w.Call, tool, args("repo", repo, "number", number, "expected_head_sha", strings.Repeat("0", 40)), "conflict", head)
	asked := args("repo", repo, "number", number, "expected_head_sha", head, "method", "squash", "delete_branch", true)
	plan := decode[planAnswer](t, w.Call, tool, asked)
	for try := 0; try < 5 && len(plan.Blockers) > 0; try++ { // a busy forge takes its time to look
		plan = decode[planAnswer](t, w.Call, tool, asked)
	}
	if plan.Changed || plan.Confirm == "" || w.Forge.GetPull(t, repo, number).State != "open" || len(plan.Blockers) > 0 {
		t.Fatalf("the plan is %+v", plan)
	}
	other := args("repo", repo, "number", number, "expected_head_sha", head, "method", "merge", "confirm", plan.Confirm)
	refused(t, w.Call, tool, other, "confirmation_required")
	asked["confirm"] = plan.Confirm
	done := decode[planAnswer](t, w.Call, tool, asked)
	state := w.Forge.GetPull(t, repo, number)
	if !done.Changed || state.State != "merged" || done.MergeSHA == "" || done.MergeSHA != state.MergeSHA || w.Forge.Head(t, repo, "fix/login") != "" {
		t.Fatalf("merged %+v, the forge says %+v", done, state)
	}
	if got := w.Forge.File(t, repo, "main", "login/login.go"); got != strings.Replace(login, "403", "401", 1) {
		t.Errorf("on main the file is\n%s", got)
	}
	refused(t, w.Call, tool, asked, "failed_precondition", "merged")
}

func release(t *testing.T, w World, repo string) {
	t.Helper()
	must(t, w.Call, "create_release", args("repo", repo, "tag", "v1.0.0", "target", "main", "name", "First", "notes", "Logs in.", "generate_notes", true))
	got := w.Forge.GetRelease(t, repo, "v1.0.0")
	// Forges that write notes themselves name what was merged, ours the commits.
	notes := strings.Contains(got.Body, "login: begin") || strings.Contains(got.Body, "Take 401 for what it is")
	if got.Name != "First" || !strings.HasPrefix(got.Body, "Logs in.") || !notes || got.SHA != w.Forge.Head(t, repo, "main") {
		t.Errorf("the release is %+v", got)
	}
	has(t, "get_release", must(t, w.Call, "get_release", args("repo", repo)).Text, "tag: v1.0.0", "Logs in.")
	has(t, "list_refs", must(t, w.Call, "list_refs", args("repo", repo, "type", "tag")).Text, "v1.0.0")
	found := must(t, w.Call, "search_code", args("repo", repo, "query", "RETURN 401", "path", "login/**")).Text
	has(t, "search_code", found, "login/login.go", "5: return 401")
	has(t, "list_commits", must(t, w.Call, "list_commits", args("repo", repo)).Text, "login: begin", "Initial commit")
	has(t, "get_repo", must(t, w.Call, "get_repo", args("repo", repo)).Text, "latest_release: v1.0.0", "default_branch: main")
}

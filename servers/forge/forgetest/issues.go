package forgetest

import (
	"fmt"
	"slices"
	"testing"
)

// issues have labels, a milestone and people by name.
func issues(t *testing.T, w World) {
	repo := w.Forge.NewRepo(t, "issues")
	w.Forge.Label(t, repo, "bug")
	w.Forge.Label(t, repo, "urgent")
	w.Forge.Milestone(t, repo, "v2")
	me := decode[struct{ Login string }](t, w.Call, "get_me", nil).Login

	made := decode[writeAnswer](t, w.Call, "create_issue", args("repo", repo, "title", "Login fails quietly", "body", "With 403.\n", "labels", []string{"bug"}, "milestone", "v2", "assignees", me))
	got := w.Forge.GetIssue(t, repo, made.Number)
	if got.Title != "Login fails quietly" || got.Milestone != "v2" || !slices.Equal(got.Labels, []string{"bug"}) || !slices.Equal(got.Assignees, []string{me}) {
		t.Fatalf("the issue is %+v", got)
	}
	refused(t, w.Call, "create_issue", args("repo", repo, "title", "x", "labels", []string{"bgu"}), "invalid_argument", "bgu")

	changed := decode[writeAnswer](t, w.Call, "update_issue", args("repo", repo, "number", made.Number, "add_labels", "urgent", "remove_labels", "bug", "state", "closed", "milestone", "none"))
	got = w.Forge.GetIssue(t, repo, made.Number)
	if !changed.Changed || got.State != "closed" || got.Milestone != "" || !slices.Equal(got.Labels, []string{"urgent"}) || got.Body != "With 403.\n" && got.Body != "With 403." {
		t.Errorf("the issue is %+v after %+v", got, changed)
	}
	if changed.Before["state"] != "open" || changed.After["state"] != "closed" || changed.Before["milestone"] != "v2" {
		t.Errorf("before %v, after %v", changed.Before, changed.After)
	}
	again := decode[writeAnswer](t, w.Call, "update_issue", args("repo", repo, "number", made.Number, "state", "closed"))
	if again.Changed {
		t.Errorf("what changed nothing says %+v", again)
	}
	for i := range 3 {
		must(t, w.Call, "add_comment", args("repo", repo, "number", made.Number, "body", fmt.Sprintf("comment %d", i)))
	}
	if got := w.Forge.GetIssue(t, repo, made.Number).Comments; !slices.Equal(got, []string{"comment 0", "comment 1", "comment 2"}) {
		t.Errorf("the comments are %v", got)
	}
	read := decode[struct {
		Title    string
		Comments []struct{ ID, Body string }
	}](t, w.Call, "get_issue", args("repo", repo, "number", made.Number, "per_page", 2, "page", 2))
	if read.Title != "Login fails quietly" || len(read.Comments) != 1 || read.Comments[0].Body != "comment 2" {
		t.Errorf("get_issue says %+v", read)
	}
	has(t, "search_issues", must(t, w.Call, "search_issues", args("query", "quietly", "repo", repo)).Text, "Login fails quietly", repo)
	has(t, "list_issue_metadata", must(t, w.Call, "list_issue_metadata", args("repo", repo)).Text, "bug", "urgent", "v2", me)
	for name, want := range map[string]int{"urgent": 1, "bug": 0, "nothing": 0} {
		list := decode[struct{ Issues []struct{ Number int } }](t, w.Call, "list_issues", args("repo", repo, "labels", name, "state", "all")).Issues
		if len(list) != want {
			t.Errorf("%d issues are labelled %s, want %d", len(list), name, want)
		}
	}
	deleteComment(t, w, repo, made.Number, read.Comments[0].ID)
}

func deleteComment(t *testing.T, w World, repo string, number int, id string) {
	t.Helper()
	plan := decode[planAnswer](t, w.Call, "delete_issue_comment", args("repo", repo, "comment_id", id))
	if plan.Changed || len(w.Forge.GetIssue(t, repo, number).Comments) != 3 {
		t.Fatalf("the plan did it: %+v", plan)
	}
	refused(t, w.Call, "delete_issue_comment", args("repo", repo, "comment_id", id, "confirm", "yes"), "confirmation_required")
	must(t, w.Call, "delete_issue_comment", args("repo", repo, "comment_id", id, "confirm", plan.Confirm))
	if got := w.Forge.GetIssue(t, repo, number).Comments; len(got) != 2 {
		t.Errorf("the comments are %v", got)
	}
}

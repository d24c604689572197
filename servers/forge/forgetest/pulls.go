package forgetest

import (
	"slices"
	"strings"
	"testing"
)

// pulls are drafts and not, have labels and reviewers, and are found by them.
func pulls(t *testing.T, w World) {
	repo := w.Forge.NewRepo(t, "pulls")
	w.Forge.Label(t, repo, "big")
	w.Forge.Milestone(t, repo, "v3")
	reviewer := decode[struct{ Login string }](t, w.Review, "get_me", nil).Login
	first := branch(t, w, repo, "first", args("path", "1.txt", "action", "create", "content", "1\n"))
	second := branch(t, w, repo, "second", args("path", "2.txt", "action", "create", "content", "2\n"))

	update := w.pull("update_{pull}")
	drafted := decode[writeAnswer](t, w.Call, update, args("repo", repo, "number", first, "draft", true, "labels", "big", "milestone", "v3", "body", "More."))
	if !drafted.Changed || drafted.After["draft"] != true || drafted.After["milestone"] != "v3" {
		t.Errorf("update says %+v", drafted)
	}
	asked := args("repo", repo, "number", second, "reviewers", reviewer)
	if me := decode[struct{ Login string }](t, w.Call, "get_me", nil).Login; me != reviewer {
		if r := decode[writeAnswer](t, w.Call, update, asked); !r.Changed || len(r.Hints) > 0 {
			t.Errorf("asking %s says %+v", reviewer, r)
		}
		asked = args("repo", repo, "number", second, "remove_reviewers", reviewer)
		decode[writeAnswer](t, w.Call, update, asked)
	}
	list := func(more ...any) (numbers []int) {
		t.Helper()
		for _, p := range decode[struct{ Pulls []struct{ Number int } }](t, w.Call, w.pull("list_{pull}s"), args(append([]any{"repo", repo}, more...)...)).Pulls {
			numbers = append(numbers, p.Number)
		}
		return numbers
	}
	for name, tc := range map[string]struct {
		filter []any
		want   []int
	}{
		"all open":      {nil, []int{second, first}},
		"drafts":        {[]any{"draft", true}, []int{first}},
		"no drafts":     {[]any{"draft", false}, []int{second}},
		"label":         {[]any{"labels", "big"}, []int{first}},
		"head":          {[]any{"head", "second"}, []int{second}},
		"base":          {[]any{"base", "main"}, []int{second, first}},
		"another base":  {[]any{"base", "other"}, nil},
		"merged":        {[]any{"state", "merged"}, nil},
		"one at a time": {[]any{"per_page", 1}, []int{second}},
		"the second":    {[]any{"per_page", 1, "page", 2, "base", "main"}, []int{first}},
	} {
		if got := list(tc.filter...); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
	refused(t, w.Call, w.pull("create_{pull}"), args("repo", repo, "title", "x", "head", "first"), "conflict", w.pull("update_{pull}"))
	refused(t, w.Call, w.pull("create_{pull}"), args("repo", repo, "title", "x", "head", "nothing"), "not_found", "pushed")
	plan := decode[planAnswer](t, w.Call, w.pull("merge_{pull}"), args("repo", repo, "number", first, "expected_head_sha", w.Forge.Head(t, repo, "first")))
	if !slices.ContainsFunc(plan.Blockers, func(b string) bool { return strings.Contains(b, "draft") }) {
		t.Errorf("the plan of a draft is %+v", plan)
	}
	ready := decode[writeAnswer](t, w.Call, update, args("repo", repo, "number", first, "draft", false, "title", "Ready"))
	if ready.After["draft"] != false || w.Forge.GetPull(t, repo, first).Title != "Ready" {
		t.Errorf("update says %+v, the title is %q", ready, w.Forge.GetPull(t, repo, first).Title)
	}
	closed := decode[writeAnswer](t, w.Call, update, args("repo", repo, "number", second, "state", "closed"))
	if closed.State != "closed" || w.Forge.GetPull(t, repo, second).State != "closed" || !slices.Equal(list("state", "closed"), []int{second}) {
		t.Errorf("update says %+v, closed are %v", closed, list("state", "closed"))
	}

	// A thread is opened again.
	must(t, w.Review, "create_review", args("repo", repo, "number", first, "comments", args("path", "1.txt", "line", 1, "body", "?")))
	type threads struct {
		Threads []struct {
			ID string `json:"thread_id"`
		}
	}
	open := func() int {
		return len(decode[threads](t, w.Call, "list_review_threads", args("repo", repo, "number", first)).Threads)
	}
	id := decode[threads](t, w.Call, "list_review_threads", args("repo", repo, "number", first)).Threads[0].ID
	must(t, w.Call, "update_review_thread", args("repo", repo, "thread_id", id, "resolved", true))
	resolved := open()
	must(t, w.Call, "update_review_thread", args("repo", repo, "thread_id", id, "resolved", false))
	if resolved != 0 || open() != 1 {
		t.Errorf("resolved %d, then %d are open", resolved, open())
	}
	refused(t, w.Call, "update_review_thread", args("repo", repo, "thread_id", id), "invalid_argument")
}

// rest is what no other part calls.
func rest(t *testing.T, w World) {
	repo := w.Forge.NewRepo(t, "rest")
	slash := strings.LastIndexByte(repo, '/')
	owner, name := repo[:slash], repo[slash+1:]
	number := w.Forge.Issue(t, repo, "A needle in the haystack", "")
	has(t, "search_repos", must(t, w.Call, "search_repos", args("query", name, "owner", owner, "sort", "updated")).Text, repo)
	has(t, "search_issues", must(t, w.Call, "search_issues", args("query", "needle")).Text, repo, "A needle in the haystack")
	must(t, w.Call, "list_"+w.Nouns.Notices, args("all", true))
	must(t, w.Call, "list_ci_variables", args("repo", repo))
	must(t, w.Call, "update_issue", args("repo", repo, "number", number, "labels", "none", "title", "Another"))
	if got := w.Forge.GetIssue(t, repo, number).Title; got != "Another" {
		t.Errorf("the title is %q", got)
	}
	made := decode[struct{ Repo string }](t, w.Call, "create_repo", args("repo", owner+"/"+name+"-made", "private", false))
	if made.Repo != owner+"/"+name+"-made" || w.Forge.Head(t, made.Repo, "main") == "" {
		t.Errorf("create_repo says %+v", made)
	}
	if fork := w.Review(t, "fork_repo", args("repo", repo)); fork.IsError && !strings.HasPrefix(fork.Text, "ERROR unsupported") {
		t.Errorf("fork_repo: %s", fork.Text)
	}
}

package forgetest

import (
	"fmt"
	"slices"
	"testing"
)

// pages together are the list, whatever cuts them.
func pages(t *testing.T, w World) {
	repo := w.Forge.NewRepo(t, "pages")
	const n = 13
	for i := range n {
		w.Forge.Issue(t, repo, fmt.Sprintf("issue %02d with a title that takes some room in an answer, so that few fit", i), "")
	}
	want := make([]int, n)
	for i := range want {
		want[i] = n - i
	}
	for name, a := range map[string]map[string]any{
		"by page":         args("per_page", 5),
		"exactly":         args("per_page", n),
		"one less":        args("per_page", n-1),
		"one more":        args("per_page", n+1),
		"cut by bytes":    args("per_page", 10, "max_bytes", 2048),
		"over the limit":  args("per_page", 100),
		"with our filter": args("per_page", 4, "milestone", "none such"),
	} {
		t.Run(name, func(t *testing.T) {
			a["repo"] = repo
			var got []int
			for calls := 0; a != nil; calls++ {
				if calls > n+2 {
					t.Fatal("it does not end")
				}
				r := decode[struct {
					Issues     []struct{ Number int }
					Pagination struct {
						PerPage  int            `json:"per_page"`
						HasMore  bool           `json:"has_more"`
						NextArgs map[string]any `json:"next_args"`
					}
				}](t, w.Call, "list_issues", a)
				for _, i := range r.Issues {
					got = append(got, i.Number)
				}
				if r.Pagination.HasMore != (r.Pagination.NextArgs != nil) {
					t.Errorf("has_more %v, next_args %v", r.Pagination.HasMore, r.Pagination.NextArgs)
				}
				if r.Pagination.PerPage > w.most() {
					t.Errorf("per_page is said to be %d", r.Pagination.PerPage)
				}
				if r.Pagination.NextArgs == nil {
					break
				}
				for k, v := range r.Pagination.NextArgs {
					a[k] = v
				}
			}
			if name == "with our filter" {
				if len(got) > 0 {
					t.Errorf("got %v", got)
				}
				return
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %v", got)
			}
		})
	}
	after := decode[struct {
		Issues     []any
		Pagination struct{ Hint string }
	}](t, w.Call, "list_issues", args("repo", repo, "page", 9))
	if len(after.Issues) != 0 || after.Pagination.Hint == "" {
		t.Errorf("after the last page: %+v", after)
	}
}

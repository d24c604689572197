package main

import (
	"context"
	"net/url"
	"strconv"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// maxPage is GitLab's ceiling, which no instance can change.
const maxPage = 100

// Limits needs no question: they are the same everywhere.
func (g *gitlab) Limits(context.Context) (forge.Limits, error) {
	return forge.Limits{MaxPage: maxPage}, nil
}

func options(at forge.At) gl.ListOptions {
	return gl.ListOptions{Page: int64(at.Page), PerPage: int64(at.Size)}
}

// listed makes a page of ours. GitLab says what is next in X-Next-Page, and in
// X-Total how many there are, unless they are more than ten thousand.
func listed[T, U any](items []T, r *gl.Response, convert func(T) U) forge.List[U] {
	list := forge.List[U]{Items: make([]U, 0, len(items))}
	for _, item := range items {
		list.Items = append(list.Items, convert(item))
	}
	if r == nil || r.Response == nil {
		return list
	}
	list.More = r.NextPage > 0 || r.NextLink != ""
	if r.Header.Get("X-Total") != "" {
		total := int(r.TotalItems)
		list.Total = &total
	}
	return list
}

// sliced is a page of a list that was read as a whole; cut, if there is more.
func sliced[T any](all []T, cut bool, at forge.At) forge.List[T] {
	total := len(all)
	start := min((at.Page-1)*at.Size, total)
	end := min(start+at.Size, total)
	list := forge.List[T]{Items: all[start:end], More: end < total, Total: &total, Estimate: cut}
	if cut && end == total {
		list.Hint = "GitLab has more than were read"
	}
	return list
}

// everything reads a list, but no more than pages of it. The second result is
// true when there is more.
func everything[T any](pages int, get func(gl.ListOptions) ([]T, *gl.Response, error)) ([]T, bool, error) {
	var all []T
	for page := 1; ; page++ {
		items, r, err := get(gl.ListOptions{Page: int64(page), PerPage: maxPage})
		if err != nil {
			return nil, false, err
		}
		all = append(all, items...)
		if r == nil || r.NextPage == 0 || len(items) == 0 {
			return all, false, nil
		}
		if page == pages {
			return all, true, nil
		}
	}
}

// together asks at once and fails when one does.
func together(ctx context.Context, ask ...func(context.Context) error) error {
	failures := make([]error, len(ask))
	var tasks []upstream.Task
	for i, do := range ask {
		tasks = append(tasks, upstream.Task{Do: func(ctx context.Context) error { failures[i] = do(ctx); return failures[i] }})
	}
	if len(tasks) == 0 {
		return nil
	}
	if _, err := upstream.Together(ctx, tasks...); err != nil {
		return err
	}
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// pageQuery is options for a request without the library.
func pageQuery(at forge.At) url.Values {
	return url.Values{"page": {strconv.Itoa(at.Page)}, "per_page": {strconv.Itoa(at.Size)}}
}

func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

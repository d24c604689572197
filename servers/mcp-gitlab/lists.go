package main

import (
	"context"
	"net/url"
	"strconv"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
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
func listed[T, U any](items []*T, r *gl.Response, convert func(*T) U) forge.List[U] {
	list := forge.List[U]{Items: forge.Present(items, convert)}
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
	list := forge.PageOf(all, at)
	list.Estimate = cut
	if cut && !list.More {
		list.Hint = "GitLab has more than were read"
	}
	return list
}

// everything reads a list, but no more than pages of it. The second result is
// true when there is more.
func everything[T any](pages int, get func(gl.ListOptions) ([]*T, *gl.Response, error)) ([]*T, bool, error) {
	return forge.Everything(pages, func(page int) ([]*T, bool, error) {
		items, r, err := get(gl.ListOptions{Page: int64(page), PerPage: maxPage})
		return items, r != nil && r.NextPage > 0, err
	})
}

// pageQuery is options for a request without the library.
func pageQuery(at forge.At) url.Values {
	return url.Values{"page": {strconv.Itoa(at.Page)}, "per_page": {strconv.Itoa(at.Size)}}
}

func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// github is one instance. It is the backend of the tools.
type github struct {
	http *upstream.Client
	api  *gh.Client // over http
	rest string     // where REST is below the base URL
}

func newGitHub(c *upstream.Client) (*github, error) {
	g := &github{http: c, rest: restPath(c.Base())}
	base := c.Base().JoinPath(g.rest, "/").String()
	var err error
	// Limits and tries are the affair of upstream.
	g.api, err = gh.NewClient(gh.WithHTTPClient(c.Library()), gh.WithURLs(&base, nil), gh.WithDisableRateLimitCheck())
	return g, err
}

// apiVersion is that of go-github.
const apiVersion = "2022-11-28"

// wrap finds the error of ours in one of the library. One that has none is of the
// library itself: it could not decode the answer.
func wrap(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var e *kit.Error
	if errors.As(err, &e) {
		return e
	}
	return kit.Errorf(kit.Unavailable, "asking GitHub: %w", err).WithHint("is this a version of GitHub that this server knows?")
}

// request is one of ours, for what the library does not do as it is needed here.
// The path is below REST; what is not ours in it is escaped.
func (g *github) request(method, path string, query url.Values, body any) upstream.Request {
	return upstream.Request{
		Method: method, Path: g.rest + path, Query: query, JSON: body,
		Header: http.Header{"Accept": {"application/vnd.github+json"}, "X-Github-Api-Version": {apiVersion}},
	}
}

// read decodes the answer to a GET into out.
func (g *github) read(ctx context.Context, path string, query url.Values, out any) error {
	_, err := g.http.JSON(ctx, g.request(http.MethodGet, path, query, nil), out)
	return wrap(ctx, err)
}

// write sends a change and decodes what is said of it, if anything, into out.
func (g *github) write(ctx context.Context, method, path string, body, out any) error {
	r := g.request(method, path, nil, body)
	if out == nil {
		_, err := g.http.Do(ctx, r)
		return wrap(ctx, err)
	}
	_, err := g.http.JSON(ctx, r, out)
	return wrap(ctx, err)
}

// as reads what is at a path in another form: diff, sha or raw.
func (g *github) as(ctx context.Context, form, path string, query url.Values) ([]byte, error) {
	r := g.request(http.MethodGet, path, query, nil)
	r.Header.Set("Accept", "application/vnd.github."+form)
	answer, err := g.http.Do(ctx, r)
	if err != nil {
		return nil, wrap(ctx, err)
	}
	return answer.Body, nil
}

// split is owner and name; the tools have checked that there are two.
func split(repo string) (owner, name string) {
	owner, name, _ = strings.Cut(repo, "/")
	return owner, name
}

// repoPath is below a repository. tail is escaped already.
func repoPath(repo, tail string) string {
	owner, name := split(repo)
	return "repos/" + url.PathEscape(owner) + "/" + url.PathEscape(name) + "/" + tail
}

// escaped is a path or a ref, whose slashes stay.
func escaped(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}

func page(at forge.At) gh.ListOptions { return gh.ListOptions{Page: at.Page, PerPage: at.Size} }

// listed makes a page of ours. What is next is in Link.
func listed[T, U any](items []*T, r *gh.Response, convert func(*T) U) forge.List[U] {
	list := forge.List[U]{Items: make([]U, 0, len(items)), More: r != nil && r.NextPage > 0}
	for _, item := range items {
		if item != nil {
			list.Items = append(list.Items, convert(item))
		}
	}
	return list
}

// everything reads a list to its end, as long as it is not absurd.
func everything[T any](get func(gh.ListOptions) ([]*T, *gh.Response, error)) ([]*T, error) {
	var all []*T
	for n := 1; n <= 30; n++ {
		items, r, err := get(gh.ListOptions{Page: n, PerPage: 100})
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			if item != nil {
				all = append(all, item)
			}
		}
		if r == nil || r.NextPage == 0 || len(items) == 0 {
			break
		}
	}
	return all, nil
}

// sliced is a page of a list that is here as a whole.
func sliced[T any](all []T, at forge.At) forge.List[T] {
	total := len(all)
	start := min((at.Page-1)*at.Size, total)
	end := min(start+at.Size, total)
	return forge.List[T]{Items: all[start:end], More: end < total, Total: &total}
}

// together asks all and fails when one does.
func together(ctx context.Context, ask ...func(context.Context) error) error {
	failures := make([]error, len(ask))
	var tasks []upstream.Task
	for i, do := range ask {
		tasks = append(tasks, upstream.Task{Do: func(ctx context.Context) error { failures[i] = do(ctx); return failures[i] }})
	}
	if tasks == nil {
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

// isCode reports whether err is a [kit.Error] of that code.
func isCode(err error, code kit.Code) bool {
	var e *kit.Error
	return errors.As(err, &e) && e.Code == code
}

func id(n int64) string { return strconv.FormatInt(n, 10) }

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func names(list *[]string) []string {
	if list == nil {
		return nil
	}
	return *list
}

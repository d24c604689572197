package main

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
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

// wrap is for errors of the library.
func wrap(ctx context.Context, err error) error { return forge.LibraryError(ctx, "GitHub", err) }

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

// repoPath is below a repository. tail is escaped already.
func repoPath(repo, tail string) string {
	owner, name := forge.OwnerName(repo)
	return "repos/" + url.PathEscape(owner) + "/" + url.PathEscape(name) + "/" + tail
}

func page(at forge.At) gh.ListOptions { return gh.ListOptions{Page: at.Page, PerPage: at.Size} }

// listed makes a page of ours. What is next is in Link.
func listed[T, U any](items []*T, r *gh.Response, convert func(*T) U) forge.List[U] {
	return forge.List[U]{Items: forge.Present(items, convert), More: r != nil && r.NextPage > 0}
}

// listPages bounds a list that is read to its end: one that is longer is absurd.
const listPages = 30

func everything[T any](get func(gh.ListOptions) ([]*T, *gh.Response, error)) ([]*T, error) {
	all, _, err := forge.Everything(listPages, func(page int) ([]*T, bool, error) {
		items, r, err := get(gh.ListOptions{Page: page, PerPage: 100})
		return items, r != nil && r.NextPage > 0, err
	})
	return all, err
}

func id(n int64) string { return strconv.FormatInt(n, 10) }

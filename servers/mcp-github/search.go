package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// shownHits is how many hits of a search GitHub gives, however many there are.
const shownHits = 1000

// beyond is a page of which the search gives nothing, nil if it gives some.
func beyond[T any](at forge.At) *forge.List[T] {
	if (at.Page-1)*at.Size < shownHits {
		return nil
	}
	return &forge.List[T]{Hint: "GitHub's search gives the first 1000 hits and no more: narrow the query"}
}

// searched says what is to be known of the totals of a search.
func searched[T any](list forge.List[T], total int, incomplete bool) forge.List[T] {
	list.Total, list.Estimate = &total, incomplete || total > shownHits
	switch {
	case incomplete:
		list.Hint = "the search ran out of time and is incomplete: there may be more; narrow the query"
	case total > shownHits:
		list.Hint = fmt.Sprintf("there are about %d hits, of which GitHub gives the first 1000: narrow the query", total)
	}
	return list
}

// quoted is text as the search takes it for one word. A backslash would make the
// last quote a part of it, and what follows too.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`"`, " ", `\`, " ").Replace(text) + `"`
}

// SearchIssues looks for text with GitHub's search, whose index is seconds late.
func (g *github) SearchIssues(ctx context.Context, repo, text string, f forge.IssueFilter, at forge.At) (forge.List[forge.Issue], error) {
	if over := beyond[forge.Issue](at); over != nil {
		return *over, nil
	}
	words := []string{"is:issue"}
	if f.Pulls {
		words[0] = "is:pr"
	}
	add := func(name, value string) {
		if value != "" {
			words = append(words, name+":"+value)
		}
	}
	add("repo", repo)
	if f.State == "open" || f.State == "closed" {
		add("state", f.State)
	}
	add("author", f.Author)
	add("assignee", f.Assignee)
	for _, label := range f.Labels {
		add("label", quoted(label))
	}
	if f.Milestone != "" {
		add("milestone", quoted(f.Milestone))
	}
	if !f.Since.IsZero() {
		add("updated", ">="+f.Since.UTC().Format("2006-01-02T15:04:05Z"))
	}
	words = append(words, text) // the last: a quote that is open in it takes nothing along
	found, r, err := g.api.Search.Issues(ctx, strings.Join(words, " "), &gh.SearchOptions{Sort: f.Sort, ListOptions: page(at)})
	if err != nil {
		return forge.List[forge.Issue]{}, wrap(ctx, err)
	}
	list := listed(found.Issues, r, func(i *gh.Issue) forge.Issue {
		out := toIssue(i)
		if out.Repo == "" {
			out.Repo = repo
		}
		return out
	})
	return searched(list, found.GetTotal(), found.GetIncompleteResults()), nil
}

const hitLines = 10 // of one file

// SearchCode finds files with GitHub's search and the lines by reading them: the
// search says neither their numbers nor whether the text is there as it is. It
// knows the default branch; on others the archive is read.
func (g *github) SearchCode(ctx context.Context, repo string, q forge.CodeQuery, at forge.At) (forge.List[forge.CodeHit], error) {
	var none forge.List[forge.CodeHit]
	want, err := forge.NewCodeMatcher(q)
	if err != nil {
		return none, err
	}
	if q.Ref != "" {
		return g.searchArchive(ctx, repo, q.Ref, want, at)
	}
	if over := beyond[forge.CodeHit](at); over != nil {
		return *over, nil
	}
	words := []string{quoted(q.Text), "repo:" + repo}
	if dir, _, wild := strings.Cut(q.Glob, "*"); dir != "" {
		if i := strings.LastIndexByte(dir, '/'); wild && i > 0 {
			words = append(words, "path:"+dir[:i])
		}
	}
	if i := strings.LastIndex(q.Glob, "*."); i >= 0 && !strings.ContainsAny(q.Glob[i+2:], "*?[{/") {
		words = append(words, "extension:"+q.Glob[i+2:])
	}
	found, r, err := g.api.Search.Code(ctx, strings.Join(words, " "), &gh.SearchOptions{ListOptions: page(at)})
	if err != nil {
		return none, wrap(ctx, err)
	}
	hits := make([]*forge.CodeHit, len(found.CodeResults))
	var ask []func(context.Context) error
	for i, one := range found.CodeResults {
		if !want.Path(one.GetPath()) {
			continue
		}
		ask = append(ask, func(ctx context.Context) error {
			file, err := g.GetFile(ctx, repo, "", one.GetPath())
			if forge.IsCode(err, kit.NotFound) {
				return nil // the index is older than the branch
			}
			hits[i] = want.Lines(one.GetPath(), string(file.Content), hitLines)
			return err
		})
	}
	if err := upstream.All(ctx, ask...); err != nil {
		return none, err
	}
	list := searched(forge.List[forge.CodeHit]{More: r.NextPage > 0}, found.GetTotal(), found.GetIncompleteResults())
	for _, hit := range hits {
		if hit != nil {
			list.Items = append(list.Items, *hit)
		}
	}
	if left := len(hits) - len(list.Items); left > 0 && list.Hint == "" {
		list.Hint = "left out of this page, for they have the words but not the text as it is, or are outside of path and language: " + strconv.Itoa(left)
		list.Estimate = true
	}
	return list, nil
}

// searchArchive reads all files of a ref, which is one request.
func (g *github) searchArchive(ctx context.Context, repo, ref string, want *forge.CodeMatcher, at forge.At) (forge.List[forge.CodeHit], error) {
	var none forge.List[forge.CodeHit]
	r, err := g.http.Do(ctx, g.request(http.MethodGet, repoPath(repo, "tarball/"+forge.EscapePath(ref)), nil, nil))
	if err != nil {
		var e *kit.Error
		if errors.As(err, &e) && e.Code == kit.TooLarge {
			return none, e.WithHint("this ref is too large to be searched here: without ref GitHub's index of the default branch is asked; %s allows more", g.http.Setting("MAX_BODY"))
		}
		return none, wrap(ctx, err)
	}
	return forge.SearchArchive(ctx, r.Body, want, at)
}

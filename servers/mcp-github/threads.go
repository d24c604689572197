package main

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
)

// Threads are in GraphQL only: REST has comments, and not which of them are
// resolved.

type graphActor struct{ Login string }

type graphComment struct {
	FullDatabaseID       json.RawMessage // a number in a string
	Author               *graphActor
	Body, URL, DiffHunk  string
	CreatedAt, UpdatedAt *time.Time
}

type graphPage struct {
	HasNextPage bool
	EndCursor   string
}

type graphThread struct {
	ID, Path, DiffSide     string
	Line                   *int
	IsResolved, IsOutdated bool
	ResolvedBy             *graphActor
	PullRequest            *struct{ Number int }
	Repository             *struct{ NameWithOwner string }
	Comments               struct {
		PageInfo graphPage
		Nodes    []*graphComment
	}
}

func (t *graphThread) convert(number int) forge.Thread {
	out := forge.Thread{ID: t.ID, Path: t.Path, Side: t.DiffSide, Number: number, Resolved: t.IsResolved, Outdated: t.IsOutdated}
	if out.Side == "" {
		out.Side = "RIGHT"
	}
	if t.Line != nil {
		out.Line = *t.Line
	}
	if t.ResolvedBy != nil {
		out.ResolvedBy = t.ResolvedBy.Login
	}
	for _, c := range t.Comments.Nodes {
		if c == nil {
			continue
		}
		one := forge.Comment{ID: strings.Trim(string(c.FullDatabaseID), `"`), Body: c.Body, URL: c.URL}
		if c.Author != nil {
			one.Author = c.Author.Login
		}
		if c.CreatedAt != nil {
			one.Created = *c.CreatedAt
		}
		if c.UpdatedAt != nil {
			one.Updated = *c.UpdatedAt
		}
		if out.Hunk == "" {
			out.Hunk = c.DiffHunk
		}
		out.Comments = append(out.Comments, one)
	}
	return out
}

// threadPages bounds what is read of one pull request, and of one thread.
const threadPages = 40

func (g *github) Threads(ctx context.Context, repo string, number int) ([]forge.Thread, error) {
	owner, name := forge.OwnerName(repo)
	var list []forge.Thread
	after := ""
	for range threadPages {
		var answer struct {
			Repository *struct {
				PullRequest *struct {
					ReviewThreads struct {
						PageInfo graphPage
						Nodes    []*graphThread
					}
				}
			}
		}
		variables := map[string]any{"owner": owner, "name": name, "number": number, "follow": !g.http.Pinned()}
		if after != "" {
			variables["after"] = after
		}
		if err := g.ask(ctx, "threads", variables, &answer); err != nil {
			return nil, err
		}
		if answer.Repository == nil || answer.Repository.PullRequest == nil {
			return nil, kit.Errorf(kit.NotFound, "there is no pull request %d in %s", number, repo)
		}
		threads := answer.Repository.PullRequest.ReviewThreads
		for _, t := range threads.Nodes {
			if t == nil {
				continue
			}
			if t.Comments.PageInfo.HasNextPage {
				whole, err := g.GetThread(ctx, repo, t.ID)
				if err != nil {
					return nil, err
				}
				list = append(list, whole)
				continue
			}
			list = append(list, t.convert(number))
		}
		if after = threads.PageInfo.EndCursor; !threads.PageInfo.HasNextPage || after == "" {
			break
		}
	}
	return list, nil
}

func noThread(thread string) *kit.Error {
	return kit.Errorf(kit.NotFound, "there is no thread %s", thread).WithHint("list_review_threads unresolved=false has all, with their ids")
}

// GetThread reads a thread of that repository: an id may be of any.
func (g *github) GetThread(ctx context.Context, repo, thread string) (forge.Thread, error) {
	var out forge.Thread
	after := ""
	for n := range threadPages {
		variables := map[string]any{"id": thread}
		if after != "" {
			variables["after"] = after
		}
		var answer struct{ Node *graphThread }
		if err := g.ask(ctx, "thread", variables, &answer); err != nil {
			if forge.IsCode(err, kit.NotFound) || forge.IsCode(err, kit.InvalidArgument) {
				return out, noThread(thread)
			}
			return out, err
		}
		t := answer.Node
		if t == nil || t.Repository == nil || t.PullRequest == nil || !strings.EqualFold(t.Repository.NameWithOwner, repo) {
			return out, noThread(thread)
		}
		part := t.convert(t.PullRequest.Number)
		if n == 0 {
			out = part
		} else {
			out.Comments = append(out.Comments, part.Comments...)
		}
		if after = t.Comments.PageInfo.EndCursor; !t.Comments.PageInfo.HasNextPage || after == "" {
			break
		}
	}
	return out, nil
}

// ResolveThread reads the thread first: it has to be of that repository.
func (g *github) ResolveThread(ctx context.Context, repo, thread string, resolved bool) error {
	if _, err := g.GetThread(ctx, repo, thread); err != nil {
		return err
	}
	document := "unresolve"
	if resolved {
		document = "resolve"
	}
	var made struct{}
	return g.ask(ctx, document, map[string]any{"id": thread}, &made)
}

package main

import (
	"context"
	"time"

	"github.com/loom-core/loom/servers/forge"
)

// Blame is in GraphQL only. What it says of a file that is not there is what it
// says of an empty one.
func (g *github) Blame(ctx context.Context, repo, ref, path string) ([]forge.Blame, error) {
	sha, err := g.Resolve(ctx, repo, ref)
	if err != nil {
		return nil, err
	}
	owner, name := forge.OwnerName(repo)
	var answer struct {
		Repository *struct {
			Object *struct {
				Blame *struct {
					Ranges []struct {
						StartingLine, EndingLine int
						Commit                   graphCommit
					}
				}
			}
		}
	}
	if err := g.ask(ctx, "blame", map[string]any{"owner": owner, "name": name, "commit": sha, "path": path}, &answer); err != nil {
		return nil, err
	}
	var list []forge.Blame
	if r := answer.Repository; r != nil && r.Object != nil && r.Object.Blame != nil {
		for _, one := range r.Object.Blame.Ranges {
			list = append(list, forge.Blame{Start: one.StartingLine, End: one.EndingLine, Commit: one.Commit.convert()})
		}
	}
	if list == nil {
		_, err = g.GetFile(ctx, repo, sha, path)
	}
	return list, err
}

type graphCommit struct {
	OID, Message, URL string
	CommittedDate     *time.Time
	Author            *struct {
		Name, Email string
		User        *graphActor
	}
}

func (c graphCommit) convert() forge.Commit {
	out := forge.Commit{SHA: c.OID, Message: c.Message, URL: c.URL}
	if c.CommittedDate != nil {
		out.Date = *c.CommittedDate
	}
	if a := c.Author; a != nil {
		out.Author, out.Email = a.Name, a.Email
		if a.User != nil && a.User.Login != "" {
			out.Author = a.User.Login
		}
	}
	return out
}

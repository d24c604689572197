package main

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	gl "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// user is whose token it is.
func (g *gitlab) user(ctx context.Context) (*gl.User, *gl.Response, error) {
	u, r, err := g.api.Users.CurrentUser(in(ctx))
	if err != nil {
		return nil, nil, wrap(ctx, err)
	}
	g.mu.Lock()
	g.me = u
	g.mu.Unlock()
	return u, r, nil
}

// whoami is user, asked once.
func (g *gitlab) whoami(ctx context.Context) (*gl.User, error) {
	g.mu.Lock()
	me := g.me
	g.mu.Unlock()
	if me != nil {
		return me, nil
	}
	me, _, err := g.user(ctx)
	return me, err
}

// Me is the account of the token. What the token may do, GitLab says of its own
// tokens and not of those of OAuth.
func (g *gitlab) Me(ctx context.Context) (forge.Me, error) {
	u, r, err := g.user(ctx)
	if err != nil {
		return forge.Me{}, err
	}
	me := forge.Me{Login: u.Username, Name: u.Name, URL: u.WebURL, Admin: u.IsAdmin}
	if left, err := strconv.Atoi(r.Header.Get("RateLimit-Remaining")); err == nil {
		me.RateLeft = &left
		if reset, err := strconv.ParseInt(r.Header.Get("RateLimit-Reset"), 10, 64); err == nil {
			me.RateReset = time.Unix(reset, 0)
		}
	}
	err = upstream.All(ctx, func(ctx context.Context) error {
		token, _, err := g.api.PersonalAccessTokens.GetSinglePersonalAccessToken(in(ctx))
		if err == nil {
			me.Scopes = token.Scopes
		}
		return nil
	}, func(ctx context.Context) error {
		me.Version = g.serverVersion(ctx)
		return nil
	})
	return me, err
}

// serverVersion is empty where a GitLab does not say it: before 15.2 there is no
// metadata, and a token of few scopes may not ask for it.
func (g *gitlab) serverVersion(ctx context.Context) string {
	g.mu.Lock()
	version := g.version
	g.mu.Unlock()
	if version != "" {
		return version
	}
	if m, _, err := g.api.Metadata.GetMetadata(in(ctx)); err == nil {
		version = m.Version
	} else if v, _, err := g.api.Version.GetVersion(in(ctx)); err == nil {
		version = v.Version
	}
	g.mu.Lock()
	g.version = version
	g.mu.Unlock()
	return version
}

// noticePages bounds what is read of the to-dos that are done.
const noticePages = 5

// Notices are the to-dos, those that are done too if all.
func (g *gitlab) Notices(ctx context.Context, all bool, where forge.At) (forge.List[forge.Notice], error) {
	if !all {
		todos, r, err := g.api.Todos.ListTodos(&gl.ListTodosOptions{ListOptions: options(where), State: gl.Ptr("pending")}, in(ctx))
		if err != nil {
			return forge.List[forge.Notice]{}, wrap(ctx, err)
		}
		return listed(todos, r, toNotice), nil
	}
	var both [2][]*gl.Todo
	var cut [2]bool
	var ask []func(context.Context) error
	for i, state := range []string{"pending", "done"} { // GitLab lists one state at a time
		ask = append(ask, func(ctx context.Context) (err error) {
			both[i], cut[i], err = everything(noticePages, func(o gl.ListOptions) ([]*gl.Todo, *gl.Response, error) {
				return g.api.Todos.ListTodos(&gl.ListTodosOptions{ListOptions: o, State: gl.Ptr(state)}, in(ctx))
			})
			return wrap(ctx, err)
		})
	}
	if err := upstream.All(ctx, ask...); err != nil {
		return forge.List[forge.Notice]{}, err
	}
	var notices []forge.Notice
	for _, t := range slices.Concat(both[0], both[1]) {
		notices = append(notices, toNotice(t))
	}
	return sliced(notices, cut[0] || cut[1], where), nil
}

func toNotice(t *gl.Todo) forge.Notice {
	if t == nil {
		return forge.Notice{}
	}
	n := forge.Notice{ID: id(t.ID), Title: t.Body, Kind: string(t.ActionName), Unread: t.State == "pending", Updated: forge.Value(t.CreatedAt)}
	if t.Project != nil {
		n.Repo = t.Project.PathWithNamespace
	}
	if t.TargetType != "" {
		n.Kind += " of a " + strings.ToLower(strings.ReplaceAll(string(t.TargetType), "MergeR", "merge r"))
	}
	if t.Target != nil {
		n.Number, n.State = int(t.Target.IID), state(t.Target.State)
		if t.Target.Title != "" {
			n.Title = t.Target.Title
		}
	}
	return n
}

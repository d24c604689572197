package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	sdk "code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// gitea is one instance. It is the backend of the tools.
type gitea struct {
	http    *upstream.Client
	library *http.Client // of http, for the SDK

	mu      sync.Mutex
	version string // of the server, once it was asked; guarded by mu
}

// sdk is a client of the SDK for one call: it keeps a context, and there is one
// for each call. It checks no versions: what a server does not have it says.
func (g *gitea) sdk(ctx context.Context) (*sdk.Client, error) {
	if g.http.Base() == nil {
		_, err := g.http.Do(ctx, upstream.Request{Path: "api/v1/version"}) // says what is not set
		return nil, err
	}
	c, err := sdk.NewClient(g.http.Base().String(), sdk.SetHTTPClient(g.library), sdk.SetContext(ctx), sdk.SetGiteaVersion(""))
	return c, wrap(ctx, err)
}

// wrap finds the error of ours in one of the SDK. One that has none is of the
// SDK itself: it did not like what it was to send, or could not decode the answer.
func wrap(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var e *kit.Error
	if errors.As(err, &e) {
		if e.Status == http.StatusNotFound && e.Hint == "" {
			return e.WithHint("Gitea answers 404 for what the token may not see, too; get_me says whose token it is")
		}
		return e
	}
	return kit.Errorf(kit.Unavailable, "asking Gitea: %w", err).WithHint("is this a version of Gitea that this server knows?")
}

// split is owner and name; the tools have checked that there are two.
func split(repo string) (owner, name string) {
	owner, name, _ = strings.Cut(repo, "/")
	return owner, name
}

// path is below the API, of parts that are escaped here.
func path(parts ...string) string {
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return "api/v1/" + strings.Join(parts, "/")
}

// repoPath is below a repository. tail is escaped already.
func repoPath(repo, tail string) string {
	owner, name := split(repo)
	return path("repos", owner, name) + "/" + tail
}

func listOptions(at forge.At) sdk.ListOptions {
	return sdk.ListOptions{Page: at.Page, PageSize: at.Size}
}

// listed makes a page of ours. Gitea says what is next in Link, and how many
// there are in X-Total-Count, for most lists.
func listed[T, U any](items []T, r *sdk.Response, convert func(T) U) forge.List[U] {
	list := forge.List[U]{Items: make([]U, 0, len(items))}
	for _, item := range items {
		list.Items = append(list.Items, convert(item))
	}
	if r == nil || r.Response == nil {
		return list
	}
	list.More = r.NextPage > 0
	if n, err := strconv.Atoi(r.Header.Get("X-Total-Count")); err == nil {
		list.Total = &n
	}
	return list
}

// sliced is a page of a list that Gitea gives as a whole.
func sliced[T any](all []T, at forge.At) forge.List[T] {
	total := len(all)
	start := min((at.Page-1)*at.Size, total)
	end := min(start+at.Size, total)
	return forge.List[T]{Items: all[start:end], More: end < total, Total: &total}
}

// everything reads a list to its end, as long as it is not absurd.
func everything[T any](get func(sdk.ListOptions) ([]T, *sdk.Response, error)) ([]T, error) {
	var all []T
	for page := 1; page <= 40; page++ {
		items, r, err := get(sdk.ListOptions{Page: page, PageSize: 50})
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		if r == nil || r.NextPage == 0 || len(items) == 0 {
			break
		}
	}
	return all, nil
}

// Limits asks for the largest page.
func (g *gitea) Limits(ctx context.Context) (forge.Limits, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Limits{}, err
	}
	settings, _, err := c.GetGlobalAPISettings()
	if err != nil {
		return forge.Limits{}, wrap(ctx, err)
	}
	return forge.Limits{MaxPage: settings.MaxResponseItems}, nil
}

// Me is the account of the token. Gitea does not tell a token what it may do.
func (g *gitea) Me(ctx context.Context) (forge.Me, error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.Me{}, err
	}
	u, _, err := c.GetMyUserInfo()
	if err != nil {
		return forge.Me{}, wrap(ctx, err)
	}
	me := forge.Me{Login: u.UserName, Name: u.FullName, URL: u.HTMLURL, Admin: u.IsAdmin}
	g.mu.Lock()
	me.Version = g.version
	g.mu.Unlock()
	if me.Version == "" {
		if me.Version, _, err = c.ServerVersion(); err != nil {
			return me, wrap(ctx, err)
		}
		g.mu.Lock()
		g.version = me.Version
		g.mu.Unlock()
	}
	return me, nil
}

// Notices are the notifications, those that were read too if all.
func (g *gitea) Notices(ctx context.Context, all bool, at forge.At) (forge.List[forge.Notice], error) {
	c, err := g.sdk(ctx)
	if err != nil {
		return forge.List[forge.Notice]{}, err
	}
	o := sdk.ListNotificationOptions{ListOptions: listOptions(at)}
	if all {
		o.Status = []sdk.NotifyStatus{sdk.NotifyStatusUnread, sdk.NotifyStatusPinned, sdk.NotifyStatusRead}
	}
	threads, r, err := c.ListNotifications(o)
	if err != nil {
		return forge.List[forge.Notice]{}, wrap(ctx, err)
	}
	return listed(threads, r, func(t *sdk.NotificationThread) forge.Notice {
		n := forge.Notice{ID: strconv.FormatInt(t.ID, 10), Unread: t.Unread, Updated: t.UpdatedAt}
		if t.Repository != nil {
			n.Repo = t.Repository.FullName
		}
		if s := t.Subject; s != nil {
			n.Title, n.Kind, n.State = s.Title, strings.ToLower(string(s.Type)), strings.ToLower(string(s.State))
			n.Number, _ = strconv.Atoi(s.URL[strings.LastIndexByte(s.URL, '/')+1:])
		}
		return n
	}), nil
}

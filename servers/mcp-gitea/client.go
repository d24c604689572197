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

// wrap is for errors of the SDK.
func wrap(ctx context.Context, err error) error {
	err = forge.LibraryError(ctx, "Gitea", err)
	var e *kit.Error
	if errors.As(err, &e) && e.Status == http.StatusNotFound && e.Hint == "" {
		return e.WithHint("Gitea answers 404 for what the token may not see, too; get_me says whose token it is")
	}
	return err
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
	owner, name := forge.OwnerName(repo)
	return path("repos", owner, name) + "/" + tail
}

func listOptions(at forge.At) sdk.ListOptions {
	return sdk.ListOptions{Page: at.Page, PageSize: at.Size}
}

// listed makes a page of ours. Gitea says what is next in Link, and how many
// there are in X-Total-Count, for most lists.
func listed[T, U any](items []*T, r *sdk.Response, convert func(*T) U) forge.List[U] {
	list := forge.List[U]{Items: forge.Present(items, convert)}
	if r == nil || r.Response == nil {
		return list
	}
	list.More = r.NextPage > 0
	if n, err := strconv.Atoi(r.Header.Get("X-Total-Count")); err == nil {
		list.Total = &n
	}
	return list
}

// listPages bounds a list that is read to its end: one that is longer is absurd.
const listPages = 40

func everything[T any](get func(sdk.ListOptions) ([]*T, *sdk.Response, error)) ([]*T, error) {
	all, _, err := forge.Everything(listPages, func(page int) ([]*T, bool, error) {
		items, r, err := get(sdk.ListOptions{Page: page, PageSize: 50})
		return items, r != nil && r.NextPage > 0, err
	})
	return all, err
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

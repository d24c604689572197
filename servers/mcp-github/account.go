package main

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	gh "github.com/google/go-github/v89/github"

	"github.com/loom-core/loom/servers/forge"
)

// Limits are the same on every GitHub.
func (g *github) Limits(context.Context) (forge.Limits, error) {
	return forge.Limits{MaxPage: 100}, nil
}

// Me is the account of the token. What it may do and how much is left of its
// limit are in the headers of any answer.
func (g *github) Me(ctx context.Context) (forge.Me, error) {
	var u gh.User
	r, err := g.http.JSON(ctx, g.request(http.MethodGet, "user", nil, nil), &u)
	if err != nil {
		return forge.Me{}, wrap(ctx, err)
	}
	me := forge.Me{Login: u.GetLogin(), Name: u.GetName(), URL: u.GetHTMLURL(), Admin: u.GetSiteAdmin(), Version: r.Header.Get("X-Github-Enterprise-Version")}
	if _, said := r.Header["X-Oauth-Scopes"]; said {
		me.Scopes = append([]string{}, fields(r.Header.Get("X-Oauth-Scopes"))...)
	}
	if n, err := strconv.Atoi(r.Header.Get("X-Ratelimit-Remaining")); err == nil {
		me.RateLeft = &n
	}
	if n, err := strconv.ParseInt(r.Header.Get("X-Ratelimit-Reset"), 10, 64); err == nil {
		me.RateReset = time.Unix(n, 0)
	}
	return me, nil
}

// Notices are the notifications, those that were read too if all.
func (g *github) Notices(ctx context.Context, all bool, at forge.At) (forge.List[forge.Notice], error) {
	list, r, err := g.api.Activity.ListNotifications(ctx, &gh.NotificationListOptions{All: all, ListOptions: page(at)})
	return listed(list, r, toNotice), wrap(ctx, err)
}

func toNotice(n *gh.Notification) forge.Notice {
	s := n.GetSubject()
	out := forge.Notice{
		ID: n.GetID(), Repo: n.GetRepository().GetFullName(), Title: s.GetTitle(), Unread: n.GetUnread(), Updated: n.GetUpdatedAt().Time,
		Kind: map[string]string{"PullRequest": "pull", "Issue": "issue"}[s.GetType()],
	}
	if out.Kind == "" {
		out.Kind = strings.ToLower(s.GetType())
	}
	link := s.GetURL()
	out.Number, _ = strconv.Atoi(link[strings.LastIndexByte(link, '/')+1:])
	return out
}

package main

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	sdk "code.gitea.io/sdk/gitea"

	"github.com/loom-core/loom/servers/kit/upstream"
)

// linked is an answer of ours as the SDK has it: with the pages of its links.
func linked(r *upstream.Response) *sdk.Response {
	out := &sdk.Response{Response: &http.Response{StatusCode: r.Status, Header: r.Header}}
	for link := range strings.SplitSeq(r.Header.Get("Link"), ",") {
		target, rel, ok := strings.Cut(link, ";")
		if !ok || !strings.Contains(rel, `rel="next"`) {
			continue
		}
		if u, err := url.Parse(strings.Trim(target, " <>")); err == nil {
			out.NextPage, _ = strconv.Atoi(u.Query().Get("page"))
		}
	}
	return out
}

// upstreamAll asks together and fails when one does.
func upstreamAll(ctx context.Context, ask ...func(context.Context) error) error {
	failures := make([]error, len(ask))
	var tasks []upstream.Task
	for i, do := range ask {
		tasks = append(tasks, upstream.Task{Do: func(ctx context.Context) error { failures[i] = do(ctx); return failures[i] }})
	}
	if len(tasks) == 0 {
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

package main

import (
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

package main

import (
	"bytes"
	"net/http"
	"regexp"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// unknownAccount is how Gitea says it, with 400 for one in a filter, 500 for one in a
// filter of runs, and 404 for a reviewer.
var unknownAccount = regexp.MustCompile(`user does not exist|User '[^']*' not exist`)

// failure says what Gitea means where its status says something else: of an account
// that is not there, and of an issue, for which a comment has 500.
func failure(c *upstream.Client, r *upstream.Response) *kit.Error {
	if r.Status/100 < 4 {
		return nil
	}
	e := c.StatusError(r)
	if r.Status == http.StatusInternalServerError && bytes.Contains(r.Body, []byte("issue does not exist")) {
		e.Code, e.Hint = kit.NotFound, "list_issues has the numbers"
		return e
	}
	if !unknownAccount.Match(r.Body) {
		return nil
	}
	e.Code = kit.InvalidArgument
	return e.WithHint("Gitea has no account of that name; write its login, as in the answers, not the full name")
}

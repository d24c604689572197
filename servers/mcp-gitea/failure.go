package main

import (
	"bytes"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/upstream"
)

// failure says of an account that is not there what it is: Gitea has 400 for one in
// a filter, and 500 for one in a filter of runs.
func failure(c *upstream.Client, r *upstream.Response) *kit.Error {
	if r.Status/100 < 4 || !bytes.Contains(r.Body, []byte("user does not exist")) {
		return nil
	}
	e := c.StatusError(r)
	e.Code = kit.InvalidArgument
	return e.WithHint("Gitea has no account of that name; write its login, as in the answers, not the full name")
}

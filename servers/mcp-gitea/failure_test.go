package main

import (
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
)

// TestNoSuchAccount is a wrong argument, once, whatever the status.
func TestNoSuchAccount(t *testing.T) {
	const said = `{"message":"user does not exist [uid: 0, name: nobody]"}`
	u := newFake(t).on("GET "+repo+"/pulls", reply(400, said)).on("GET "+repo+"/actions/runs", reply(500, said))
	c := u.connect(t)
	for tool, args := range map[string]map[string]any{"list_pull_requests": a("author", "nobody"), "list_workflow_runs": a("actor", "nobody")} {
		before := len(u.Sent())
		text := c.MustFail(tool, args, kit.InvalidArgument)
		if !strings.Contains(text, "name: nobody") || !strings.Contains(text, "no account of that name") {
			t.Errorf("%s: %s", tool, text)
		}
		n := 0
		for _, line := range u.Sent()[before:] {
			if strings.Contains(line.Line, repo) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s asked %d times: %v", tool, n, u.Sent()[before:])
		}
	}
}

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
	"github.com/loom-core/loom/servers/mcp-git/internal/repotest"
)

// said is a repository in which text is in a file of n lines, in its history
// and in a message.
func said(t testing.TB, n int, text string) *repotest.Repo {
	r := repotest.New(t)
	r.Write("f", "x\n")
	r.Commit("base")
	r.Git("tag", "base")
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "needle %d\n", i)
	}
	r.Write("f", "x\n"+text+"\n"+b.String())
	r.Commit("says " + text)
	r.Write("new", text+"\n")
	return r
}

func TestSuite(t *testing.T) {
	server := func(t testing.TB, n int, text string) *kit.Server { return testServer(t, said(t, n, text).Dir) }
	kittest.Suite{
		New:    func(t testing.TB) *kit.Server { return server(t, 400, "text") },
		Tokens: 2500,
		Calls: map[string]any{
			"get_status": nil, "list_refs": nil, "list_commits": obj{"per_page": 5}, "get_commit": obj{"sha": "HEAD"},
			"compare_refs": obj{"base": "base", "patch": true}, "get_blame": obj{"path": "f", "start_line": 2},
			"get_file": obj{"path": "f", "ref": "main"}, "search_code": obj{"query": "e", "context_lines": 2, "ignore_case": true},
		},
		Lists:        map[string]kittest.List{"search_code": {Name: "matches", Args: obj{"query": "needle"}, Pages: []int{5}}},
		Full:         func(t testing.TB, n int) *kit.Server { return server(t, n, "text") },
		Saying:       func(t testing.TB, text string) *kit.Server { return server(t, 3, text) },
		SayingIsSlow: true,
		Soak:         200,
	}.Run(t)
}

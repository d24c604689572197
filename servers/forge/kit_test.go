package forge_test

import (
	"testing"

	"github.com/loom-core/loom/servers/forge"
	"github.com/loom-core/loom/servers/forge/forgetest"
	"github.com/loom-core/loom/servers/kit"
	"github.com/loom-core/loom/servers/kit/kittest"
)

// filled is a forge with n of everything, which says text wherever others can.
func filled(n int, text string) *forgetest.Fake {
	f := forgetest.NewFake("ann")
	f.MaxPage = 50
	f.Fill("ann/web", n, text)
	return f
}

// TestKitSuite is what all servers pass, for the tools that read.
func TestKitSuite(t *testing.T) {
	var last *forgetest.Fake
	serve := func(t testing.TB, n int, text string) *kit.Server {
		last = filled(n, text)
		s, err := forge.New(forge.Options{Name: "mcp-fake", Title: "Fake", Nouns: forge.GitLab, Features: last.Features(), Backends: map[string]forge.Backend{"": last}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Select(kit.Selection{ReadOnly: true, Toolsets: []string{"all"}}); err != nil {
			t.Fatal(err)
		}
		return readers(s)
	}
	with := func(pairs ...any) map[string]any {
		m := map[string]any{"repo": "ann/web"}
		for i := 0; i+1 < len(pairs); i += 2 {
			m[pairs[i].(string)] = pairs[i+1]
		}
		return m
	}
	calls := map[string]any{
		"get_me": map[string]any{}, "search_repos": map[string]any{"query": "web"}, "get_repo": with(), "get_file": with("path", "f0.txt"),
		"list_files": with("recursive", true), "search_code": with("query", "said"), "list_refs": with("type", "branch"), "list_commits": with("ref", "main"),
		"get_commit": with("sha", "side", "detail", "patch"), "compare_refs": with("base", "main", "head", "side", "patch", true),
		"list_issues": with("state", "open"), "search_issues": with("query", "issue"), "get_issue": with("number", 1), "list_issue_metadata": with(),
		"list_merge_requests": with("state", "open"), "get_merge_request": with("number", 2, "include", "checks,reviews,threads,files,commits,comments"), "get_merge_request_diff": with("number", 2),
		"list_review_threads": with("number", 2), "list_pipelines": with(), "get_pipeline": with("run_id", 1), "get_job_logs": with("run_id", 1), "diagnose_pipeline": with("run_id", 1),
		"list_releases": with(), "get_release": with(), "list_todos": map[string]any{}, "list_ci_variables": with(),
		"get_blame": with("path", "f0.txt"), "check_ci_config": with("path", "README.md"), "get_test_report": with("run_id", 1, "status", "all"),
		"query_graphql": map[string]any{"query": "{viewer{login}}"},
	}
	kittest.Suite{
		New:    func(t testing.TB) *kit.Server { return serve(t, 3, "text") },
		Tokens: 7500, Calls: calls,
		Lists: map[string]kittest.List{
			"list_issues": {Name: "issues", Args: with()}, "list_releases": {Name: "releases", Args: with()}, "get_issue": {Name: "comments", Args: with("number", 1)},
			"list_review_threads": {Name: "threads", Args: with("number", 2)}, "list_pipelines": {Name: "runs", Args: with()},
		},
		Full:         func(t testing.TB, n int) *kit.Server { return serve(t, n, "text") },
		Saying:       func(t testing.TB, text string) *kit.Server { return serve(t, 1, text) },
		SayingIsSlow: true,
		Changes:      func() int { return last.Writes() },
		Soak:         300,
	}.Run(t)
}

// readers are the tools that a server that only reads offers.
func readers(s *kit.Server) *kit.Server {
	var list []kit.Tool
	for _, tool := range s.Tools {
		if tool.Def().Hints.ReadOnly == kit.Yes {
			list = append(list, tool)
		}
	}
	s.Tools = list
	return s
}
